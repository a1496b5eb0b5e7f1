#include "ctl/remote.h"

#include <utility>

namespace troupe::ctl {

Remote::Remote(wire::Client client, std::string (*listens)(const std::string&))
    : client_(std::move(client)), listens_(listens) {}

Result<Remote> Remote::connect(const wire::Context& context, const std::string& endpoint,
                               const Surroundings& around) {
  auto client = wire::Client::connect(context, endpoint);
  if (!client) return client.error();
  return Remote(std::move(*client), around.listens);
}

Result<Value> Remote::call(std::string_view command, const Value& properties, Duration timeout) {
  auto reply = client_.call(command, properties, timeout);
  if (reply || reply.error().code != Code::timed_out) return reply;
  const std::string why = listens_(client_.endpoint());
  return make_error(
      Code::timed_out,
      reply.error().text + (why.empty() ? "; it may be busy: a longer --timeout waits for it" : "; " + why));
}

}  // namespace troupe::ctl
