#include "daemon/core/stream/log_reply.h"

namespace troupe::core {

Value log_reply(LogPage page) {
  Value::Array lines;
  lines.reserve(page.lines.size());
  for (LogLine& line : page.lines) {
    lines.push_back(Value::object()
                        .append("time", line.line.time)
                        .append("wid", line.wid)
                        .append("pid", line.pid)
                        .append("stream", to_text(line.output))
                        .append("message", std::move(line.line.text)));
  }
  return Value::object().append("lines", std::move(lines)).append("next", page.next);
}

}  // namespace troupe::core
