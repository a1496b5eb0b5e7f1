#include "lib/conf/problem.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lib/base/text.h"
#include "lib/base/utf8.h"

namespace troupe::conf {

namespace {

constexpr std::size_t longest_shown = 60;

/// `whole`: bytes above 0x7f belong to characters and stay.
std::string escaped(char c, bool whole) {
  constexpr char digits[] = "0123456789abcdef";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f && (whole || byte < 0x80)) return {c};
  return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// The text without a character of UTF-8 that the cut would leave in halves.
std::string_view cut(std::string_view text) {
  if (text.size() <= longest_shown) return text;
  std::size_t end = longest_shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string to_text(const Problem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += ":" + std::to_string(problem.line);
  text += problem.severity == Severity::error ? ": error: " : ": warning: ";
  return text + problem.text;
}

std::string place(const Origin& origin) {
  return origin.file + ":" + std::to_string(origin.line);
}

void Report::error(const Origin& origin, std::string text) {
  problems_.push_back({Severity::error, origin.file, origin.line, std::move(text)});
}

void Report::warning(const Origin& origin, std::string text) {
  const auto severity = strict_ ? Severity::error : Severity::warning;
  problems_.push_back({severity, origin.file, origin.line, std::move(text)});
}

std::vector<Problem> Report::take() {
  std::map<std::string, std::size_t> order;
  for (const Problem& problem : problems_) order.try_emplace(problem.file, order.size());
  // What is wrong with a file as a whole often follows from what is wrong with its lines.
  const auto rank = [&order](const Problem& problem) {
    return std::tuple(order[problem.file], problem.line == 0, problem.line);
  };
  std::stable_sort(problems_.begin(), problems_.end(),
                   [&rank](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
  // A key of [DEFAULT] is read once for each section.
  problems_.erase(std::unique(problems_.begin(), problems_.end()), problems_.end());
  return std::exchange(problems_, {});
}

std::string shown(std::string_view text) {
  const std::string_view head = cut(text);
  std::string result = "'";
  const bool whole = is_utf8(text);
  for (char c : head) result += escaped(c, whole);
  return result + (head.size() < text.size() ? "…'" : "'");
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto near = closest(word, candidates);
  return near ? "; did you mean " + std::string(*near) + "?" : std::string();
}

}  // namespace troupe::conf
