#include "lib/conf/stream_options.h"

#include <algorithm>
#include <array>

#include "lib/conf/choice_kind.h"
#include "lib/conf/find_option.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option_row.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

namespace {

using S = StreamSettings;

constexpr std::array<std::string_view, 12> whens = {"S",  "M",  "H",  "D",  "MIDNIGHT", "W0",
                                                    "W1", "W2", "W3", "W4", "W5",       "W6"};
constexpr std::array<std::string_view, 7> colors = {"red",     "green", "yellow", "blue",
                                                    "magenta", "cyan",  "white"};
constexpr std::array<std::string_view, 20> facilities = {
    "auth",   "authpriv", "cron",   "daemon", "ftp", "kern", "local0", "local1", "local2", "local3",
    "local4", "local5",   "local6", "local7", "lpr", "mail", "news",   "syslog", "user",   "uucp"};

/// A facility of syslog(3) by name; kept as text, because the numbers are the system's.
struct FacilityKind : TextKind {
  static constexpr std::string_view name = "word";
  static Result<void> parse(std::string& field, std::string_view text) {
    const auto index = find_choice(text, facilities);
    if (!index) return index.error();
    field = facilities[static_cast<std::size_t>(*index)];
    return {};
  }
};

constexpr StreamOption rows[] = {
    option<IntegerKind<0>, &S::backup_count>({.name = "backup_count",
                                              .fallback = "0",
                                              .where = in_file_and_set,
                                              .doc = "How many rotated files are kept. With 0 a file that "
                                                     "has reached `max_bytes` begins anew, and the "
                                                     "files of `rotate_when` are all kept."}),
    option<OptionalChoiceKind<StreamColor, colors, 1>, &S::color>(
        {.name = "color",
         .fallback = "",
         .where = in_file_and_set,
         .doc = "`red`, `green`, `yellow`, `blue`, `magenta`, `cyan` or `white`. Empty: one is chosen."}),
    option<FacilityKind, &S::facility>({.name = "facility",
                                        .fallback = "daemon",
                                        .where = in_file_and_set,
                                        .doc = "The facility of syslog(3), such as `daemon` or `local0`."}),
    option<OptionalTextKind, &S::filename>(
        {.name = "filename",
         .fallback = "",
         .where = in_file_and_set,
         .doc = "The file that the output is appended to. Empty: a temporary file."}),
    option<FlagKind, &S::gzip>({.name = "gzip",
                                .fallback = "false",
                                .where = in_file_and_set,
                                .doc = "Compress rotated files; their names get `.gz` at the end."}),
    option<BytesKind, &S::max_bytes>({.name = "max_bytes",
                                      .fallback = "0",
                                      .where = in_file_and_set,
                                      .doc = "Rotate before the file grows to this size. 0: never."}),
    option<IntegerKind<1>, &S::rotate_interval>({.name = "rotate_interval",
                                                 .fallback = "1",
                                                 .where = in_file_and_set,
                                                 .doc = "Rotate after so many units of `rotate_when`."}),
    option<ChoiceKind<RotateWhen, whens>, &S::rotate_when>(
        {.name = "rotate_when",
         .fallback = "H",
         .where = in_file_and_set,
         .doc = "`S`, `M`, `H` or `D`: seconds, minutes, hours or days; `MIDNIGHT`; `W0` to `W6`: a day of "
                "the week, Monday first."}),
    option<OptionalTextKind, &S::tag>({.name = "tag",
                                       .fallback = "",
                                       .where = in_file_and_set,
                                       .doc = "The name in front of each line. Empty: the watcher's."}),
    option<OptionalTextKind, &S::time_format>(
        {.name = "time_format",
         .fallback = "",
         .where = in_file_and_set,
         .doc = "As for strftime(3). Files: each line begins with `TIME [PID] | `. Empty: lines stay as "
                "they are; FancyStdoutStream then has `%Y-%m-%d %H:%M:%S`."}),
    option<FlagKind, &S::utc>({.name = "utc",
                               .fallback = "false",
                               .where = in_file_and_set,
                               .doc = "The times of rotation are in UTC, and not local."}),
};

constexpr std::string_view file[] = {"backup_count", "filename", "gzip", "max_bytes", "time_format"};
constexpr std::string_view watched_file[] = {"filename", "time_format"};
constexpr std::string_view timed_file[] = {"backup_count", "filename",    "gzip", "rotate_interval",
                                           "rotate_when",  "time_format", "utc"};
constexpr std::string_view fancy[] = {"color", "time_format"};
constexpr std::string_view json[] = {"backup_count", "filename", "gzip", "max_bytes"};
constexpr std::string_view syslog[] = {"facility", "tag"};

constexpr StreamClassRow classes[] = {
    {"FancyStdoutStream", StreamClass::fancy,
     "The daemon's standard output, in colour, with time and pid before each line.", fancy},
    {"FileStream", StreamClass::file, "A file, rotated by size.", file},
    {"JsonStream", StreamClass::json,
     "A file with one JSON object for each line: time, watcher, wid, pid, stream, message.", json},
    {"StdoutStream", StreamClass::standard_output, "The daemon's standard output, as it comes.", {}},
    {"SyslogStream", StreamClass::syslog, "The system's log, a message for each line.", syslog},
    {"TimedRotatingFileStream", StreamClass::timed_rotating_file, "A file, rotated by the clock.",
     timed_file},
    {"WatchedFileStream", StreamClass::watched_file,
     "A file that somebody else rotates, such as logrotate: opened anew when it was moved or removed.",
     watched_file},
};

constexpr std::string_view circus_module = "circus.stream.";

Result<void> parse_option(StreamSettings& settings, std::string_view key, std::string_view text) {
  const StreamOption* option = find_stream_option(key);
  if (!option) return {};
  if (const auto parsed = option->parse(settings, "", text); !parsed)
    return make_error(Code::invalid, std::string(key) + ": " + parsed.error().text);
  return {};
}

}  // namespace

