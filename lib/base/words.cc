#include "lib/base/words.h"

namespace troupe {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Reads one word from the front of the text, up to unquoted white space.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool at_end() const { return at_ == text_.size(); }

  Result<std::string> next() {
    std::string word;
    while (at_ < text_.size() && !is_space(text_[at_])) {
      const char c = text_[at_++];
      Result<void> read{};
      switch (c) {
        case '\'':
          read = single_quoted(word);
          break;
        case '"':
          read = double_quoted(word);
          break;
        case '\\':
          read = escaped(word);
          break;
        default:
          word += c;
      }
      if (!read) return read.error();
    }
    return word;
  }

 private:
  Result<void> single_quoted(std::string& word) {
    const auto end = text_.find('\'', at_);
    if (end == std::string_view::npos) return make_error(Code::invalid, "no closing quotation mark (')");
    word += text_.substr(at_, end - at_);
    at_ = end + 1;
    return {};
  }

  Result<void> double_quoted(std::string& word) {
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return {};
      if (c == '\\' && at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\\')) c = text_[at_++];
      word += c;
    }
    return make_error(Code::invalid, "no closing quotation mark (\")");
  }

  Result<void> escaped(std::string& word) {
    if (at_ == text_.size()) return make_error(Code::invalid, "a backslash at the end escapes nothing");
    word += text_[at_++];
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  WordReader reader(text);
  for (reader.skip_spaces(); !reader.at_end(); reader.skip_spaces()) {
    auto word = reader.next();
    if (!word) return word.error();
    words.push_back(*std::move(word));
  }
  return words;
}

std::string quote_word(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (char c : word) {
    if (c == '\'') {
      quoted += "'\"'\"'";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace troupe
