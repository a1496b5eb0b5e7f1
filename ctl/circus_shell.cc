#include "ctl/circus_shell.h"

#include <unistd.h>

#include "ctl/circus.h"
#include "ctl/circus_render.h"
#include "ctl/circus_verbs.h"
#include "ctl/knowledge.h"
#include "ctl/output.h"
#include "ctl/remote.h"
#include "ctl/shell.h"
#include "ctl/table.h"
#include "lib/api/circus.h"
#include "lib/base/text.h"
#include "lib/base/words.h"

namespace troupe::ctl {

namespace {

std::string explain(const std::vector<std::string>& words) {
  if (words.size() == 1) return circus_topics();
  if (words[1] == "help") return "List the commands, or explain one: help [COMMAND]\n";
  const api::Command* verb = find_circus_verb(words[1]);
  return verb ? circus_verb_manual(*verb) : "*** No help on " + printable(words[1]) + "\n";
}

class CircusCompleter : public Completer {
 public:
  explicit CircusCompleter(const Settings& settings) : settings_(settings) {}

  std::vector<std::string> choices(const Typing& typing) override {
    const Surroundings around = surroundings(settings_);
    const wire::Context context;
    auto daemon = Remote::connect(context, circus_place(settings_, false, around), around);
    AskedKnowledge knowledge(daemon ? &*daemon : nullptr);
    return complete(circus_grammar(), typing.words, typing.word, knowledge);
  }

 private:
  const Settings& settings_;
};

std::string greeting(const Settings& settings) {
  std::string text = "circusctl " + std::string(api::circus_version) + "\n";
  const Surroundings around = surroundings(settings);
  const wire::Context context;
  auto daemon = Remote::connect(context, circus_place(settings, false, around), around);
  if (!daemon) return text + daemon.error().text + "\n";
  const auto reply = daemon->call("status", Value::object(), from_seconds(settings.timeout.value_or(5)));
  return text + (reply ? circus_statuses(*reply) : "Timed out.\n" + reply.error().text + "\n");
}

}  // namespace

Session::Step CircusSession::on_line(std::string_view line) {
  line = trim(line);
  if (line.empty()) return {};
  if (line == "EOF") return {.text = "\n", .ends = true};
  auto words = split_words(line);
  if (!words) return {.text = "*** " + words.error().text + "\n"};
  if (words->front() == "help" || words->front() == "?") return {.text = explain(*words)};
  if (!find_circus_verb(words->front())) return {.text = "*** Unknown syntax: " + printable(line) + "\n"};
  words->insert(words->begin(), options_.begin(), options_.end());
  return {.arguments = *std::move(words)};
}

Outcome run_circus_shell(const Settings& settings, const std::vector<std::string>& options) {
  if (!write_all(STDOUT_FILENO, greeting(settings))) return {Exit::client};
  CircusSession session(options);
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    PipedLines lines;
    run_session(session, lines, "circusctl");
    return {};
  }
  CircusCompleter completer(settings);
  auto lines = LineEditor::open("circusctl", history_file("circusctl_history"), completer);
  if (!lines) return {Exit::client, {}, lines.error().text};
  run_session(session, **lines, "circusctl");
  return {};
}

}  // namespace troupe::ctl
