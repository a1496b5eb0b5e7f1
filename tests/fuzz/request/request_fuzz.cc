#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "lib/json/reader.h"
#include "lib/wire/reply.h"
#include "lib/wire/request.h"

using namespace troupe;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

Value id_value(std::string_view id) {
  return id.empty() ? Value() : *json::parse(id);
}

}  // namespace

/// Every text is a request that encodes to the same request, or is refused with a reason; and both can be
/// answered with JSON that has the id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static json::Reader reader;
  const auto decoded = wire::decode_request(text, reader);
  if (const auto* bad = std::get_if<wire::BadRequest>(&decoded)) {
    require(!bad->error.text.empty());
    require(bad->error.code == Code::invalid_json || bad->error.code == Code::invalid);
    const auto reply = reader.parse(wire::error_reply(3, bad->error.text, 1.5, bad->id));
    require(reply && *reply->find("id") == id_value(bad->id));
    return 0;
  }
  const auto& request = std::get<wire::Request>(decoded);
  require(request.properties.as_object() != nullptr);
  const auto again = wire::decode_request(wire::encode_request(request), reader);
  require(std::get<wire::Request>(again) == request);
  const auto reply = reader.parse(wire::ok_reply(request.properties, 1.5, request.id));
  require(reply && *reply->find("id") == id_value(request.id));
  return 0;
}
