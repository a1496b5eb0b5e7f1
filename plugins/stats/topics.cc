#include "plugins/stats/topics.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace troupe::plugins::stats {

namespace {

constexpr std::string_view prefix = "stat.";
constexpr const char* not_known = "N/A";
constexpr std::string_view left_out[] = {"circusd", "circusd-stats", "circushttpd"};

std::optional<double> number_of(const Value* value) {
  if (!value) return std::nullopt;
  if (const double* number = value->as_double()) return *number;
  if (const std::int64_t* number = value->as_int()) return static_cast<double>(*number);
  return std::nullopt;
}

}  // namespace

std::string topic_of(std::string_view group, int part) {
  return topic_of(group) + "." + std::to_string(part);
}

std::string topic_of(std::string_view group) {
  return std::string(prefix) + std::string(group);
}

bool is_left_out(std::string_view watcher) {
  return std::find(std::begin(left_out), std::end(left_out), watcher) != std::end(left_out);
}

void Totals::Sum::add(const Value* value) {
  const auto number = number_of(value);
  if (!number) {
    known = false;
    return;
  }
  sum += *number;
  most = std::max(most, *number);
}

void Totals::add(int pid, const Value& info) {
  pids_.emplace_back(pid);
  cpu_.add(info.find("cpu"));
  mem_.add(info.find("mem"));
  age_.add(info.find("age"));
}

Value Totals::value() const {
  Value value = Value::object();
  value.append("pid", pids_);
  if (pids_.empty()) {
    value.append("cpu", 0.0);
    value.append("mem", 0);
    value.append("age", not_known);
    return value;
  }
  value.append("cpu", cpu_.known ? Value(cpu_.sum / static_cast<double>(pids_.size())) : Value(not_known));
  value.append("mem", mem_.known ? Value(mem_.sum) : Value(not_known));
  value.append("age", age_.known ? Value(age_.most) : Value(not_known));
  return value;
}

void Audience::on_message(std::string_view message) {
  if (message.empty()) return;
  const std::string_view wanted = message.substr(1);
  if (message.front() == 1) {
    prefixes_.emplace(wanted);
  } else if (const auto at = prefixes_.find(wanted); at != prefixes_.end()) {
    prefixes_.erase(at);
  }
}

bool Audience::is_there() const {
  return std::any_of(prefixes_.begin(), prefixes_.end(), [](const std::string& wanted) {
    return prefix.starts_with(wanted) || std::string_view(wanted).starts_with(prefix);
  });
}

}  // namespace troupe::plugins::stats
