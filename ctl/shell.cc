#include "ctl/shell.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "ctl/output.h"
#include "ctl/table.h"
#include "lib/base/words.h"

namespace troupe::ctl {

namespace {

constexpr int history_lines = 1000;
constexpr std::size_t most_choices = 400;  ///< shown; more than that nobody reads

/// Choices below the line, downwards in as many columns as fit.
std::string columns_of(const std::vector<std::string>& choices, std::size_t screen) {
  std::size_t widest = 0;
  const std::size_t shown = std::min(choices.size(), most_choices);
  for (std::size_t i = 0; i < shown; ++i) widest = std::max(widest, width(printable(choices[i])));
  const std::size_t columns = std::max<std::size_t>(1, screen / (widest + 2));
  const std::size_t lines = (shown + columns - 1) / columns;
  Table table(std::vector<Table::Column>(columns, Table::Column{}));
  for (std::size_t line = 0; line < lines; ++line) {
    std::vector<Table::Cell> cells;
    for (std::size_t at = line; at < shown; at += lines) cells.emplace_back(printable(choices[at]));
    table.add(std::move(cells));
  }
  std::string out = "\n" + table.text(false);
  if (shown < choices.size()) out += "... and " + std::to_string(choices.size() - shown) + " more\n";
  return out;
}

/// The beginning of a word that is not known to its end: `--option cmd=`, `hooks.`, `rlimit_`.
bool goes_on(std::string_view word) {
  return word.ends_with('=') || word.ends_with('.') || word.ends_with('_');
}

/// What stands in the line for a word, so that it is read as this word.
std::string written(const std::string& word, bool whole) {
  if (whole) return quote_word(word) + (goes_on(word) ? "" : " ");
  const std::string quoted = quote_word(word);
  return quoted == word ? word : quoted.substr(0, quoted.size() - 1);  // the quote stays open
}

}  // namespace

struct LineEditor::Impl {
  explicit Impl(Completer& with) : completer(with) {}
  ~Impl() {
    if (history) history_end(history);
    if (editor) el_end(editor);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static Impl& of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<Impl*>(data);
  }
  static char* show_prompt(EditLine* editor) { return of(editor).prompt.data(); }

  static unsigned char drop_line(EditLine* editor, int) {
    of(editor).dropped = true;
    write_all(STDOUT_FILENO, "^C\n");
    return CC_NEWLINE;
  }

  static unsigned char complete_word(EditLine* editor, int) { return of(editor).complete(); }

  unsigned char complete() {
    const LineInfo* line = el_line(editor);
    const std::string_view text(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    const Typing typing = read_typing(text);
    const auto choices = completer.choices(typing);
    if (choices.empty()) return CC_REFRESH_BEEP;
    const std::string start = common_start(choices);
    const bool whole = choices.size() == 1;
    if (whole || start.size() > typing.word.size()) {
      const std::string_view typed = text.substr(typing.begin);  // libedit counts characters
      el_deletestr(editor, static_cast<int>(MB_CUR_MAX > 1 ? width(typed) : typed.size()));
      el_insertstr(editor, written(start, whole).c_str());
      return CC_REFRESH;
    }
    int screen = 80;
    el_get(editor, EL_GETTC, "co", &screen, nullptr);
    write_all(STDOUT_FILENO, columns_of(choices, static_cast<std::size_t>(std::max(screen, 20))));
    return CC_REDISPLAY;
  }

  void remember(const std::string& line) {
    HistEvent event;
    ::history(history, &event, H_ENTER, line.c_str());
    if (!file.empty()) ::history(history, &event, H_SAVE, file.c_str());
  }

  Completer& completer;
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string file, prompt;
  bool dropped = false;
};

LineEditor::LineEditor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineEditor::~LineEditor() = default;

Result<std::unique_ptr<LineEditor>> LineEditor::open(const std::string& program,
                                                     const std::string& history_file, Completer& completer) {
  std::setlocale(LC_CTYPE, "");
  auto impl = std::make_unique<Impl>(completer);
  impl->editor = el_init(program.c_str(), stdin, stdout, stderr);
  impl->history = history_init();
  if (!impl->editor || !impl->history) return make_error(Code::system, "lines cannot be edited here");
  EditLine* editor = impl->editor;
  HistEvent event;
  history(impl->history, &event, H_SETSIZE, history_lines);
  history(impl->history, &event, H_SETUNIQUE, 1);
  impl->file = history_file;
  if (!history_file.empty()) {
    umask(077);
    history(impl->history, &event, H_LOAD, history_file.c_str());
  }
  el_set(editor, EL_CLIENTDATA, impl.get());
  el_set(editor, EL_PROMPT, &Impl::show_prompt);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, history, impl->history);
  el_set(editor, EL_ADDFN, "troupe-complete", "Complete the word", &Impl::complete_word);
  el_set(editor, EL_ADDFN, "troupe-drop", "Drop the line", &Impl::drop_line);
  el_set(editor, EL_BIND, "^I", "troupe-complete", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);  // while a line is edited Ctrl-C is a key
  el_set(editor, EL_BIND, "^C", "troupe-drop", nullptr);
  return std::unique_ptr<LineEditor>(new LineEditor(std::move(impl)));
}

std::optional<std::string> LineEditor::next(const std::string& prompt) {
  impl_->prompt = prompt;
  impl_->dropped = false;
  int count = 0;
  const char* typed = el_gets(impl_->editor, &count);
  if (!typed || count <= 0) return std::nullopt;
  std::string line(typed, static_cast<std::size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  if (impl_->dropped) return std::string();
  if (line.find_first_not_of(" \t") != line.npos) impl_->remember(line);
  return line;
}

std::string history_file(std::string_view name) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::vector<std::string> folders;
  if (state && *state == '/') {
    folders = {state};
  } else if (home && *home == '/') {
    folders = {std::string(home) + "/.local", std::string(home) + "/.local/state"};
  } else {
    return {};
  }
  folders.push_back(folders.back() + "/troupe");
  for (const std::string& folder : folders) mkdir(folder.c_str(), 0700);
  if (access(folders.back().c_str(), W_OK) != 0) return {};
  return folders.back() + "/" + std::string(name);
}

}  // namespace troupe::ctl
