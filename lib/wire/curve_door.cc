#include "lib/wire/curve_door.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "lib/os/directory.h"
#include "lib/os/system_error.h"

namespace troupe::wire {

namespace {

constexpr Duration between_reads = 1s;

Instant now() {
  return std::chrono::steady_clock::now();
}

timespec change_time(const std::string& folder) {
  struct stat status;
  return stat(folder.c_str(), &status) == 0 ? status.st_mtim : timespec{};
}

}  // namespace

Result<std::unordered_set<std::string>> read_client_keys(const std::string& folder,
                                                         Callback<void(std::string_view)> bad) {
  const os::Directory directory(opendir(folder.c_str()));
  if (!directory) return os::system_error("open", folder, errno);
  std::unordered_set<std::string> keys;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name.front() == '.') continue;
    auto key = read_public_key(folder + "/" + name);
    if (key) {
      keys.insert(*std::move(key));
    } else {
      bad(key.error().text);
    }
  }
  return keys;
}

Result<std::unique_ptr<CurveDoor>> CurveDoor::open(const Context& context, loop::Loop& loop, Options options,
                                                   Tell tell) {
  auto pair = read_curve_pair(options.server_key);
  if (!pair) return pair.error();
  std::unique_ptr<CurveDoor> door(new CurveDoor(*std::move(pair), std::move(options), tell));
  door->folder_time_ = change_time(door->options_.clients);
  auto known = read_client_keys(door->options_.clients, tell);
  if (!known) return known.error();
  door->known_ = *std::move(known);
  auto zap = Zap::open(context, loop, Zap::Decide::to<&CurveDoor::is_known>(*door));
  if (!zap) return zap.error();
  door->zap_ = *std::move(zap);
  return door;
}

CurveDoor::CurveDoor(CurvePair pair, Options options, Tell tell)
    : pair_(std::move(pair)), options_(std::move(options)), tell_(tell) {}

Result<void> CurveDoor::guard(Socket& socket) const {
  return socket.use_server_key(pair_.secret_key);
}

/// When the folder cannot be read, those who were known stay known.
void CurveDoor::reread() {
  read_at_ = now();
  const timespec time = change_time(options_.clients);
  auto known = read_client_keys(options_.clients, tell_);
  if (!known) return tell_(known.error().text);
  folder_time_ = time;
  known_ = *std::move(known);
}

bool CurveDoor::has_changed() const {
  const timespec time = change_time(options_.clients);
  return time.tv_sec != folder_time_.tv_sec || time.tv_nsec != folder_time_.tv_nsec;
}

bool CurveDoor::knows(const std::string& key) const {
  return known_.count(key) > 0 || (!key.empty() && key == options_.always_known);
}

bool CurveDoor::is_known(const Knock& knock) {
  if (has_changed() || (!knows(knock.key) && now() - read_at_ >= between_reads)) reread();
  if (knows(knock.key)) return true;
  tell_(knock.address + " was not let in: its key " + knock.key + " is not in " + options_.clients);
  return false;
}

}  // namespace troupe::wire
