#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "lib/base/error.h"
#include "lib/base/value.h"

namespace troupe::json {
class Reader;
}

namespace troupe::wire {

/// A request of the control endpoint (Circus 0.19).
struct Request {
  std::string command;                 ///< as sent; commands are matched whatever their case
  Value properties = Value::object();  ///< always an object
  std::string id{};                    ///< any JSON, as it was written; empty when there is none
  bool cast = false;                   ///< `msg_type` is "cast": never answered, not even with an error

  bool operator==(const Request&) const = default;
};

/// What is answered to a text that is no request: Code::invalid_json (reason as Circus's, without an id) or
/// Code::invalid, where Circus does not answer at all.
struct BadRequest {
  Error error;
  std::string id{};
  bool cast = false;

  bool operator==(const BadRequest&) const = default;
};

std::variant<Request, BadRequest> decode_request(std::string_view text, json::Reader& reader);

/// For clients.
std::string encode_request(const Request& request);

}  // namespace troupe::wire
