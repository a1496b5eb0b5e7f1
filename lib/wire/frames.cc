#include "lib/wire/frames.h"

#include <utility>

namespace troupe::wire {

Result<Envelope> open_envelope(Frames frames) {
  const bool delimited = frames.size() == 3 && frames[1].empty();
  if (frames.size() != 2 && !delimited) {
    std::string text = "a message of " + std::to_string(frames.size()) + " frames";
    if (frames.size() == 3) text += " whose second is not empty";
    return make_error(Code::invalid, text + " is no request");
  }
  return Envelope{std::move(frames.front()), delimited, std::move(frames.back())};
}

Frames seal_reply(const Envelope& request, std::string reply) {
  Frames frames{request.identity};
  if (request.delimited) frames.emplace_back();
  frames.push_back(std::move(reply));
  return frames;
}

}  // namespace troupe::wire
