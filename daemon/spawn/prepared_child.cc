#include "daemon/spawn/prepared_child.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/text.h"

namespace troupe {

namespace {

constexpr std::string_view default_path = "/bin:/usr/bin";
constexpr std::string_view path_prefix = "PATH=";
constexpr std::uint64_t unlimited = ~std::uint64_t{0};

struct StageRow {
  ChildStage stage;
  std::string_view name;
};

constexpr StageRow stages[] = {
    {ChildStage::descriptors, "close descriptors"},
    {ChildStage::setsid, "setsid"},
    {ChildStage::chdir, "chdir"},
    {ChildStage::standard_descriptors, "open /dev/null"},
    {ChildStage::rlimit, "rlimit"},
    {ChildStage::setgroups, "setgroups"},
    {ChildStage::setgid, "setgid"},
    {ChildStage::setuid, "setuid"},
    {ChildStage::death_signal, "death signal"},
    {ChildStage::sockets, "give sockets"},
    {ChildStage::parent, "parent"},
    {ChildStage::exec, "exec"},
};

constexpr std::string_view listen_pid = "LISTEN_PID=";

bool is_listen_variable(std::string_view name) {
  return name == "LISTEN_FDS" || name == "LISTEN_FDNAMES" || name == "LISTEN_PID";
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

/// The first text of the spec that C could not carry whole.
std::optional<SpawnFailure> find_nul(const core::SpawnSpec& spec) {
  const SpawnFailure in_argument{"exec", EINVAL, "(an argument has a NUL inside)"};
  if (std::any_of(spec.argv.begin(), spec.argv.end(), has_nul)) return in_argument;
  if (spec.executable && has_nul(*spec.executable)) return in_argument;
  if (spec.cwd && has_nul(*spec.cwd)) return SpawnFailure{"chdir", EINVAL, "(a NUL inside)"};
  for (const auto& [name, value] : spec.env) {
    if (has_nul(name) || has_nul(value))
      return SpawnFailure{"exec", EINVAL, "(the environment has a NUL inside)"};
  }
  return {};
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(text.c_str());
  list.push_back(nullptr);
  return list;
}

std::uint64_t kernel_value(const std::optional<std::uint64_t>& value) {
  return value.value_or(unlimited);
}

}  // namespace

std::unique_ptr<PreparedChild> PreparedChild::make(const core::Spawn& spawn,
                                                   const ChildSurroundings& surroundings,
                                                   const Identity& identity, SpawnFailure& failure) {
  std::unique_ptr<PreparedChild> child(new PreparedChild());
  if (auto failed = child->fill(spawn, surroundings, identity)) {
    failure = *std::move(failed);
    return nullptr;
  }
  return child;
}

std::optional<SpawnFailure> PreparedChild::fill(const core::Spawn& spawn,
                                                const ChildSurroundings& surroundings,
                                                const Identity& identity) {
  const core::SpawnSpec& spec = spawn.spec;
  if (identity.failure) return identity.failure;
  if (auto failed = find_nul(spec)) return failed;
  plan_.setsid = spec.setsid;
  plan_.umask = spec.umask.value_or(-1);
  plan_.death_signal = spec.death_signal;
  plan_.parent = surroundings.parent;
  plan_.null[0] = spec.in == core::Stdio::null;
  plan_.null[1] = spec.out == core::Stdio::null;
  plan_.null[2] = spec.err == core::Stdio::null;
  plan_.given[0] = plan_.given[1] = plan_.given[2] = -1;
  if (spec.cwd) {
    cwd_ = *spec.cwd;
    plan_.cwd = cwd_.c_str();
  }
  fill_environment(spawn, surroundings);
  fill_program(spec);
  if (auto failed = fill_limits(spec, surroundings.descriptor_limit)) return failed;
  fill_identity(spec, identity);
  return {};
}

void PreparedChild::fill_environment(const core::Spawn& spawn, const ChildSurroundings& surroundings) {
  // First, so that a look at /proc/PID/environ finds it soon.
  environment_.push_back("TROUPE_ID=" + surroundings.boot + "." + std::to_string(spawn.process));
  std::map<std::string, std::string> own = spawn.spec.env;
  if (spawn.spec.calls_daemon) {
    for (const auto& [name, value] : surroundings.keys) own[name] = value;
  }
  for (const auto& [name, value] : own) {
    if (name != "TROUPE_ID") environment_.push_back(name + "=" + value);
  }
  for (char** entry = environ; spawn.spec.copy_env && entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    // Sockets that somebody gave to the daemon are not this child's.
    if (name == "TROUPE_ID" || is_listen_variable(name) || own.find(name) != own.end()) continue;
    environment_.emplace_back(text);
  }
  fill_listen(spawn.spec);
  envp_ = pointers(environment_);
  plan_.envp = envp_.data();
}

/// The protocol of socket activation, sd_listen_fds(3). What the watcher's own environment says goes before.
void PreparedChild::fill_listen(const core::SpawnSpec& spec) {
  const bool is_own = std::any_of(spec.env.begin(), spec.env.end(),
                                  [](const auto& entry) { return is_listen_variable(entry.first); });
  if (spec.sockets.empty() || is_own) return;
  environment_.push_back("LISTEN_FDS=" + std::to_string(spec.sockets.size()));
  std::string names = "LISTEN_FDNAMES=";
  for (const core::GivenSocket& socket : spec.sockets) {
    if (&socket != &spec.sockets.front()) names += ':';
    for (const char c : socket.name) names += c == ':' ? '_' : c;
  }
  environment_.push_back(std::move(names));
  environment_.push_back(std::string(listen_pid) + "0000000000");
  plan_.pid_digits = environment_.back().data() + listen_pid.size();  // the last one: it does not move
}

void PreparedChild::give(std::vector<int> sockets, int standard_input) {
  sockets_ = std::move(sockets);
  plan_.sockets = sockets_.data();
  plan_.socket_count = sockets_.size();
  if (standard_input >= 0) plan_.given[0] = standard_input;
}

std::string_view PreparedChild::path() const {
  for (const std::string& entry : environment_) {
    if (entry.compare(0, path_prefix.size(), path_prefix) == 0)
      return std::string_view(entry).substr(path_prefix.size());
  }
  return default_path;
}

void PreparedChild::fill_program(const core::SpawnSpec& spec) {
  arguments_ = spec.argv;
  program_ = spec.executable ? *spec.executable : spec.argv.empty() ? "" : spec.argv.front();
  if (program_.find('/') != std::string::npos) {
    programs_.push_back(program_);
  } else if (!program_.empty()) {
    // An empty piece of PATH is the working directory (POSIX).
    for (const std::string_view piece : split(path(), ':'))
      programs_.push_back(piece.empty() ? program_ : std::string(piece) + "/" + program_);
  }
  argv_ = pointers(arguments_);
  candidates_ = pointers(programs_);
  plan_.argv = argv_.data();
  plan_.candidates = candidates_.data();
}

std::optional<SpawnFailure> PreparedChild::fill_limits(const core::SpawnSpec& spec,
                                                       const os::Limit& descriptors) {
  bool own_descriptors = false;
  for (const auto& [name, value] : spec.rlimits) {
    const auto resource = os::find_rlimit(name);
    if (!resource || (value && *value < 0)) return SpawnFailure{"rlimit", EINVAL, name};
    const std::uint64_t bound = value ? static_cast<std::uint64_t>(*value) : unlimited;
    own_descriptors = own_descriptors || *resource == RLIMIT_NOFILE;
    limits_.push_back({*resource, *resource == RLIMIT_NOFILE, bound, bound});
    limit_names_.push_back(name);
  }
  if (!own_descriptors) {
    limits_.push_back({RLIMIT_NOFILE, false, kernel_value(descriptors.soft), kernel_value(descriptors.hard)});
    limit_names_.push_back("nofile");
  }
  plan_.limits = limits_.data();
  plan_.limit_count = limits_.size();
  return {};
}

void PreparedChild::fill_identity(const core::SpawnSpec& spec, const Identity& identity) {
  plan_.set_uid = identity.uid.has_value();
  plan_.uid = identity.uid.value_or(0);
  plan_.set_gid = identity.gid.has_value();
  plan_.gid = identity.gid.value_or(0);
  if (!plan_.set_uid && !plan_.set_gid) return;
  user_ = spec.uid.value_or("");
  if (identity.gid) group_ = spec.gid.value_or(std::to_string(*identity.gid));
  groups_ = identity.groups;
  // An ordinary user may not set groups, but may ask for what it is already.
  const bool as_is = geteuid() != 0 && (!plan_.set_uid || plan_.uid == geteuid()) &&
                     (!plan_.set_gid || plan_.gid == getegid());
  plan_.set_groups = !as_is;
  plan_.groups = groups_.data();
  plan_.group_count = groups_.size();
}

SpawnFailure PreparedChild::failure(const ChildReport& report) const {
  SpawnFailure failure{"start", report.error, ""};
  for (const StageRow& row : stages) {
    if (row.stage == report.stage) failure.stage = row.name;
  }
  const auto index = static_cast<std::size_t>(report.index);
  switch (report.stage) {
    case ChildStage::chdir:
      failure.subject = cwd_;
      break;
    case ChildStage::rlimit:
      failure.subject = index < limit_names_.size() ? limit_names_[index] : "";
      break;
    case ChildStage::setgroups:
    case ChildStage::setuid:
      failure.subject = user_.empty() ? group_ : user_;
      break;
    case ChildStage::setgid:
      failure.subject = group_;
      break;
    case ChildStage::exec:
      failure.subject = report.index >= 0 && index < programs_.size() ? programs_[index] : program_;
      break;
    default:
      break;
  }
  return failure;
}

}  // namespace troupe
