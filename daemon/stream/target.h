#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/stream/line_turns.h"
#include "daemon/core/stream/outage.h"
#include "daemon/ports.h"
#include "lib/conf/stream_config.h"

namespace troupe {

class Target;

/// What a target asks of who drives the streams.
class TargetHost {
 public:
  virtual ~TargetHost() = default;
  /// A source that was told to wait may go on.
  virtual void resume(core::SourceId source) = 0;
  /// Call on_wake() at that time.
  virtual void wake(Target& target, Instant at) = 0;
  virtual void report(const OutputTrouble& trouble) = 0;
};

/// Something that output is written to: a file, the daemon's standard output, syslog. It keeps the lines of
/// its sources apart (LineTurns) and knows what to do while it cannot be written (Outage); how bytes get out
/// is said by those who derive from it.
class Target {
 public:
  /// A source got rid of that many bytes, written or thrown away; if not of all, it is to wait for resume().
  struct Step {
    std::size_t bytes = 0;
    bool wait = false;
  };

  Target(TargetHost& host, std::string name) : host_(host), name_(std::move(name)) {}
  virtual ~Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const std::string& name() const { return name_; }

  /// A source begins; `of` is whose output it is, `settings` what the stream says now.
  void attach(core::SourceId source, OutputName of, const conf::StreamSettings& settings, Instant now);
  /// A stream of it is changed.
  void change(const OutputName& of, const conf::StreamSettings& settings) { take_settings(of, settings); }
  /// It writes no more.
  void detach(core::SourceId source);
  std::size_t sources() const { return sources_.size(); }
  /// The source has begun a line in it.
  bool in_line(core::SourceId source) const { return turns_.owner() == source; }
  /// It cannot be written at the moment.
  bool fails() const { return outage_.lasts(); }
  /// Nobody needs it.
  bool idle() const { return sources_.empty() && !outage_.lasts(); }

  /// Writes whole lines, or the part of a line that the source has.
  Step write(core::SourceId source, std::string_view bytes, Instant now);

  /// Whether the bytes of a pipe may go straight into it, asked again before each splice().
  virtual bool takes_splice(core::SourceId, Instant) { return false; }
  /// Moves up to `most` bytes out of a pipe: their number; 0: the pipe is at its end; -1 with `empty`:
  /// nothing is in it, else the source is to wait.
  virtual long splice(core::SourceId, int /*pipe*/, std::size_t /*most*/, bool& /*empty*/, Instant) {
    return -1;
  }
  /// The last bytes that splice() moved, up to the size of `into`.
  virtual std::string_view moved(std::size_t, char* /*into*/, std::size_t /*size*/) { return {}; }
  /// The bytes that splice() moved end a line, or not.
  void spliced(core::SourceId source, bool ends_line) { turns_.wrote(source, ends_line); }

  /// The source cannot go on because of us, not of the target: no memory for a stage.
  void fail(core::SourceId source, int error, Instant now);
  virtual void on_wake(Instant now);
  /// While this is on, it does at once what it would do little by little: a process has ended, and what it
  /// wrote is written before that is told.
  virtual void hurry(bool) {}

 protected:
  struct Put {
    std::size_t bytes = 0;
    int error = 0;  ///< EAGAIN: busy; ready() follows
  };
  /// A stream says how the target is to be. Those who differ are told apart by whose they are.
  virtual void take_settings(const OutputName&, const conf::StreamSettings&) {}
  /// Makes ready to write: 0 or an errno.
  virtual int prepare(Instant now) = 0;
  /// Writes from the front of `bytes`; fewer is no error.
  virtual Put put(std::string_view bytes) = 0;
  /// What fails, for people: `write /var/log/web.log`.
  virtual std::string doing() const = 0;

  /// It is busy no more.
  void ready();
  void hold_up(core::SourceId source);
  void failed(int error, Instant now);
  void went_well(Instant now);
  bool is_good(Instant now) const { return outage_.advice(now) == core::Outage::Advice::write; }

  TargetHost& host_;
  core::LineTurns turns_;
  core::Outage outage_;

 private:
  Put put_now(core::SourceId source, std::string_view bytes, Instant now);
  Step refuse(core::SourceId source, std::string_view bytes, std::size_t done, int error, Instant now);
  OutputTrouble trouble(bool over) const;

  std::string name_;
  std::map<core::SourceId, OutputName> sources_;
  std::vector<core::SourceId> waiting_;
};

}  // namespace troupe
