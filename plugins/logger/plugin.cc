#include "plugins/logger/plugin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/loop/timer_watch.h"
#include "lib/os/fd.h"
#include "plugins/logger/line.h"

namespace troupe::plugins::logger {

namespace {

/// An event may be as large as `publish` lets it be, a MiB, and its text six times that.
constexpr off_t tail_size = 8 * 1024 * 1024;
constexpr std::size_t write_at = 256 * 1024;  ///< bytes of a batch that are not held back any longer
constexpr Duration first_pause = 500ms;       ///< before a file that refused is tried again; then twice that
constexpr Duration longest_pause = 10s;

class Logger : public Plugin {
 public:
  Logger(Services& of_host, const Config& config)
      : Plugin(of_host),
        path_(config.text("file")),
        format_(config.text("format")),
        since_(config.text("since")),
        try_again_(of_host.loop(), loop::TimerWatch::OnTimer::to<&Logger::on_try>(*this)) {}

  Result<void> handle_init() override;
  Start start() override { return start_; }
  void handle_recv(std::string_view topic, const Value& message) override;
  void handle_batch_end() override {
    if (!refused()) write_out();
  }
  void handle_stop() override;

 private:
  Error failure(const char* what) const;
  Result<void> open_file();
  Result<void> continue_file(off_t size);
  bool refused() const { return pause_ != Duration::zero(); }
  bool write_out();
  void on_refusal();
  void on_try();
  void accepted();

  const std::string path_, format_, since_;
  bool json_ = true;
  os::Fd file_;
  Start start_;
  json::ObjectWriter writer_;
  std::string batch_;
  std::optional<Position> newest_;  ///< of the events in the batch or, without one, in the file
  bool missed_ = false;             ///< later ones came, and the ring has them
  Duration pause_{};                ///< until the file is tried again, when it has refused
  loop::TimerWatch try_again_;
};

Error Logger::failure(const char* what) const {
  return make_error(Code::system, std::string(what) + " " + path_ + ": " + std::strerror(errno));
}

Result<void> Logger::handle_init() {
  if (path_.empty()) return make_error(Code::invalid, "file is empty; - is standard output");
  if (format_ != "json" && format_ != "text") {
    return make_error(Code::invalid, "format '" + format_ + "' is neither json nor text");
  }
  if (!since_.empty() && since_ != "oldest" && since_ != "now") {
    return make_error(Code::invalid, "since '" + since_ + "' is neither oldest nor now");
  }
  json_ = format_ == "json";
  if (since_ == "oldest") start_.from = Start::From::oldest;
  return open_file();
}

Result<void> Logger::open_file() {
  if (since_ == "oldest") start_.from = Start::From::oldest;
  if (path_ == "-") {
    file_.reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    return file_ ? Result<void>() : failure("use");
  }
  file_.reset(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_) return failure("open");
  struct stat status;
  if (fstat(file_.get(), &status) != 0) return failure("look at");
  return S_ISREG(status.st_mode) ? continue_file(status.st_size) : Result<void>();
}

/// A kill may have torn the last line: it is cut off, and its event comes again.
Result<void> Logger::continue_file(off_t size) {
  if (since_ != "now") start_.from = Start::From::oldest;
  const off_t from = std::max<off_t>(size - tail_size, 0);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  const ssize_t length = pread(file_.get(), text.data(), text.size(), from);
  if (length < 0) return failure("read");
  text.resize(static_cast<std::size_t>(length));
  const Tail tail = read_tail(text, from == 0);
  if (tail.torn > 0 && ftruncate(file_.get(), size - static_cast<off_t>(tail.torn)) != 0) {
    return failure("cut the torn last line of");
  }
  newest_ = tail.position;
  if (newest_) start_ = {Start::From::after, newest_->seq, newest_->boot};
  return {};
}

/// While the file refuses only the batch is kept: the daemon has the rest.
void Logger::handle_recv(std::string_view topic, const Value& message) {
  if (refused()) {
    missed_ = true;
    return;
  }
  batch_ += json_ ? json_line(writer_, topic, message) : text_line(topic, message);
  if (auto position = position_of(message)) newest_ = std::move(position);
  if (batch_.size() >= write_at) write_out();
}

/// Whether the whole batch is written. What is left of it, the rest of a line included, stays.
bool Logger::write_out() {
  std::size_t done = 0;
  while (done < batch_.size()) {
    const ssize_t written = write(file_.get(), batch_.data() + done, batch_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    done += static_cast<std::size_t>(written);
  }
  const bool whole = done == batch_.size();
  if (!whole) on_refusal();
  batch_.erase(0, done);
  return whole;
}

/// A full disk, a quota: told once and tried again, as nothing says when there is room. Whose reader has gone
/// has nothing to wait for.
void Logger::on_refusal() {
  if (errno == EPIPE) {
    log::error("{}", failure("write").text);
    batch_.clear();
    stop(1);
    return;
  }
  if (!refused()) log::error("{}; events wait until it takes them", failure("write").text);
  pause_ = refused() ? std::min(pause_ * 2, longest_pause) : first_pause;
  try_again_.set_in(pause_);
}

void Logger::on_try() {
  if (write_out()) accepted();
}

void Logger::accepted() {
  pause_ = Duration::zero();
  log::info("{} is written again", path_);
  if (!std::exchange(missed_, false)) return;
  if (newest_) hear_again({Start::From::after, newest_->seq, newest_->boot});
}

void Logger::handle_stop() {
  if (!write_out() || missed_) log::error("the last events are not in {}", path_);
}

}  // namespace

const PluginRow row = built_in(conf::builtin_plugin("logger"), make_plugin<Logger>);

}  // namespace troupe::plugins::logger
