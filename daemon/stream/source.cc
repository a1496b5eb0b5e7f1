#include "daemon/stream/source.h"

#include <fcntl.h>
#include <syslog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "daemon/core/stream/line_format.h"
#include "daemon/core/stream/lines.h"
#include "lib/log/facility.h"

namespace troupe {

namespace {

/// What Linux gives a pipe, and what one gets that was seen full.
constexpr int usual_pipe = 64 << 10, wide_pipe = 256 << 10;

/// To change lines costs about so many times what it costs to copy them, so that fewer are done in a turn.
constexpr long cost_of_format = 8;

timespec wall_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

/// strftime, and Python's %f: microseconds.
std::string time_text(std::string form, const timespec& now) {
  if (const std::size_t at = form.find("%f"); at != std::string::npos) {
    const std::string digits = std::to_string(now.tv_nsec / 1000 + 1'000'000).substr(1);
    form.replace(at, 2, digits);
  }
  tm local{};
  localtime_r(&now.tv_sec, &local);
  char text[256];
  return std::string(text, std::strftime(text, sizeof text, form.c_str(), &local));
}

}  // namespace

Source::Source(Shared shared, core::SourceId id, core::ProcessId process, core::Output output,
               core::Capture capture, Target& target, os::Fd pipe)
    : shared_(shared),
      id_(id),
      process_(process),
      output_(output),
      capture_(std::move(capture)),
      target_(&target),
      pipe_(std::move(pipe)),
      verbatim_(core::is_verbatim(capture_.settings)) {}

Source::~Source() {
  if (stage_ >= 0) shared_.arena.give_back(stage_);
}

std::vector<Target*> Source::targets() {
  std::vector<Target*> all = {target_};
  if (next_ && next_->target != target_) all.push_back(next_->target);
  return all;
}

// ---- in

Source::Pump Source::pump(long& budget, Instant now) {
  for (;;) {
    if (!flush(at_end_, now)) return Pump::waits;
    if (at_end_) return Pump::ended;
    if (budget <= 0) return Pump::more;
    bool empty = false;
    const bool straight = verbatim_ && stage_ < 0 && !next_ && target_->takes_splice(id_, now);
    const long size = straight ? splice_on(budget, empty, now) : stage_in(empty, now);
    if (size > 0) budget -= verbatim_ ? size : size * cost_of_format;
    if (size == 0) at_end_ = true;
    if (empty) return Pump::empty;
    if (size == -1) return Pump::waits;
  }
}

/// A pipe that was full when it was looked at holds its writer up: it gets more room, once. The system may
/// refuse it (pipe-user-pages-soft); then it stays as it is.
void Source::widen(long seen) {
  if (wide_ || seen < usual_pipe) return;
  wide_ = true;
  (void)fcntl(pipe_.get(), F_SETPIPE_SZ, wide_pipe);
}

/// From the pipe into the file, as often as there is something; then the last of it is read back, for the
/// tail and to know whether a line is at its end.
long Source::splice_on(long budget, bool& empty, Instant now) {
  long total = 0, size = 0;
  while (total < budget) {
    size = target_->splice(id_, pipe_.get(), static_cast<std::size_t>(budget - total), empty, now);
    if (size <= 0) break;
    total += size;
    widen(size);
    // Whether it ends a line is seen below; until then the file stays the one that has its beginning.
    target_->spliced(id_, false);
    if (!target_->takes_splice(id_, now)) break;
  }
  if (total == 0) return size;
  const std::string_view last =
      target_->moved(static_cast<std::size_t>(total), shared_.scratch.data(), shared_.scratch.size());
  target_->spliced(id_, !last.empty() && last.back() == '\n');
  remember(last);
  if (size == 0) at_end_ = true;
  return total;
}

long Source::stage_in(bool& empty, Instant now) {
  if (stage_ < 0) stage_ = shared_.arena.take();
  if (stage_ < 0) {
    target_->fail(id_, errno, now);
    return -1;
  }
  loff_t offset = shared_.arena.offset(stage_) + static_cast<loff_t>(filled_);
  ssize_t size;
  do {
    size = ::splice(pipe_.get(), nullptr, shared_.arena.fd(), &offset, Arena::stage_size - filled_,
                    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  } while (size < 0 && errno == EINTR);
  empty = size < 0 && errno == EAGAIN;
  if (size > 0) {
    remember({shared_.arena.at(stage_) + filled_, static_cast<std::size_t>(size)});
    filled_ += static_cast<std::size_t>(size);
    widen(size);
  } else {
    const int error = errno;
    consume(0);
    if (size < 0 && !empty) target_->fail(id_, error, now);
  }
  return size;
}

void Source::remember(std::string_view bytes) {
  const timespec now = wall_now();
  // To the millisecond, so that pieces of the same burst share one mark.
  const double time = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec / 1'000'000) / 1e3;
  shared_.tails.append(process_, capture_.watcher, capture_.wid, pid_, output_, bytes, time);
}

// ---- out

/// False: something is left, and the target will say when to go on.
bool Source::flush(bool closing, Instant now) {
  for (;;) {
    if (next_ && may_move()) move();
    if (!flush_pending(now)) return false;
    if (next_ && may_move()) continue;
    if (stage_ < 0) return true;
    const std::string_view bytes = staged();
    std::size_t ready = core::writable(bytes, searched_, bytes.size() == Arena::stage_size, closing);
    if (next_) ready = core::to_line_end(bytes.substr(0, ready));
    if (ready == 0) {
      searched_ = bytes.size();
      consume(0);
      return true;
    }
    if (!verbatim_) {
      pending_ = format(bytes.substr(0, ready));
      consume(ready);
      continue;
    }
    const Target::Step step = target_->write(id_, bytes.substr(0, ready), now);
    consume(step.bytes);
    if (step.wait) return false;
  }
}

/// At the end of a line: what is formatted already is a part of one.
bool Source::may_move() const {
  return target_->fails() || (pending_.empty() && !target_->in_line(id_));
}

void Source::move() {
  capture_ = std::move(next_->capture);
  target_ = next_->target;
  next_.reset();
  verbatim_ = core::is_verbatim(capture_.settings);
  in_line_ = false;
}

bool Source::flush_pending(Instant now) {
  if (pending_.empty()) return true;
  const Target::Step step = target_->write(id_, std::string_view(pending_).substr(written_), now);
  written_ += step.bytes;
  if (written_ < pending_.size()) return false;
  pending_.clear();
  written_ = 0;
  if (pending_.capacity() > Arena::stage_size) pending_ = std::string();
  return true;
}

/// The front of the stage is out of it; an empty one is given back, and what is left moves to its front.
void Source::consume(std::size_t count) {
  taken_ += count;
  if (count > 0) searched_ = 0;
  if (taken_ == filled_) {
    shared_.arena.give_back(std::exchange(stage_, -1));
    taken_ = filled_ = searched_ = 0;
  } else if (taken_ > 0 && filled_ == Arena::stage_size) {
    const std::string_view left = staged();
    std::memmove(shared_.arena.at(stage_), left.data(), left.size());
    filled_ = left.size();
    taken_ = 0;
  }
}

std::string Source::format(std::string_view bytes) {
  const timespec now = wall_now();
  const std::string form = core::time_format(capture_.settings);
  const std::string when = form.empty() ? form : time_text(form, now);
  core::LineContext context;
  context.watcher = capture_.watcher;
  context.stream = core::to_text(output_);
  context.wid = capture_.wid;
  context.pid = pid_;
  context.time = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  context.when = when;
  context.tag = capture_.settings.tag ? std::string_view(*capture_.settings.tag) : capture_.watcher;
  context.priority = log::find_facility(capture_.settings.facility).value_or(LOG_DAEMON) |
                     (output_ == core::Output::out ? LOG_INFO : LOG_WARNING);
  return core::format_lines(capture_.settings, context, bytes, in_line_);
}

void Source::finish(Instant now) {
  long budget = a_whole_pipe;
  if (pump(budget, now) != Pump::waits) flush(true, now);
}

}  // namespace troupe
