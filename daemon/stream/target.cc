#include "daemon/stream/target.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace troupe {

using core::Outage;
using core::SourceId;

void Target::attach(SourceId source, OutputName of, const conf::StreamSettings& settings, Instant now) {
  take_settings(of, settings);
  sources_.emplace(source, std::move(of));
  // That it cannot be written is told now, and not when a process has something to say.
  if (!is_good(now)) return;
  if (const int error = prepare(now)) {
    failed(error, now);
  } else {
    went_well(now);
  }
}

void Target::detach(SourceId source) {
  turns_.leave(source);
  sources_.erase(source);
  std::erase(waiting_, source);
  ready();  // the line that others waited for has ended
}

void Target::hold_up(SourceId source) {
  if (std::find(waiting_.begin(), waiting_.end(), source) == waiting_.end()) waiting_.push_back(source);
}

void Target::ready() {
  for (const SourceId source : std::exchange(waiting_, {})) host_.resume(source);
}

void Target::on_wake(Instant now) {
  turns_.expire(now);
  ready();
}

Target::Put Target::put_now(SourceId source, std::string_view bytes, Instant now) {
  if (const int error = prepare(now)) return {0, error};
  if (turns_.wants_newline()) {
    const Put newline = put("\n");
    if (newline.bytes == 0) return newline;
    turns_.wrote_newline();
  }
  const Put done = put(bytes);
  if (done.bytes > 0) turns_.wrote(source, bytes[done.bytes - 1] == '\n');
  return done;
}

Target::Step Target::write(SourceId source, std::string_view bytes, Instant now) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (!turns_.may_write(source)) {
      hold_up(source);
      host_.wake(*this, turns_.wait(now));
      return {done, true};
    }
    if (!is_good(now)) return refuse(source, bytes, done, 0, now);
    const Put put = put_now(source, bytes.substr(done), now);
    done += put.bytes;
    if (put.error == EAGAIN) {
      hold_up(source);
      return {done, true};
    }
    if (put.error != 0) return refuse(source, bytes, done, put.error, now);
    if (put.bytes > 0) went_well(now);
  }
  if (!waiting_.empty() && turns_.owner() == 0) ready();
  return {done, false};
}

/// It cannot be written now: whether the bytes wait or go nowhere.
Target::Step Target::refuse(SourceId source, std::string_view bytes, std::size_t done, int error,
                            Instant now) {
  if (error != 0) failed(error, now);
  if (outage_.advice(now) == Outage::Advice::drop) {
    outage_.drop(bytes.size() - done);
    turns_.leave(source);
    return {bytes.size(), false};
  }
  hold_up(source);
  host_.wake(*this, outage_.next_try());
  return {done, true};
}

void Target::fail(SourceId source, int error, Instant now) {
  failed(error, now);
  hold_up(source);
  host_.wake(*this, outage_.next_try());
}

OutputTrouble Target::trouble(bool over) const {
  OutputTrouble trouble;
  trouble.target = name_;
  trouble.error = outage_.error();
  trouble.text = doing() + ": " + std::strerror(outage_.error());
  trouble.over = over;
  trouble.since = outage_.since();
  trouble.dropped = outage_.dropped();
  for (const auto& [source, of] : sources_) {
    if (std::find(trouble.of.begin(), trouble.of.end(), of) == trouble.of.end()) trouble.of.push_back(of);
  }
  return trouble;
}

void Target::failed(int error, Instant now) {
  if (outage_.failed(error, now)) host_.report(trouble(false));
}

void Target::went_well(Instant) {
  if (!outage_.lasts()) return;
  host_.report(trouble(true));
  outage_.over();
  ready();
}

}  // namespace troupe
