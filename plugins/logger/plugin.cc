#include "plugins/logger/plugin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/os/fd.h"
#include "plugins/logger/line.h"

namespace troupe::plugins::logger {

namespace {

/// An event may be as large as `publish` lets it be, a MiB, and its text six times that.
constexpr off_t tail_size = 8 * 1024 * 1024;
constexpr std::size_t write_at = 256 * 1024;  ///< bytes of a batch that are not held back any longer

class Logger : public Plugin {
 public:
  Logger(Services& services, const Config& config)
      : Plugin(services),
        path_(config.text("file")),
        format_(config.text("format")),
        since_(config.text("since")) {}

  Result<void> handle_init() override;
  Start start() override { return start_; }
  void handle_recv(std::string_view topic, const Value& message) override;
  void handle_batch_end() override { write_out(); }
  void handle_stop() override { write_out(); }

 private:
  Error failure(const char* what) const;
  Result<void> continue_file();
  void write_out();

  const std::string path_, format_, since_;
  bool json_ = true;
  os::Fd file_;
  Start start_;
  json::ObjectWriter writer_;
  std::string batch_;
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
  if (path_ == "-") {
    file_.reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    return file_ ? Result<void>() : failure("use");
  }
  file_.reset(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  return file_ ? continue_file() : failure("open");
}

/// A kill may have torn the last line: it is cut off, and its event comes again.
Result<void> Logger::continue_file() {
  if (json_ && since_ != "now") start_.from = Start::From::oldest;
  struct stat status;
  if (fstat(file_.get(), &status) != 0) return failure("look at");
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return {};

  const off_t from = std::max<off_t>(status.st_size - tail_size, 0);
  std::string text(static_cast<std::size_t>(status.st_size - from), '\0');
  const ssize_t length = pread(file_.get(), text.data(), text.size(), from);
  if (length < 0) return failure("read");
  text.resize(static_cast<std::size_t>(length));
  const Tail tail = read_tail(text, from == 0);
  if (tail.torn > 0 && ftruncate(file_.get(), status.st_size - static_cast<off_t>(tail.torn)) != 0) {
    return failure("cut the torn last line of");
  }
  if (json_ && tail.position) {
    start_ = {Start::From::after, tail.position->seq, tail.position->boot};
  }
  return {};
}

void Logger::handle_recv(std::string_view topic, const Value& message) {
  batch_ += json_ ? json_line(writer_, topic, message) : text_line(topic, message);
  if (batch_.size() >= write_at) write_out();
}

/// What is not written could not be told from what was, so a file that refuses ends the plugin: started
/// again, it goes on after the last whole line.
void Logger::write_out() {
  std::string_view rest = batch_;
  while (!rest.empty()) {
    const ssize_t written = write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      log::error("{}", failure("write").text);
      stop(1);
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  batch_.clear();
}

}  // namespace

const PluginRow row = built_in(conf::builtin_plugin("logger"), make_plugin<Logger>);

}  // namespace troupe::plugins::logger
