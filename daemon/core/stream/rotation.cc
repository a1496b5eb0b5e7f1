#include "daemon/core/stream/rotation.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <compare>
#include <cstdio>
#include <ctime>
#include <optional>
#include <system_error>

namespace troupe::core {

namespace {

using conf::RotateWhen;

constexpr std::int64_t minute = 60, hour = 3600, day = 86400;

std::int64_t unit(RotateWhen when) {
  switch (when) {
    case RotateWhen::second:
      return 1;
    case RotateWhen::minute:
      return minute;
    case RotateWhen::hour:
      return hour;
    default:
      return day;
  }
}

/// The length of an interval; of a day of the week it is a week, whatever rotate_interval says.
std::int64_t interval(const conf::StreamSettings& settings) {
  if (settings.rotate_when >= RotateWhen::w0) return 7 * day;
  return unit(settings.rotate_when) * std::max(1, settings.rotate_interval);
}

std::int64_t ahead(const conf::StreamSettings& settings, std::int64_t time, UtcOffset offset) {
  return settings.utc ? 0 : offset(time);
}

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return (a % b + b) % b;
}

/// Monday is 0; 1970-01-01 was a Thursday.
std::int64_t weekday(std::int64_t local) {
  return floor_mod((local - floor_mod(local, day)) / day + 3, 7);
}

/// How precise the name is: `%Y%m%d` and up to three pairs of digits more.
int pairs(RotateWhen when) {
  switch (when) {
    case RotateWhen::second:
      return 3;
    case RotateWhen::minute:
      return 2;
    case RotateWhen::hour:
      return 1;
    default:
      return 0;
  }
}

/// The year, month and day of a number of days since 1970 (the usual count of a calendar whose years begin
/// in March, so that the leap day is the last).
void civil(std::int64_t days, int& year, int& month, int& mday) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t of_era = days - era * 146097;
  const std::int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
  const std::int64_t m = (5 * of_year + 2) / 153;
  mday = static_cast<int>(of_year - (153 * m + 2) / 5 + 1);
  month = static_cast<int>(m < 10 ? m + 3 : m - 9);
  year = static_cast<int>(y + era * 400 + (month <= 2 ? 1 : 0));
}

/// What the name of a rotated file says; as they compare, they were made.
struct Rotated {
  std::string_view time;     ///< a shorter one, of a longer unit, begins with what it has in common
  std::uint64_t number = 1;  ///< of several with that time
  std::string_view name;

  auto operator<=>(const Rotated&) const = default;
};

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// Nothing: what follows `base.` is no time of ours: 8 to 14 digits, then perhaps `-N`, then perhaps `.gz`.
std::optional<Rotated> find_rotated(std::string_view base, std::string_view name) {
  if (name.size() <= base.size() + 1 || !name.starts_with(base) || name[base.size()] != '.') return {};
  std::string_view rest = name.substr(base.size() + 1);
  if (rest.ends_with(compressed_suffix)) rest.remove_suffix(compressed_suffix.size());
  const std::size_t dash = rest.find('-');
  Rotated rotated{rest.substr(0, dash), 1, name};
  const std::size_t size = rotated.time.size();
  if (!is_digits(rotated.time) || size < 8 || size > 14 || size % 2 != 0) return {};
  if (dash == std::string_view::npos) return rotated;
  const std::string_view number = rest.substr(dash + 1);
  if (!is_digits(number)) return {};
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rotated.number);
  if (error != std::errc()) return {};  // more than we ever count to
  return rotated;
}

}  // namespace

bool rotates_by_time(const conf::StreamSettings& settings) {
  return settings.kind == conf::StreamClass::timed_rotating_file;
}

std::int64_t next_rotation(const conf::StreamSettings& settings, std::int64_t begun, UtcOffset offset) {
  if (settings.rotate_when < RotateWhen::midnight) return begun + interval(settings);
  const std::int64_t ahead_then = ahead(settings, begun, offset);
  const std::int64_t local = begun + ahead_then;
  std::int64_t days = 1;
  if (settings.rotate_when == RotateWhen::midnight) {
    days = std::max(1, settings.rotate_interval);
  } else {
    const auto wanted = static_cast<std::int64_t>(settings.rotate_when) - static_cast<int>(RotateWhen::w0);
    days = 1 + floor_mod(wanted - weekday(local), 7);
  }
  const std::int64_t end = local - floor_mod(local, day) + days * day;
  const std::int64_t guess = end - ahead_then;
  return guess + ahead_then - ahead(settings, guess, offset);  // summer time may have begun or ended between
}

std::string timed_name(const conf::StreamSettings& settings, std::string_view path, std::int64_t end,
                       UtcOffset offset) {
  std::int64_t start = end - interval(settings);
  // From midnight to midnight a day has not always 24 hours.
  start += ahead(settings, settings.rotate_when < RotateWhen::midnight ? start : end, offset);
  int year, month, mday;
  civil((start - floor_mod(start, day)) / day, year, month, mday);
  char text[48];
  std::snprintf(text, sizeof text, ".%04d%02d%02d", year, month, mday);
  std::string name = std::string(path) + text;
  const std::int64_t of_day = floor_mod(start, day);
  const std::int64_t parts[] = {of_day / hour, of_day % hour / minute, of_day % minute};
  for (int i = 0; i < pairs(settings.rotate_when); ++i) {
    std::snprintf(text, sizeof text, "%02d", static_cast<int>(parts[i]));
    name += text;
  }
  return name;
}

std::string numbered_name(std::string_view path, int number) {
  return std::string(path) + "." + std::to_string(number);
}

std::vector<std::string> surplus_timed(std::string_view base, const std::vector<std::string>& names,
                                       int keep) {
  if (keep <= 0) return {};
  std::vector<Rotated> rotated;
  for (const std::string& name : names) {
    if (const auto found = find_rotated(base, name)) rotated.push_back(*found);
  }
  std::sort(rotated.begin(), rotated.end());
  const auto most = static_cast<std::size_t>(keep);
  rotated.resize(rotated.size() > most ? rotated.size() - most : 0);
  std::vector<std::string> surplus;
  for (const Rotated& old : rotated) surplus.emplace_back(old.name);
  return surplus;
}

}  // namespace troupe::core
