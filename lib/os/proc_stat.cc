#include "lib/os/proc_stat.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "lib/os/proc_file.h"

namespace troupe::os {

namespace {

/// Reads the fields that stand behind the command name, one space apart.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::string_view next() {
    const auto start = rest_.find_first_not_of(' ');
    if (start == std::string_view::npos) {
      good_ = false;
      return {};
    }
    rest_.remove_prefix(start);
    const auto length = std::min(rest_.find_first_of(" \n"), rest_.size());
    const auto field = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (field.empty()) good_ = false;
    return field;
  }

  template <class T>
  void read(T& number) {
    const auto field = next();
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    if (error != std::errc{} || end != field.data() + field.size()) good_ = false;
  }

  void read(char& letter) {
    const auto field = next();
    if (field.size() != 1) {
      good_ = false;
    } else {
      letter = field.front();
    }
  }

  void skip(int count) {
    for (; count > 0; --count) next();
  }

  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  const auto open = text.find(" (");
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) return {};

  ProcStat stat;
  Fields before(text.substr(0, open));
  before.read(stat.pid);
  stat.comm = text.substr(open + 2, close - open - 2);

  Fields after(text.substr(close + 1));
  after.read(stat.state);
  after.read(stat.ppid);
  after.read(stat.pgrp);
  after.read(stat.session);
  after.skip(7);  // tty_nr tpgid flags minflt cminflt majflt cmajflt
  after.read(stat.utime);
  after.read(stat.stime);
  after.read(stat.cutime);
  after.read(stat.cstime);
  after.skip(1);  // priority
  after.read(stat.nice);
  after.skip(2);  // num_threads itrealvalue
  after.read(stat.start_time);
  after.read(stat.vsize);
  if (!before.good() || !after.good()) return {};
  return stat;
}

Result<ProcStat> read_proc_stat(int directory, int pid) {
  // Some fifty numbers of at most twenty digits and a name of at most 64 bytes.
  char buffer[2048];
  const auto text = read_proc_file(directory, pid, "stat", buffer);
  if (!text) return text.error();
  auto stat = parse_proc_stat(*text);
  // A process that ends while it is read may give an empty text.
  if (!stat) return make_error(Code::not_found, "/proc/" + std::to_string(pid) + "/stat: not readable");
  return *std::move(stat);
}

Result<ProcStat> read_proc_stat(int pid) {
  return read_proc_stat(AT_FDCWD, pid);
}

}  // namespace troupe::os
