#include "lib/log/log.h"

#include <syslog.h>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "lib/base/text.h"
#include "lib/log/facility.h"
#include "lib/log/line_file.h"
#include "lib/log/syslog_socket.h"

namespace troupe::log {

namespace {

/// In the order of Level.
constexpr struct {
  std::string_view name;
  spdlog::level::level_enum level;
} levels[] = {
    {"DEBUG", spdlog::level::debug}, {"INFO", spdlog::level::info},         {"WARNING", spdlog::level::warn},
    {"ERROR", spdlog::level::err},   {"CRITICAL", spdlog::level::critical},
};

spdlog::level::level_enum level_of(Level level) {
  return levels[static_cast<std::size_t>(level)].level;
}

/// The level's name as Python and Circus write it; spdlog knows only small letters.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    for (const auto& row : levels) {
      if (row.level == message.level) out.append(row.name.data(), row.name.data() + row.name.size());
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }
};

class LineSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit LineSink(LineFile file) : file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_.write({line.data(), line.size()});
  }
  void flush_() override {}

  LineFile file_;
};

int syslog_level(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return LOG_CRIT;
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::info:
      return LOG_INFO;
    default:
      return LOG_DEBUG;
  }
}

/// `circus[4711]: text`: syslogd adds the time and who sent it.
class SyslogSocketSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  SyslogSocketSink(SyslogSocket socket, std::string program, int facility)
      : socket_(std::move(socket)), program_(std::move(program)), facility_(facility) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string text = program_ + "[" + std::to_string(getpid()) + "]: ";
    text.append(message.payload.data(), message.payload.size());
    socket_.send(facility_ | syslog_level(message.level), text);
  }
  void flush_() override {}

  SyslogSocket socket_;
  std::string program_;
  int facility_;
};

std::unique_ptr<spdlog::formatter> make_formatter(const std::string& program) {
  std::string name;
  for (char c : program) name += c == '%' ? std::string("%%") : std::string(1, c);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('N').set_pattern("%Y-%m-%d %H:%M:%S " + name + "[%P] [%N] %v");
  return formatter;
}

/// `syslog://host:port?daemon` → LOG_DAEMON; without one `user`, as in Circus.
Result<int> facility_of(std::string_view output) {
  const auto mark = output.find('?');
  const std::string_view name = mark == std::string_view::npos ? "user" : output.substr(mark + 1);
  if (const auto facility = find_facility(name)) return *facility;
  return make_error(Code::invalid, "unknown syslog facility '" + std::string(name) + "'");
}

Result<spdlog::sink_ptr> make_sink(const Options& options) {
  if (options.output == "syslog" || options.output.starts_with("syslog://")) {
    const auto facility = facility_of(options.output);
    if (!facility) return facility.error();
    std::string_view target = options.output;
    target.remove_prefix(std::min(target.size(), std::string_view("syslog://").size()));
    target = target.substr(0, target.find('?'));
    // Not by syslog(3): its socket waits for a reader that stands still.
    auto socket = SyslogSocket::open(target.empty() ? "/dev/log" : target);
    if (!socket) return socket.error();
    return spdlog::sink_ptr(
        std::make_shared<SyslogSocketSink>(*std::move(socket), options.program, *facility));
  }
  LineFile file;
  if (options.output != "-" && options.output != "stdout" && !options.output.empty()) {
    auto opened = LineFile::open(options.output);
    if (!opened) return opened.error();
    file = *std::move(opened);
  }
  return spdlog::sink_ptr(std::make_shared<LineSink>(std::move(file)));
}

std::unique_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, const Options& options) {
  auto logger = std::make_unique<spdlog::logger>(options.program, std::move(sink));
  logger->set_formatter(make_formatter(options.program));
  logger->set_level(level_of(options.level));
  logger->set_error_handler([](const std::string&) {});  // its own would print, and has no other news
  return logger;
}

/// The one global of the house, with the signal mask.
std::unique_ptr<spdlog::logger>& logger() {
  static auto instance = make_logger(std::make_shared<LineSink>(LineFile()), {});
  return instance;
}

std::string escape_controls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

Result<void> open(const Options& options) {
  auto sink = make_sink(options);
  if (!sink) return sink.error();
  logger() = make_logger(*std::move(sink), options);
  return {};
}

Result<Level> parse_level(std::string_view text) {
  if (equal_ignoring_case(text, "warn")) return Level::warning;
  for (std::size_t i = 0; i < std::size(levels); ++i) {
    if (equal_ignoring_case(text, levels[i].name)) return static_cast<Level>(i);
  }
  return make_error(Code::invalid, "unknown log level '" + std::string(text) +
                                       "': one of debug, info, warning, error, critical");
}

bool enabled(Level level) {
  return logger()->should_log(level_of(level));
}

void set_level(Level level) {
  logger()->set_level(level_of(level));
}

void vlog(Level level, fmt::string_view format, fmt::format_args arguments) {
  if (!enabled(level)) return;
  try {
    logger()->log(level_of(level), escape_controls(fmt::vformat(format, arguments)));
  } catch (...) {
    // A formatter of somebody's type threw; there is nobody to tell.
  }
}

}  // namespace troupe::log
