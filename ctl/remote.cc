#include "ctl/remote.h"

#include <utility>

namespace troupe::ctl {

Remote::Remote(wire::Client client, std::string (*listens)(const std::string&), bool has_keys)
    : client_(std::move(client)), listens_(listens), has_keys_(has_keys) {}

Result<Remote> Remote::connect(const wire::Context& context, const std::string& endpoint,
                               const Surroundings& around) {
  const auto keys = wire::load_client_keys(around.keys);
  if (!keys) return keys.error();
  auto client = wire::Client::connect(context, endpoint, *keys);
  if (!client) return client.error();
  client->give_up_when(around.listens);
  return Remote(std::move(*client), around.listens, keys->has_value());
}

Result<Value> Remote::call(std::string_view command, const Value& properties, Duration timeout) {
  auto reply = client_.call(command, properties, timeout);
  if (reply || (reply.error().code != Code::timed_out && !client_.was_shut_out())) return reply;
  std::string why;
  if (!client_.was_shut_out()) why = listens_(client_.endpoint());
  if (why.empty() && !client_.was_shut_out()) why = "it may be busy: a longer --timeout waits for it";
  if (wire::takes_curve(client_.endpoint())) {
    if (!why.empty()) why += "; or ";
    why += has_keys_ ? "it does not know the key of --curve-key, or --curve-server is not its own"
                     : "it answers only who has keys: --curve-key, --curve-server";
  }
  return make_error(reply.error().code, reply.error().text + (why.empty() ? "" : "; " + why));
}

}  // namespace troupe::ctl
