#include "ctl/knowledge.h"

#include "ctl/one_shot.h"
#include "ctl/render_values.h"

namespace troupe::ctl {

namespace {

/// Somebody pressed a key and waits.
constexpr Duration patience_for_keys = 300ms;

std::vector<std::string> texts(const Value* array) {
  std::vector<std::string> out;
  if (!array || !array->as_array()) return out;
  for (const Value& element : *array->as_array()) out.push_back(plain(element));
  return out;
}

}  // namespace

Value AskedKnowledge::ask(std::string_view command, const Value& properties) {
  if (!daemon_) return {};
  auto reply = daemon_->call(command, properties, patience_for_keys);
  if (!reply) daemon_ = nullptr;  // the next question of this key would wait for nothing too
  return reply && !is_error(*reply) ? *std::move(reply) : Value();
}

std::vector<std::string> AskedKnowledge::watchers() {
  return texts(ask("list", Value::object()).find("watchers"));
}

std::vector<std::string> AskedKnowledge::pids(std::string_view watcher) {
  return texts(ask("list", Value::object().set("name", watcher)).find("pids"));
}

std::string AskedKnowledge::option(std::string_view watcher, std::string_view key) {
  const Value reply = ask("get", Value::object().set("name", watcher).set("keys", Value::array().push(key)));
  const Value* options = reply.find("options");
  const Value* value = options ? options->find(key) : nullptr;
  return value && !value->as_object() && !value->as_array() ? plain(*value) : std::string();
}

}  // namespace troupe::ctl
