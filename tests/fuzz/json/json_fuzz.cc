#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

using namespace troupe;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

/// Whatever is read can be written, and reads as the same value again, plain and pretty; and any bytes can be
/// written as text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static json::Reader reader;
  require(json::parse(json::write(Value(text))).has_value());
  const auto value = reader.parse(text);
  if (!value) {
    require(value.error().code == Code::invalid_json && !value.error().text.empty());
    return 0;
  }
  const auto again = reader.parse(json::write(*value));
  require(again && *again == *value);
  const auto pretty = reader.parse(json::write_pretty(*value));
  require(pretty && *pretty == *value);
  return 0;
}
