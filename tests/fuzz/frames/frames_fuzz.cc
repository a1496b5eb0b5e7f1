#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/text.h"
#include "lib/wire/frames.h"

using namespace troupe;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

/// The input's lines are the frames. Only two shapes are requests, and the reply has the shape of its
/// request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  wire::Frames frames;
  for (std::string_view frame : split(text, '\n')) frames.emplace_back(frame);
  const auto envelope = wire::open_envelope(frames);
  const bool dealer = frames.size() == 2;
  const bool req = frames.size() == 3 && frames[1].empty();
  require(envelope.has_value() == (dealer || req));
  if (!envelope) {
    require(!envelope.error().text.empty());
    return 0;
  }
  require(envelope->identity == frames.front() && envelope->body == frames.back() &&
          envelope->delimited == req);
  frames.back() = "reply";
  require(wire::seal_reply(*envelope, "reply") == frames);
  return 0;
}
