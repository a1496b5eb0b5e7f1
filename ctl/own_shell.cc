#include "ctl/own_shell.h"

#include <unistd.h>

#include <memory>

#include "ctl/cli.h"
#include "ctl/completion_script.h"
#include "ctl/knowledge.h"
#include "ctl/remote.h"
#include "ctl/render_values.h"
#include "ctl/shell.h"
#include "ctl/table.h"
#include "lib/base/text.h"
#include "lib/base/words.h"

namespace troupe::ctl {

namespace {

constexpr Duration patience_for_prompt = 300ms;

/// The daemon as it can be reached now: looked for again at each need, so that one that was started anew, or
/// elsewhere, is found.
class Nearby {
 public:
  explicit Nearby(const Settings& settings) : around_(surroundings(settings)) {
    const auto endpoint = find_endpoint(settings, around_);
    if (!endpoint) return;
    auto daemon = Remote::connect(context_, *endpoint, around_);
    if (daemon) daemon_ = std::make_unique<Remote>(*std::move(daemon));
  }

  Daemon* daemon() { return daemon_.get(); }

 private:
  Surroundings around_;
  wire::Context context_;
  std::unique_ptr<Remote> daemon_;
};

std::string ask_for_prompt(const Settings& settings) {
  Nearby nearby(settings);
  if (!nearby.daemon()) return shell_prompt(nullptr);
  const auto reply = nearby.daemon()->call("status", Value::object(), patience_for_prompt);
  return shell_prompt(reply ? &*reply : nullptr);
}

std::vector<std::string> choices_for(const Settings& settings, const Typing& typing) {
  Nearby nearby(settings);
  AskedKnowledge knowledge(nearby.daemon());
  return complete(own_grammar(), typing.words, typing.word, knowledge);
}

class OwnCompleter : public Completer {
 public:
  explicit OwnCompleter(const Settings& settings) : settings_(settings) {}

  std::vector<std::string> choices(const Typing& typing) override {
    auto found = choices_for(settings_, typing);
    if (typing.words.empty() && std::string_view("exit").starts_with(typing.word)) found.emplace_back("exit");
    return found;
  }

 private:
  const Settings& settings_;
};

}  // namespace

std::string shell_prompt(const Value* reply) {
  const Value* statuses = reply ? reply->find("statuses") : nullptr;
  if (!statuses || !statuses->as_object()) return "troupe (no daemon)> ";
  std::size_t idle = 0;
  for (const Member& member : *statuses->as_object()) idle += member.value != Value("active");
  if (idle == 0) return "troupe> ";
  return "troupe (" + std::to_string(idle) + " of " + std::to_string(statuses->as_object()->size()) +
         " not active)> ";
}

Session::Step OwnSession::on_line(std::string_view line) {
  line = trim(line);
  if (line.empty()) return {};
  if (line == "exit") return {.ends = true};
  auto words = split_words(line);
  if (!words) return {.text = "troupectl: " + words.error().text + "\n"};
  const bool again = std::exchange(quit_asked_, words->front() == "quit");
  if (quit_asked_ && !again) {
    return {.text =
                "quit stops the daemon and all that it runs: type it again to do that. exit leaves this "
                "shell.\n"};
  }
  if (words->front() == "troupectl") words->erase(words->begin());
  if (words->empty()) return {};
  words->insert(words->begin(), options_.begin(), options_.end());
  return {.arguments = *std::move(words)};
}

Outcome run_own_shell(const Settings& settings, const std::vector<std::string>& options) {
  OwnCompleter completer(settings);
  auto lines = LineEditor::open("troupectl", history_file("history"), completer);
  if (!lines) return {Exit::client, {}, lines.error().text};
  OwnSession session(options, ask_for_prompt, settings);
  run_session(session, **lines, "troupectl");
  return {};
}

Outcome run_complete(const Settings& settings, const Value& properties) {
  const std::string_view shell = text_or(properties, "shell", "");
  const Value* line = properties.find("line");
  if (!line || !line->as_text()) {
    const std::string script = completion_script(shell, own_grammar());
    if (!script.empty()) return {Exit::good, script, {}};
    return {Exit::usage, {}, "no completion for '" + printable(shell) + "': bash or zsh"};
  }
  Typing typing = read_typing(*line->as_text());
  if (!typing.words.empty()) typing.words.erase(typing.words.begin());  // the program's name
  // What the line says of the daemon counts for the questions too.
  const auto typed = read_command_line(typing.words);
  Settings meant = settings;
  if (typed && typed->settings.endpoint) meant.endpoint = typed->settings.endpoint;
  if (typed && !typed->settings.name.empty()) meant.name = typed->settings.name;
  std::string out;
  for (const std::string& choice : choices_for(meant, typing)) {
    if (choice.find('\n') == choice.npos) out += choice + "\n";
  }
  return {Exit::good, out, {}};
}

}  // namespace troupe::ctl
