#include <filesystem>
#include <set>

#include "lib/base/text.h"
#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

constexpr std::string_view roots[] = {"troupe", "circus"};
constexpr std::string_view include_keys[] = {"include", "include_dir"};

/// The same text for the same path, as far as that can be seen without looking at the disk.
std::string plain(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string beside(const std::string& file, std::string_view path) {
  const auto slash = file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return std::string(path);
  return file.substr(0, slash + 1) + std::string(path);
}

bool is_pattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

bool read_one(Loading& loading, const std::string& path, const Origin& named_by, IniDocument& document) {
  const auto text = loading.files().read(path);
  if (!text) {
    loading.fatal(named_by, "cannot read " + path + ": " + text.error().text);
    return false;
  }
  return parse_ini(*text, path, document, loading.report());
}

/// Lays the content of an included file below what is there.
void merge(Loading& loading, const IniDocument& included) {
  for (const IniSection& section : included.sections()) {
    IniSection& here = loading.document().open(section.name, section.origin);
    for (const IniEntry& entry : section.entries) {
      if (!here.find(entry.key)) here.entries.push_back(entry);
    }
  }
}

/// As in Circus, only the main file includes.
void refuse_nested(Loading& loading, const IniDocument& included) {
  for (std::string_view root : roots) {
    const IniSection* section = included.find(root);
    if (!section) continue;
    for (std::string_view key : include_keys) {
      if (const IniEntry* entry = section->find(key)) {
        loading.tolerated(entry->origin, std::string(key) + " in an included file is not followed");
      }
    }
  }
}

/// The files that one word of `include` or `include_dir` means.
class Includer {
 public:
  Includer(Loading& loading, const std::string& main) : loading_(loading), main_(main), seen_{plain(main)} {}

  void include(const IniEntry& entry, bool is_folder) {
    const EnvLookup lookup({&loading_.shared_env, &loading_.environment().variables});
    const std::string value = expand(entry.value, lookup);
    for (std::string_view word : split_spaces(value)) {
      const std::string path = beside(main_, word) + (is_folder ? "/*.ini" : "");
      include_matches(entry, path, word);
    }
  }

 private:
  void include_matches(const IniEntry& entry, const std::string& path, std::string_view word) {
    const auto matches = loading_.files().glob(path);
    if (matches.empty()) {
      const bool is_file = entry.key == "include_dir" && loading_.files().read(beside(main_, word));
      const std::string text =
          entry.key +
          (is_file ? ": " + shown(word) + " is a file and no folder; write include = " + std::string(word)
                   : ": nothing matches " + shown(word));
      if (is_pattern(path) && !is_file) {
        loading_.noted(entry.origin, text);
      } else {
        loading_.tolerated(entry.origin, text);
      }
    }
    for (const std::string& match : matches) {
      if (seen_.insert(plain(match)).second) {
        IniDocument included;
        if (!read_one(loading_, match, entry.origin, included)) continue;
        refuse_nested(loading_, included);
        merge(loading_, included);
      } else if (!is_pattern(path) && plain(match) == plain(main_)) {
        loading_.tolerated(entry.origin, entry.key + ": the file includes itself");
      }
    }
  }

  Loading& loading_;
  const std::string& main_;
  std::set<std::string> seen_;
};

/// The root section decides on the dialect.
void choose_dialect(Loading& loading, const std::string& path) {
  const IniDocument& document = loading.document();
  const bool is_circus = document.find("circus") && !document.find("troupe");
  loading.config().arbiter.dialect = is_circus ? Dialect::circus : Dialect::troupe;
  if (!document.find("circus") && !document.find("troupe")) {
    loading.fatal({path, 0}, "no root section: there must be [troupe] or [circus]");
  }
}

void refuse_two_roots(Loading& loading) {
  const IniSection* circus = loading.document().find("circus");
  const IniSection* troupe = loading.document().find("troupe");
  if (!circus || !troupe) return;
  loading.fatal(circus->origin, "[circus] beside [troupe], which stands in " + troupe->origin.file + ":" +
                                    std::to_string(troupe->origin.line) + "; there must be one of them");
}

}  // namespace

void read_files(Loading& loading, const std::string& path) {
  if (!read_one(loading, path, {path, 0}, loading.document())) return;
  choose_dialect(loading, path);
  load_shared_env(loading);
  Includer includer(loading, path);
  std::vector<IniEntry> includes;  // copied: merging moves sections
  for (std::string_view root : roots) {
    const IniSection* section = loading.document().find(root);
    if (!section) continue;
    for (std::string_view key : include_keys) {
      if (const IniEntry* entry = section->find(key)) includes.push_back(*entry);
    }
  }
  for (const IniEntry& entry : includes) includer.include(entry, entry.key == "include_dir");
  refuse_two_roots(loading);
}

}  // namespace troupe::conf