bool StreamClassRow::reads(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

std::span<const StreamClassRow> stream_classes() {
  return classes;
}

const StreamClassRow* find_stream_class(std::string_view name) {
  if (name.empty()) name = "FileStream";
  if (name.starts_with(circus_module)) name.remove_prefix(circus_module.size());
  const auto at = std::find_if(std::begin(classes), std::end(classes),
                               [name](const StreamClassRow& row) { return row.name == name; });
  return at == std::end(classes) ? nullptr : at;
}

std::span<const StreamOption> stream_options() {
  return rows;
}

const StreamOption* find_stream_option(std::string_view key) {
  return find_option(stream_options(), key);
}

Result<void> check_stream_option(std::string_view key, std::string_view text) {
  StreamSettings unused;
  return parse_option(unused, key, text);
}

Result<StreamSettings> stream_settings(const StreamConfig& config) {
  const StreamClassRow* row = find_stream_class(config.class_name);
  if (!row && config.class_name.ends_with("QueueStream")) {
    return make_error(Code::invalid,
                      "class: QueueStream keeps output inside a Python program that uses Circus as a "
                      "library; here `troupectl logs` shows the last output of any stream");
  }
  if (!row && config.class_name.find('.') != std::string::npos) {
    return make_error(Code::invalid,
                      "class: " + shown(config.class_name) +
                          " is a Python class, and streams in Python are not called by this version");
  }
  if (!row) {
    std::vector<std::string_view> names;
    for (const StreamClassRow& known : classes) names.push_back(known.name);
    return make_error(Code::invalid, "class: no class of streams is named " + shown(config.class_name) +
                                         did_you_mean(config.class_name, names));
  }
  StreamSettings settings;
  settings.kind = row->kind;
  for (const auto& [key, text] : config.options) {
    if (!row->reads(key)) continue;
    if (const auto parsed = parse_option(settings, key, text); !parsed) return parsed.error();
  }
  return settings;
}

}  // namespace troupe::conf
