#include "ctl/circus.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "ctl/circus_render.h"
#include "ctl/circus_shell.h"
#include "ctl/circus_verbs.h"
#include "ctl/cli.h"
#include "ctl/one_shot.h"
#include "ctl/output.h"
#include "ctl/python_json.h"
#include "ctl/remote.h"
#include "ctl/table.h"
#include "lib/api/circus.h"
#include "lib/os/reader.h"
#include "lib/wire/subscriber.h"
#include "lib/wire/tunnel.h"

namespace troupe::ctl {

namespace {

constexpr Spelling spelling{.quoted = false, .checked = false};

Outcome usage_error(const std::string& text) {
  return {Exit::usage, {}, std::string(circus_usage) + "\ncircusctl.py: error: " + text};
}

Outcome timed_out(const std::string& why) {
  return {
      Exit::client,
      {},
      "Timed out.\n" + why +
          "\nIs the daemon there? Name its endpoint with --endpoint or CIRCUSCTL_ENDPOINT, or wait longer "
          "with --timeout."};
}

/// Prints each event as it comes, until somebody stops it.
Outcome listen(const Value& properties, const std::string& endpoint, const Surroundings& around) {
  std::vector<std::string> topics;
  if (const Value* wanted = properties.find("topics"); wanted && wanted->as_array()) {
    for (const Value& topic : *wanted->as_array()) topics.push_back(*topic.as_text());
  }
  const wire::Context context;
  const auto keys = wire::load_client_keys(around.keys);
  if (!keys) return {Exit::client, {}, keys.error().text};
  auto subscriber = wire::Subscriber::connect(context, endpoint, topics, *keys);
  if (!subscriber) return {Exit::client, {}, subscriber.error().text};
  while (!os::is_reader_gone(STDOUT_FILENO)) {
    subscriber->socket().wait(wire::for_ever, {.output = STDOUT_FILENO});
    const auto message = subscriber->receive();
    if (message && !write_all(STDOUT_FILENO, circus_event(message->topic, message->text))) break;
  }
  return {};
}

Outcome run_verb(const Invocation& invocation) {
  const bool listens = invocation.verb->name == "listen";
  const Surroundings around = surroundings(invocation.settings);
  const std::string endpoint = circus_place(invocation.settings, listens, around);
  if (listens) {
    const auto properties = pack(*invocation.verb, invocation.typed, spelling);
    return properties ? listen(*properties, endpoint, around)
                      : Outcome{Exit::client, {}, properties.error().text};
  }
  const wire::Context context;
  auto daemon = Remote::connect(context, endpoint, around);
  if (!daemon) return {Exit::client, {}, daemon.error().text};
  return circus_one_shot(invocation, *daemon);
}

}  // namespace

std::string circus_place(const Settings& settings, bool listens, const Surroundings& around) {
  if (settings.endpoint) return *settings.endpoint;
  if (listens) return std::string(api::circus_events_endpoint);
  return around.circusctl_endpoint.empty() ? std::string(api::circus_endpoint) : around.circusctl_endpoint;
}

Outcome circus_one_shot(const Invocation& invocation, Daemon& daemon) {
  const api::Command& verb = *invocation.verb;
  if (!fits(verb, invocation.typed.words.size())) return {Exit::client, {}, "Invalid number of arguments"};
  const auto properties = pack(verb, invocation.typed, spelling);
  if (!properties) return {Exit::client, {}, properties.error().text};
  const auto reply = daemon.call(verb.name, *properties, patience(invocation));
  if (!reply) {
    const Code code = reply.error().code;
    const bool nobody = code == Code::timed_out || code == Code::not_found;
    return nobody ? timed_out(reply.error().text) : Outcome{Exit::client, {}, reply.error().text};
  }
  if (invocation.settings.json) {
    const bool pretty = invocation.settings.prettify;
    return {Exit::good, pretty ? python_json_sorted(*reply) + "\n\n" : python_json(*reply) + "\n", {}};
  }
  if (is_error(*reply)) return {Exit::refused, {}, circus_error(verb.name, *reply)};
  return {Exit::good, circus_render(verb.name, *properties, *reply), {}};
}

Outcome run_circus(const std::vector<std::string>& words) {
  if (std::getenv("AUTO_COMPLETE")) {
    const char* typed = std::getenv("COMP_WORDS");
    const char* word = std::getenv("COMP_CWORD");
    return {Exit::client, circus_auto_complete(typed ? typed : "", word ? word : ""), {}};
  }
  auto invocation = read_command_line(words, circus_grammar());
  if (!invocation) return usage_error(invocation.error().text);
  Settings& settings = invocation->settings;
  if (settings.version) return {Exit::good, "circusctl " + std::string(api::circus_version) + "\n", {}};
  if (settings.help) {
    if (!invocation->verb) return {Exit::good, circus_help(), {}};
    const auto verb = std::find(words.begin(), words.end(), invocation->verb->name);
    const bool manual = std::any_of(words.begin(), verb,
                                    [](const std::string& word) { return word == "--help" || word == "-h"; });
    return {
        Exit::good, manual ? circus_verb_manual(*invocation->verb) : circus_verb_help(*invocation->verb), {}};
  }
  std::unique_ptr<wire::Tunnel> tunnel;
  if (!settings.ssh.empty()) {
    const bool listens = invocation->verb && invocation->verb->name == "listen";
    auto opened = wire::Tunnel::open(settings.ssh, settings.ssh_keyfile,
                                     circus_place(settings, listens, surroundings(settings)));
    if (!opened) return {Exit::client, {}, opened.error().text};
    tunnel = *std::move(opened);
    settings.endpoint = tunnel->endpoint();
  }
  return invocation->verb ? run_verb(*invocation) : run_circus_shell(settings, words);
}

}  // namespace troupe::ctl
