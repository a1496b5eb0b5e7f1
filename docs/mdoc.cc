#include "docs/mdoc.h"

namespace troupe::docs {

namespace {

constexpr std::size_t width = 78;

/// Also a hyphen: it is to come out as one, and not as a dash for the eye.
void add_plain(std::string& out, char c) {
  switch (c) {
    case '\\':
      out += "\\e";
      break;
    case '-':
      out += "\\-";
      break;
    case '"':
      out += "\\(dq";
      break;
    case '`':
      out += "\\(ga";
      break;
    case '\'':
      out += "\\(aq";
      break;
    case '^':
      out += "\\(ha";
      break;
    case '~':
      out += "\\(ti";
      break;
    default:
      out += c;
  }
}

/// A word of running text. Code and emphasis may begin in one word and end in another.
struct Fonts {
  bool code = false;
  bool emphasis = false;
};

std::string word_of(std::string_view word, Fonts& fonts) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (c == '`') {
      fonts.code = !fonts.code;
      out += fonts.code ? "\\fB" : "\\fR";
    } else if (c == '*' && !fonts.code && (fonts.emphasis || (i == 0 && word.size() > 1))) {
      fonts.emphasis = !fonts.emphasis;
      out += fonts.emphasis ? "\\fI" : "\\fR";
    } else if (c == '-' && !fonts.code) {
      out += c;
    } else {
      add_plain(out, c);
    }
  }
  return out;
}

bool ends_sentence(std::string_view word) {
  return word.size() > 1 && (word.ends_with('.') || word.ends_with(".*"));
}

}  // namespace

std::string mdoc_argument(std::string_view text) {
  std::string out;
  for (const char c : text) add_plain(out, c);
  const bool bare = out.find_first_of(" \t") == std::string::npos;
  // Two or three letters may be the name of a macro, and marks of punctuation are set apart.
  if (bare && out.size() > 3) return out;
  return bare ? "\\&" + out + "\\&" : "\"" + out + "\"";
}

std::string mdoc_text(std::string_view text) {
  std::string out;
  std::string line;
  Fonts fonts;
  const auto end_line = [&] {
    if (!line.empty()) out += (line[0] == '.' || line[0] == '\'' ? "\\&" : "") + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const auto start = text.find_first_not_of(" \n");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    const std::string done = word_of(word, fonts);
    if (line.size() + 1 + done.size() > width) end_line();
    line += (line.empty() ? "" : " ") + done;
    if (!fonts.code && ends_sentence(word)) end_line();
  }
  end_line();
  return out;
}

}  // namespace troupe::docs
