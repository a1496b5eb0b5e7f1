#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "ctl/cli.h"
#include "ctl/endpoint.h"
#include "ctl/follow.h"
#include "ctl/logs.h"
#include "ctl/one_shot.h"
#include "ctl/output.h"
#include "ctl/verbs.h"
#include "lib/wire/client.h"
#include "lib/wire/context.h"

namespace troupe::ctl {
namespace {

/// A daemon behind a socket. A call without an answer says what may be wrong.
class RemoteDaemon : public Daemon {
 public:
  RemoteDaemon(wire::Client client, const Surroundings& around)
      : client_(std::move(client)), around_(around) {}

  Result<Value> call(std::string_view command, const Value& properties, Duration timeout) override {
    auto reply = client_.call(command, properties, timeout);
    if (reply || reply.error().code != Code::timed_out) return reply;
    const std::string why = around_.listens(client_.endpoint());
    return make_error(Code::timed_out,
                      reply.error().text +
                          (why.empty() ? "; it may be busy: a longer --timeout waits for it" : "; " + why));
  }

 private:
  wire::Client client_;
  const Surroundings& around_;
};

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
  const Surroundings around = surroundings();
  const auto endpoint = find_endpoint(invocation.settings, around);
  if (!endpoint) return {Exit::client, {}, endpoint.error().text};
  const wire::Context context;
  auto client = wire::Client::connect(context, *endpoint);
  if (!client) return {Exit::client, {}, client.error().text};
  RemoteDaemon daemon(std::move(*client), around);
  const Look look = look_for(invocation.settings);
  if (invocation.verb->name == "logs" && properties.find("follow")) {
    return follow_logs(properties, invocation.settings.json, daemon, look);
  }
  if (follows(invocation, properties)) {
    return follow(following(properties, invocation.settings.json), daemon, *endpoint, context, look);
  }
  return one_shot(invocation, properties, daemon, look);
}

Outcome usage_error(const Invocation* invocation, const std::string& text) {
  std::string err = text + "\n";
  if (invocation && invocation->verb)
    err += "Usage: troupectl [OPTIONS] " + usage_line(*invocation->verb) + "\n";
  return {Exit::usage, {}, err + "See troupectl --help."};
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
  const auto invocation = read_command_line(words);
  if (!invocation) return usage_error(nullptr, invocation.error().text);
  const Settings& settings = invocation->settings;
  if (settings.version) return {Exit::good, "troupectl " TROUPE_VERSION "\n", {}};
  if (settings.help) {
    return {Exit::good, invocation->verb ? verb_help(*invocation->verb) : general_help(), {}};
  }
  if (!invocation->verb) return usage_error(nullptr, "a command is missing");
  const auto properties = pack(*invocation->verb, invocation->typed);
  if (!properties) return usage_error(&*invocation, properties.error().text);
  if (invocation->verb->name == "help") return explain(*properties);
  return ask_daemon(*invocation, *properties);
}

/// Prints, and says which status to leave with.
int finish(const Outcome& outcome) {
  Exit exit = outcome.exit;
  if (!write_all(STDOUT_FILENO, outcome.out) && errno != EPIPE) {
    write_all(STDERR_FILENO, std::string("troupectl: cannot write: ") + std::strerror(errno) + "\n");
    exit = Exit::client;
  }
  if (!outcome.err.empty()) write_all(STDERR_FILENO, "troupectl: " + outcome.err + "\n");
  return static_cast<int>(exit);
}

}  // namespace
}  // namespace troupe::ctl

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads may leave early: `troupectl list | head -1`
  return troupe::ctl::finish(troupe::ctl::run({argv + 1, argv + argc}));
}
