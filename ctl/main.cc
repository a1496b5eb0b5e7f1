#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/circus.h"
#include "ctl/cli.h"
#include "ctl/endpoint.h"
#include "ctl/follow.h"
#include "ctl/keygen.h"
#include "ctl/logs.h"
#include "ctl/one_shot.h"
#include "ctl/output.h"
#include "ctl/own_shell.h"
#include "ctl/remote.h"
#include "ctl/top_run.h"
#include "ctl/verbs.h"
#include "lib/wire/context.h"

namespace troupe::ctl {
namespace {

Look look_for(const Settings& settings) {
  using Colour = Settings::Colour;
  if (settings.colour != Colour::automatic) return {settings.colour == Colour::always};
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal && std::strcmp(terminal, "dumb") == 0;
  return {isatty(STDOUT_FILENO) == 1 && !dumb && !(no_colour && *no_colour)};
}

bool follows(const Invocation& invocation, const Value& properties) {
  return invocation.verb->name == "listen" || properties.find("follow");
}

Outcome ask_daemon(const Invocation& invocation, const Value& properties) {
  const Surroundings around = surroundings(invocation.settings);
  const auto endpoint = find_endpoint(invocation.settings, around);
  if (!endpoint) return {Exit::client, {}, endpoint.error().text};
  // Neither is taken down: nothing is owed to the daemon once it has answered, and the threads of libzmq
  // would be waited for.
  const auto& context = *new wire::Context;
  auto connected = Remote::connect(context, *endpoint, around);
  if (!connected) return {Exit::client, {}, connected.error().text};
  auto* const daemon = new Remote(*std::move(connected));
  const Look look = look_for(invocation.settings);
  if (follows(invocation, properties)) daemon->give_up_with(STDOUT_FILENO);
  if (invocation.verb->name == "logs" && properties.find("follow")) {
    return follow_logs(properties, invocation.settings.json, *daemon, look);
  }
  if (follows(invocation, properties)) {
    return follow(following(properties, invocation.settings.json), *daemon, *endpoint, context, around, look);
  }
  return one_shot(invocation, properties, *daemon, look);
}

/// What is wrong, how it is written, and where there is more.
Outcome usage_error(const api::Command* verb, const std::string& text) {
  if (!verb) return {Exit::usage, {}, text + "\nSee troupectl --help."};
  const std::string name(verb->name);
  return {Exit::usage,
          {},
          name + ": " + text + "\nUsage: troupectl [OPTIONS] " + usage_line(*verb) + "\nSee troupectl " +
              name + " --help."};
}

/// `troupectl help [VERB]`
Outcome explain(const Value& properties) {
  const Value* name = properties.find("verb");
  if (!name) return {Exit::good, general_help(), {}};
  const api::Command* verb = find_verb(*name->as_text());
  return verb ? Outcome{Exit::good, verb_help(*verb), {}}
              : usage_error(nullptr, unknown_verb(*name->as_text()));
}

Outcome run(const std::vector<std::string>& words) {
  const api::Command* verb = nullptr;
  const auto invocation = read_command_line(words, own_grammar(), &verb);
  if (!invocation) return usage_error(verb, invocation.error().text);
  const Settings& settings = invocation->settings;
  if (settings.version) return {Exit::good, "troupectl " TROUPE_VERSION "\n", {}};
  if (settings.help) {
    return {Exit::good, invocation->verb ? verb_help(*invocation->verb) : general_help(), {}};
  }
  if (!invocation->verb) {
    const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    return terminal ? run_own_shell(settings, words) : usage_error(nullptr, "a command is missing");
  }
  const auto properties = pack(*invocation->verb, invocation->typed);
  if (!properties) return usage_error(verb, properties.error().text);
  if (invocation->verb->name == "help") return explain(*properties);
  if (invocation->verb->name == "complete") return run_complete(settings, *properties);
  if (invocation->verb->name == "keygen") return make_keys(*properties);
  if (invocation->verb->name == "top") return run_top(settings, *properties);
  return ask_daemon(*invocation, *properties);
}

/// Prints, with `prefix` before trouble, and says which status to leave with.
int finish(const Outcome& outcome, const std::string& prefix) {
  Exit exit = outcome.exit;
  if (!write_all(STDOUT_FILENO, outcome.out) && errno != EPIPE) {
    write_all(STDERR_FILENO, prefix + cannot_write() + "\n");
    exit = Exit::client;
  }
  if (!outcome.err.empty()) write_all(STDERR_FILENO, prefix + outcome.err + "\n");
  return static_cast<int>(exit);
}

/// The last part of the path by which the program was called.
std::string_view called(const char* path) {
  const std::string_view name = path ? path : "";
  return name.substr(name.rfind('/') + 1);
}

}  // namespace
}  // namespace troupe::ctl

int main(int argc, char** argv) {
  using namespace troupe::ctl;
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads may leave early: `troupectl list | head -1`
  const std::vector<std::string> words(argv + (argc > 0), argv + argc);
  if (called(argv[0]) == "circusctl") return finish(run_circus(words), "");
  if (called(argv[0]) == "circus-top") return finish(run_circus_top(words), "circus-top: ");
  std::_Exit(finish(run(words), "troupectl: "));
}
