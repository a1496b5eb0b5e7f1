#include "daemon/command/log_handlers.h"

#include <algorithm>

#include "daemon/core/stream/log_reply.h"
#include "lib/base/text.h"

namespace troupe::command {

namespace {

constexpr double longest_patience = 300;  // seconds

/// The watcher of a name, or of NAME/WID.
Result<const core::Watcher*> find(const Call& call, core::LogQuery& query) {
  const std::string& name = call.args.text("name");
  if (const core::Watcher* watcher = call.world().find(name)) return watcher;
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) return not_found(name);
  const auto wid = parse_int(std::string_view(name).substr(slash + 1));
  const core::Watcher* watcher = call.world().find(std::string_view(name).substr(0, slash));
  if (!watcher || !wid || *wid < 1 || *wid > api::pids.most) return not_found(name);
  query.wid = static_cast<int>(*wid);
  return watcher;
}

Result<core::LogQuery> make_query(const Call& call) {
  core::LogQuery query;
  auto watcher = find(call, query);
  if (!watcher) return watcher.error();
  const conf::WatcherConfig& config = (*watcher)->config();
  if (!config.stdout_stream.is_set() && !config.stderr_stream.is_set()) {
    return make_error(
        Code::refused,
        "'" + config.name + "' has no stdout_stream or stderr_stream: its output goes to the daemon's own");
  }
  query.watcher = to_lower(config.name);
  if (call.args.has("wid")) query.wid = static_cast<int>(call.args.integer("wid"));
  if (call.args.has("stream")) {
    const std::string& stream = call.args.text("stream");
    if (stream != "stdout" && stream != "stderr") {
      return make_error(Code::invalid, "'stream' is '" + stream + "', not stdout or stderr");
    }
    query.output = stream == "stdout" ? core::Output::out : core::Output::err;
  }
  if (call.args.has("since")) {
    if (call.args.integer("since") < 0) return make_error(Code::invalid, "'since' is negative");
    query.since = static_cast<std::uint64_t>(call.args.integer("since"));
  }
  query.limit = static_cast<std::size_t>(call.args.integer("limit"));
  return query;
}

}  // namespace

Result<Value> logs(Call& call) {
  auto query = make_query(call);
  if (!query) return query.error();
  const core::Tails& tails = call.desk.logs.tails();
  if (!call.args.waiting() || (query->since && tails.has_news(*query)))
    return core::log_reply(tails.read(*query));
  if (!query->since) query->since = tails.read(*query).next;  // the next line that comes
  auto ticket = call.ticket(Wrap::top);
  if (!ticket) return ticket.error();
  const double patience = std::clamp(call.args.number("patience"), 0.0, longest_patience);
  const Instant until = call.desk.arbiter.clock().now() + from_seconds(patience);
  if (auto follows = call.desk.logs.follow(*ticket, *query, until); !follows) return follows.error();
  return Value();
}

}  // namespace troupe::command
