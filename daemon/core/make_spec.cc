#include "daemon/core/make_spec.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/base/words.h"
#include "lib/conf/stream_options.h"

namespace troupe::core {

namespace {

/// Circus quotes each word and hands the line to /bin/sh: `|`, `>` and `$VAR` in it stay plain text. What
/// shell_args has comes after the command string, so it is $0, $1, …
std::vector<std::string> through_shell(const std::vector<std::string>& words,
                                       std::vector<std::string> shell_args) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(quote_word(word));
  std::string line;
  for (const std::string& word : quoted) line += line.empty() ? word : " " + word;
  std::vector<std::string> argv{"/bin/sh", "-c", std::move(line)};
  for (std::string& arg : shell_args) argv.push_back(std::move(arg));
  return argv;
}

Result<std::vector<std::string>> split_option(const char* name, const std::string& text,
                                              const conf::Lookup& variables) {
  auto words = split_words(conf::expand(text, variables));
  if (!words) return make_error(Code::invalid, std::string(name) + ": " + words.error().text);
  return words;
}

Result<std::vector<std::string>> expand_each(std::vector<std::string> words, const conf::Lookup& variables) {
  for (std::string& word : words) word = conf::expand(word, variables);
  return words;
}

Stdio stdio(bool closed) {
  return closed ? Stdio::null : Stdio::inherit;
}

Result<void> add_sockets(SpawnSpec& spec, const conf::WatcherConfig& config, const ManagedSockets& sockets,
                         std::vector<GivenSocket> given) {
  spec.sockets = std::move(given);
  if (!config.stdin_socket) return {};
  const ManagedSocket* socket = sockets.find(to_lower(*config.stdin_socket));
  if (!socket) {
    return make_error(Code::invalid, "stdin_socket: there is no [socket:" + *config.stdin_socket + "]");
  }
  spec.stdin_socket = GivenSocket{socket->config.name, socket->config.so_reuseport};
  spec.in = Stdio::inherit;
  return {};
}

Result<std::optional<Capture>> capture(const conf::WatcherConfig& config, Output output, int wid,
                                       const conf::Lookup& variables) {
  const bool is_out = output == Output::out;
  const conf::StreamConfig& stream = is_out ? config.stdout_stream : config.stderr_stream;
  const bool closed = is_out ? config.close_child_stdout : config.close_child_stderr;
  if (!stream.is_set() || closed) return std::optional<Capture>();
  auto settings = conf::stream_settings(stream);
  if (!settings)
    return make_error(Code::invalid, std::string(to_text(output)) + "_stream." + settings.error().text);
  if (settings->filename) settings->filename = conf::expand(*settings->filename, variables);
  return std::optional<Capture>(Capture{config.name, wid, *std::move(settings)});
}

}  // namespace

Result<std::optional<Capture>> make_capture(const conf::WatcherConfig& config, Output output, int wid,
                                            const conf::Variables& environment,
                                            const ManagedSockets& sockets) {
  const ManagedSockets::Given given = sockets.given_to(config);
  return capture(config, output, wid, conf::SpawnVariables(config, wid, environment, &given.numbers));
}

Result<SpawnSpec> make_spec(const conf::WatcherConfig& config, int wid, const conf::Variables& environment,
                            const ManagedSockets& sockets) {
  ManagedSockets::Given given = sockets.given_to(config);
  const conf::SpawnVariables variables(config, wid, environment, &given.numbers);
  auto argv = split_option("cmd", config.cmd, variables);
  if (!argv) return argv.error();
  auto args = config.args.is_list ? expand_each(config.args.words, variables)
                                  : split_option("args", config.args.text, variables);
  if (!args) return args.error();
  argv->insert(argv->end(), args->begin(), args->end());
  if (argv->empty()) return make_error(Code::invalid, "cmd is empty");
  if (config.shell) {
    auto shell_args = split_option("shell_args", config.shell_args.value_or(""), variables);
    if (!shell_args) return shell_args.error();
    *argv = through_shell(*argv, *std::move(shell_args));
  }
  SpawnSpec spec;
  spec.watcher = config.name;
  spec.argv = *std::move(argv);
  spec.env = config.env;
  spec.copy_env = config.copy_env;
  spec.executable = config.executable;
  spec.cwd = config.working_dir;
  spec.uid = config.uid;
  spec.gid = config.gid;
  spec.rlimits = config.rlimits;
  spec.umask = config.umask;
  spec.setsid = config.setsid;
  spec.in = stdio(config.close_child_stdin);
  spec.out = stdio(config.close_child_stdout);
  spec.err = stdio(config.close_child_stderr);
  auto out = capture(config, Output::out, wid, variables);
  if (!out) return out.error();
  auto err = capture(config, Output::err, wid, variables);
  if (!err) return err.error();
  spec.out_stream = *std::move(out);
  spec.err_stream = *std::move(err);
  if (spec.out_stream) spec.out = Stdio::stream;
  if (spec.err_stream) spec.err = Stdio::stream;
  spec.death_signal = config.stop_signal;
  spec.calls_daemon = config.plugin.has_value();
  if (auto added = add_sockets(spec, config, sockets, std::move(given.sockets)); !added) return added.error();
  return spec;
}

SpawnSpec make_hook_spec(const conf::WatcherConfig& config, const conf::HookConfig& hook) {
  SpawnSpec spec;
  spec.watcher = config.name;
  if (hook.is_program()) spec.argv.push_back(hook.target);
  spec.env = config.env;
  spec.copy_env = true;
  spec.in = Stdio::inherit;
  spec.calls_daemon = true;
  return spec;
}

}  // namespace troupe::core
