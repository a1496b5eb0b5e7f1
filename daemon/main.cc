// trouped: reads the command line and the configuration, then becomes the keeper.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/app.h"
#include "daemon/keeper.h"
#include "daemon/launch.h"
#include "daemon/pid_file.h"
#include "daemon/run_dir.h"
#include "lib/api/circus.h"
#include "lib/conf/shown_config.h"
#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/os/fd.h"
#include "lib/os/notify_socket.h"
#include "lib/os/system_error.h"

namespace {

using namespace troupe;

struct CommandLine {
  std::string config;
  std::string name;
  std::string log_level;
  std::string log_output;
  std::string pidfile;
  std::string logger_config;
  bool daemon = false;
  bool check = false;
  bool dump = false;
  bool strict = false;
};

/// Called by the name of Circus's daemon, in whose place scripts start this one.
bool is_circusd(const char* path) {
  const std::string_view name = path ? path : "";
  return name.substr(name.rfind('/') + 1) == "circusd";
}

/// What circusd has besides. Without a file it shows its usage and leaves with 0.
void add_circus_options(CLI::App& cli) {
  cli.set_version_flag("--version", std::string(api::circus_version));
}

/// The exit status to leave with, or nothing to go on.
std::optional<int> read_command_line(int argc, char** argv, CommandLine& line) {
  const bool circus = is_circusd(argv[0]);
  CLI::App cli{"Runs your processes, watches them, and puts everything that happens on a bus.",
               circus ? "circusd" : "trouped"};
  cli.set_version_flag("--version", TROUPE_VERSION);
  cli.add_option("config", line.config, "The configuration file")->type_name("FILE")->required(!circus);
  if (circus) add_circus_options(cli);
  cli.add_flag("--check", line.check, "Read the configuration, say what is wrong with it, and leave");
  cli.add_flag("--dump", line.dump, "With --check: print the configuration in effect, as JSON")
      ->needs(cli.get_option("--check"));
  cli.add_flag("--strict", line.strict, "Take every warning about the configuration for an error");
  cli.add_flag(
      "--daemon", line.daemon,
      "Go into the background; returns when the daemon serves. Standard error, and with it a log that goes "
      "there, is then appended to the log's file, or without one to RUN_DIR/trouped.log");
  cli.add_option("--pidfile", line.pidfile, "Write the daemon's pid there")->type_name("FILE");
  cli.add_option("--name", line.name, "One daemon among several: endpoints go to a sub-folder of that name")
      ->check([](const std::string& name) {
        const bool good = !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
        return std::string(good ? "" : "a name is not empty, has no slash and does not begin with a dot");
      });
  cli.add_option("--log-level", line.log_level, "debug, info, warning, error or critical")
      ->transform(CLI::IsMember({"debug", "info", "warning", "error", "critical"}, CLI::ignore_case));
  cli.add_option("--log-output", line.log_output, "A file, - for standard error, or syslog://…")
      ->type_name("FILE");
  cli.add_option("--logger-config", line.logger_config, "A file for Python's logging, which is not used here")
      ->type_name("FILE");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = cli.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (line.config.empty()) {
    std::puts("usage: circusd [options] [config]");
    return 0;
  }
  if (!line.logger_config.empty()) {
    std::fprintf(stderr, "%s: --logger-config is not used: it is for Python's logging\n",
                 circus ? "circusd" : "trouped");
  }
  return std::nullopt;
}

/// --check: the exit status. What is wrong stands on standard error already, so --dump is JSON alone.
int check(const CommandLine& line, const conf::Loaded& loaded) {
  if (loaded.has_errors()) return 1;
  if (line.dump) {
    std::printf("%s\n", json::write_pretty(conf::shown_config(loaded.config)).c_str());
  } else {
    std::printf("%s: good\n", line.config.c_str());
  }
  if (std::fflush(stdout) == 0) return 0;
  std::fprintf(stderr, "trouped: cannot write to the standard output: %s\n", std::strerror(errno));
  return 1;
}

/// Prints what is wrong; true when the configuration cannot be used.
bool report(const conf::Loaded& loaded) {
  for (const conf::Problem& problem : loaded.problems) {
    std::fprintf(stderr, "%s\n", conf::to_text(problem).c_str());
  }
  return loaded.has_errors();
}

void apply(const CommandLine& line, conf::ArbiterConfig& config) {
  if (!line.log_level.empty()) config.loglevel = line.log_level;
  if (!line.log_output.empty()) config.logoutput = line.log_output;
  if (!line.pidfile.empty()) config.pidfile = line.pidfile;
}

int complain(const Error& error) {
  std::fprintf(stderr, "trouped: %s\n", error.text.c_str());
  return 1;
}

/// A file in run_dir, which is made when it is missing; one that is there is as its daemon wants it.
Result<os::Fd> open_in_run_dir(const std::string& run_dir) {
  struct stat info {};
  if (lstat(run_dir.c_str(), &info) != 0) {
    if (auto made = prepare_run_dir(run_dir, -1); !made) return made.error();
  } else if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
    return make_error(Code::refused, "run_dir " + run_dir + " is no folder of this user");
  }
  const std::string path = run_dir + "/trouped.log";
  os::Fd file(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640));
  if (!file) return os::system_error("open", path, errno);
  return file;
}

