#include "ctl/top.h"

#include <ncurses.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>

namespace troupe::ctl {

namespace {

/// The pair of colours of a tone, which is its place in the enum; 0 is the terminal's own.
void make_pairs() {
  if (has_colors() != TRUE) return;
  start_color();
  use_default_colors();
  constexpr short own = -1;
  init_pair(static_cast<short>(Tone::good), COLOR_GREEN, own);
  init_pair(static_cast<short>(Tone::bad), COLOR_RED, own);
  init_pair(static_cast<short>(Tone::changing), COLOR_YELLOW, own);
}

attr_t attributes_of(const TopLine& line) {
  attr_t attributes = line.inverse ? A_REVERSE : A_NORMAL;
  if (line.tone == Tone::title) attributes |= A_BOLD;
  if (line.tone == Tone::dim) attributes |= A_DIM;
  return attributes;
}

short pair_of(const TopLine& line) {
  const bool coloured = line.tone == Tone::good || line.tone == Tone::bad || line.tone == Tone::changing;
  return coloured && has_colors() == TRUE ? static_cast<short>(line.tone) : short{0};
}

struct Row {
  int code;
  TopKey::Code key;
};
constexpr Row keys[] = {
    {KEY_UP, TopKey::up},           {KEY_DOWN, TopKey::down}, {KEY_PPAGE, TopKey::page_up},
    {KEY_NPAGE, TopKey::page_down}, {KEY_HOME, TopKey::home}, {KEY_END, TopKey::end},
    {KEY_ENTER, TopKey::enter},     {'\n', TopKey::enter},    {'\r', TopKey::enter},
    {KEY_BACKSPACE, TopKey::erase}, {127, TopKey::erase},     {8, TopKey::erase},
    {27, TopKey::escape},           {3, TopKey::interrupt},
};

}  // namespace

Result<std::unique_ptr<Screen>> Screen::open() {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    return make_error(Code::system, "this needs a terminal");
  }
  std::setlocale(LC_ALL, "");
  const char* terminal = std::getenv("TERM");
  SCREEN* screen = newterm(terminal ? terminal : "dumb", stdout, stdin);
  if (!screen)
    return make_error(Code::system, std::string("no known terminal: TERM=") + (terminal ? terminal : ""));
  raw();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(25);
  curs_set(0);
  make_pairs();
  return std::unique_ptr<Screen>(new Screen);
}

Screen::~Screen() {
  endwin();
}

std::size_t Screen::columns() const {
  return static_cast<std::size_t>(std::max(getmaxx(stdscr), 1));
}

std::size_t Screen::lines() const {
  return static_cast<std::size_t>(std::max(getmaxy(stdscr), 0));
}

void Screen::draw(const std::vector<TopLine>& lines) {
  erase();
  int row = 0;
  for (const TopLine& line : lines) {
    attr_set(attributes_of(line), pair_of(line), nullptr);
    mvaddnstr(row++, 0, line.text.c_str(), -1);
  }
  attr_set(A_NORMAL, 0, nullptr);
  refresh();
}

std::optional<TopKey> Screen::key() {
  for (;;) {
    const int code = getch();
    if (code == ERR) return std::nullopt;
    for (const Row& row : keys) {
      if (row.code == code) return TopKey{row.key};
    }
    if (code >= ' ' && code < 256) return TopKey{TopKey::text, static_cast<char>(code)};
  }
}

void Screen::wait(int descriptor, Duration timeout) {
  pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {descriptor, POLLIN, 0}};
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  poll(ready, descriptor >= 0 ? 2 : 1, static_cast<int>(whole));
  if ((ready[0].revents & (POLLHUP | POLLERR)) != 0) ungetch(3);  // the terminal is gone
}

}  // namespace troupe::ctl
