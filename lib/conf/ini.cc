#include "lib/conf/ini.h"

#include <ini.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "lib/base/text.h"
#include "lib/conf/ini_line.h"

namespace troupe::conf {

namespace {

/// inih as Debian builds it cuts lines at 198 characters and section names at 49, takes ` ;` for a comment
/// wherever it stands, strips white space, and does not tell line numbers. So it gets each line in a form
/// that it cannot spoil: sections are only announced to it, and values come as pieces between guards, the
/// first after `key=`, the others as continuation lines. The handler, which inih calls right after each line,
/// takes the guards off and joins the pieces. The reader knows the line number at that moment.
class Feed {
 public:
  Feed(std::string_view text, const std::string& file, IniDocument& document, Report& report)
      : text_(text), file_(file), document_(document), report_(report) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  /// For inih: writes the next line into the buffer; false at the end.
  bool read(char* buffer, std::size_t size) {
    std::string line;
    if (!rest_.empty()) {
      line = " " + next_piece();
    } else if (!text_.empty()) {
      line = next_line();
    } else {
      return false;
    }
    line += '\n';
    if (line.size() >= size) line = "\n";  // cannot be: keys and pieces have their limits
    std::memcpy(buffer, line.c_str(), line.size() + 1);
    return true;
  }

  /// From inih: a guarded piece of a value; `key` is whole only with the first piece of an entry.
  void take(std::string_view key, std::string_view guarded) {
    const auto piece = guarded.substr(1, guarded.size() - 2);
    if (entry_begins_) begin_entry(key);
    if (entry_ != nowhere) section().entries[entry_].value += piece;
  }

 private:
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  static constexpr std::size_t longest_piece = 64;

  std::string next_line() {
    const auto end = std::min(text_.find('\n'), text_.size());
    const auto physical = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++line_;
    entry_begins_ = false;
    const IniLine line = read_ini_line(physical, !section_.empty(), in_entry_);
    switch (line.kind) {
      case IniLine::Kind::nothing:
        return "";
      case IniLine::Kind::header:
        section_ = line.name;
        in_entry_ = false;
        document_.open(section_, {file_, line_});
        return "[s]";
      case IniLine::Kind::entry:
        in_entry_ = entry_begins_ = true;
        is_cut_ = line.is_cut;
        rest_ = line.value;
        return std::string(line.name) + "=" + next_piece();
      case IniLine::Kind::continuation:
        if (entry_ != nowhere) section().entries[entry_].value += '\n';
        rest_ = line.value;
        return " " + next_piece();
      case IniLine::Kind::broken:
        report_.error({file_, line_}, std::string(line.name));
        return "";
    }
    return "";
  }

  /// Cuts before each `;` too, so that a guard and never white space stands before it.
  std::string next_piece() {
    const auto semicolon = rest_.find(';', 1);
    const auto size = std::min({semicolon, longest_piece, rest_.size()});
    std::string piece = "<" + std::string(rest_.substr(0, size)) + ">";
    rest_.remove_prefix(size);
    return piece;
  }

  /// Only the first of equal keys counts. Twice in one file is probably a slip; in two files it is the way
  /// in which a file overrides its includes.
  void begin_entry(std::string_view key) {
    entry_begins_ = false;
    IniSection& here = section();
    if (const IniEntry* first = here.find(key)) {
      entry_ = nowhere;
      if (first->origin.file != file_) return;
      report_.warning({file_, line_}, "repeated key " + std::string(key) + "; the first one, in line " +
                                          std::to_string(first->origin.line) + ", counts");
      return;
    }
    entry_ = here.entries.size();
    here.entries.push_back({std::string(key), {}, {file_, line_}, is_cut_});
  }

  IniSection& section() { return document_.open(section_, {}); }

  std::string_view text_;
  std::string_view rest_;  // of the value that is being handed over
  const std::string& file_;
  IniDocument& document_;
  Report& report_;
  int line_ = 0;
  std::string section_;  // empty before the first header
  bool in_entry_ = false;
  bool entry_begins_ = false;
  bool is_cut_ = false;
  std::size_t entry_ = nowhere;  // where pieces go in section_
};

char* read_line(char* buffer, int size, void* feed) {
  return static_cast<Feed*>(feed)->read(buffer, static_cast<std::size_t>(size)) ? buffer : nullptr;
}

int take_value(void* feed, const char*, const char* key, const char* value) {
  static_cast<Feed*>(feed)->take(key, value);
  return 1;
}

/// Why the whole file can be no configuration, and where that shows: one message and not one for each line.
struct NoText {
  int line;
  std::string text;
};

std::optional<NoText> is_no_text(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return NoText{1, "this is UTF-16; save the file as UTF-8"};
  }
  const auto nul = text.find('\0');
  if (nul != std::string_view::npos) {
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    return NoText{static_cast<int>(lines) + 1,
                  "a NUL byte: this is no text, or in another encoding than UTF-8"};
  }
  const bool one_line = text.find('\n') == std::string_view::npos;
  if (one_line && trim(text).find('\r') != std::string_view::npos) {
    return NoText{1, "lines end in a carriage return alone; save the file with line feeds"};
  }
  return std::nullopt;
}

}  // namespace

const IniEntry* IniSection::find(std::string_view key) const {
  const auto at = std::find_if(entries.begin(), entries.end(), [key](const auto& e) { return e.key == key; });
  return at == entries.end() ? nullptr : &*at;
}

const IniSection* IniDocument::find(std::string_view name) const {
  const auto at = index_.find(name);
  return at == index_.end() ? nullptr : &sections_[at->second];
}

IniSection& IniDocument::open(const std::string& name, const Origin& origin) {
  const auto [at, is_new] = index_.try_emplace(name, sections_.size());
  if (is_new) sections_.push_back({name, origin, {}});
  return sections_[at->second];
}

bool parse_ini(std::string_view text, const std::string& file, IniDocument& document, Report& report) {
  if (const auto why = is_no_text(text)) {
    report.error({file, why->line}, why->text);
    return false;
  }
  Feed feed(text, file, document, report);
  ini_parse_stream(read_line, &feed, take_value, &feed);
  return true;
}

}  // namespace troupe::conf