/// Where standard error goes in the background: with the log, if that is a file.
os::Fd open_errors(const conf::ArbiterConfig& config) {
  const std::string& log = config.logoutput;
  const bool is_file = log != "-" && log != "stdout" && log != "syslog" && !log.starts_with("syslog:");
  if (is_file) return os::Fd(open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  auto file = open_in_run_dir(config.run_dir);
  if (file) return *std::move(file);
  std::fprintf(stderr, "trouped: %s: standard error goes nowhere in the background; see --log-output\n",
               file.error().text.c_str());
  return {};
}

int run_daemon(const CommandLine& line, Setup& setup) {
  const conf::ArbiterConfig& config = setup.config.arbiter;
  Launch launch;
  if (line.daemon) {
    auto background = go_to_background();
    if (!background) return complain(background.error());
    launch = *std::move(background);
    launch.keep_errors(open_errors(config));
  }
  std::optional<PidFile> pidfile;
  if (config.pidfile) {
    auto claimed = PidFile::claim(*config.pidfile);
    if (!claimed) {
      complain(claimed.error());
      launch.report(1);
      return 1;
    }
    pidfile.emplace(*std::move(claimed));
  }
  os::NotifySocket manager;
  if (!setup.manager.socket.empty()) {
    auto opened = os::NotifySocket::open(setup.manager.socket);
    if (opened) {
      manager = *std::move(opened);
    } else {
      complain(opened.error());  // no reason not to run
      setup.manager = {};
    }
  }
  App app(setup);
  const int code = run_keeper(app, launch, std::move(manager));
  pidfile.reset();  // before the report: whoever waits for it finds everything gone
  launch.report(code != 0 ? code : 1);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  (void)os::fill_standard_descriptors();  // first, or a socket would be taken for standard error
  CommandLine line;
  if (const auto code = read_command_line(argc, argv, line)) return *code;
  const os::NotifyWish manager = os::take_notify_wish();  // before the environment is read for the watchers
  conf::Loaded loaded = load_config(line.config, line.name, line.strict, true);
  const bool broken = report(loaded);
  if (line.check) return check(line, loaded);
  if (broken) return 1;

  // What the starter has open is no business of a process in the background, and would be held for its life.
  // After the configuration, which may be such a descriptor (/dev/fd/63), and before anything is opened.
  if (line.daemon) os::close_all_but_standard();

  Setup setup{line.config, line.name, line.strict, !line.log_level.empty(), std::move(loaded.config),
              manager};
  setup.file = setup.last.arbiter = setup.config.arbiter;
  setup.last.sockets = setup.config.sockets;
  apply(line, setup.config.arbiter);
  const conf::ArbiterConfig& config = setup.config.arbiter;
  auto level = log::parse_level(config.loglevel);
  if (!level) return complain(level.error());
  const bool circus = config.dialect == conf::Dialect::circus;
  if (auto opened = log::open({*level, config.logoutput, circus ? "circus" : "troupe"}); !opened) {
    return complain(opened.error());
  }
  return run_daemon(line, setup);
}
