#include "daemon/stream/file_target.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "daemon/core/stream/lines.h"
#include "daemon/core/stream/rotation.h"
#include "daemon/stream/rotated_file.h"
#include "lib/log/log.h"

namespace troupe {

using core::SourceId;

namespace {

constexpr Duration pause_after_failed_rotation = 60s;
/// What a turn may spend on rotations, in renames: some tenths of a millisecond; and what one costs without
/// the old files.
constexpr int steps_a_turn = 32, steps_of_rotation = 4;

std::int64_t wall_seconds() {
  return static_cast<std::int64_t>(::time(nullptr));
}

long utc_offset(std::int64_t at) {
  const time_t time = static_cast<time_t>(at);
  tm local{};
  localtime_r(&time, &local);
  return local.tm_gmtoff;
}

const core::UtcOffset local_offset([](void*, std::int64_t at) { return utc_offset(at); }, nullptr);

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const open = opendir(folder.c_str());
  if (!open) return names;
  while (const dirent* entry = readdir(open)) names.emplace_back(entry->d_name);
  closedir(open);
  return names;
}

}  // namespace

FileTarget::FileTarget(TargetHost& host, std::string path, const conf::StreamSettings& settings,
                       Shared shared)
    : Target(host, path),
      path_(std::move(path)),
      is_own_(!settings.filename),
      settings_(settings),
      shared_(shared),
      shift_(path_, settings.backup_count) {}

/// A shift that is under way is broken off, and begins anew with the new count if it is wanted at all.
void FileTarget::take_settings(const OutputName& of, const conf::StreamSettings& settings) {
  const bool was_by_time = core::rotates_by_time(settings_.get());
  if (!settings_.take(of.watcher + " " + std::string(core::to_text(of.output)), settings)) return;
  shift_ = BackupShift(path_, settings.backup_count);
  no_rotation_before_ = {};
  if (!fd_) return;
  if (!was_by_time) state_.begun = begun();
  plan_rotation();
}

bool FileTarget::rotates() const {
  return settings_.get().max_bytes > 0 || core::rotates_by_time(settings_.get());
}

// ---- opening

/// Not blocking: a FIFO that nobody reads is an error and no reason to stand still.
int FileTarget::open() {
  doing_ = "open";
  // One of our own making is nobody else's business, also when it is made anew where everybody may make
  // files.
  const int flags = O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (is_own_ ? O_NOFOLLOW : 0);
  const mode_t mode = is_own_ ? 0600 : 0666;
  os::Fd fd(::open(path_.c_str(), O_RDWR | flags, mode));
  splices_ = static_cast<bool>(fd);
  // Not to be read by us, or a FIFO, which is opened for writing only so that its reader is one.
  struct stat found {};
  if (!fd && errno != EACCES) return errno;
  if (!fd || fstat(fd.get(), &found) != 0 || S_ISFIFO(found.st_mode)) {
    fd = os::Fd(::open(path_.c_str(), O_WRONLY | flags, mode));
    if (!fd) return errno;
  }
  if (is_own_ && (fstat(fd.get(), &found) != 0 || found.st_uid != geteuid())) return EPERM;
  if (fd.get() >= shared_.descriptor_bound) return EMFILE;
  fd_ = std::move(fd);
  return find_out();
}

int FileTarget::find_out() {
  struct stat found {};
  if (fstat(fd_.get(), &found) != 0) return errno;
  regular_ = S_ISREG(found.st_mode);
  splices_ = splices_ && regular_;
  moved_ = false;
  state_ = {found.st_size, found.st_dev, found.st_ino, begun(), 0};
  plan_rotation();
  turns_.clear();
  char last = '\n';
  if (splices_ && found.st_size > 0 && pread(fd_.get(), &last, 1, found.st_size - 1) == 1 && last != '\n') {
    turns_.found_unfinished();
  }
  return 0;
}

/// When the interval of the open file began. A file that we know nothing of counts from when it was last
/// written to, as in Circus.
std::int64_t FileTarget::begun() const {
  struct stat found {};
  if (!core::rotates_by_time(settings_.get()) || fstat(fd_.get(), &found) != 0 || found.st_size == 0)
    return wall_seconds();
  return shared_.beginnings.find(path_, {found.st_dev, found.st_ino}).value_or(found.st_mtime);
}

void FileTarget::plan_rotation() {
  state_.rotate_at = 0;
  if (!core::rotates_by_time(settings_.get())) return;
  state_.rotate_at = core::next_rotation(settings_.get(), state_.begun, local_offset);
  shared_.beginnings.keep(path_, {state_.device, state_.inode}, state_.begun);
}

/// It is not at its path any more: logrotate renamed it, or it is gone.
bool FileTarget::was_moved() const {
  struct stat there {};
  if (stat(path_.c_str(), &there) != 0) return errno == ENOENT;
  return there.st_dev != state_.device || there.st_ino != state_.inode;
}

bool FileTarget::is_deleted() const {
  struct stat found {};
  return fstat(fd_.get(), &found) == 0 && found.st_nlink == 0;
}

int FileTarget::prepare(Instant now) {
  if (fd_ && regular_ && !moved_) moved_ = was_moved();
  // A line that was begun is ended in the file that has its beginning; but a deleted file takes its space as
  // long as it is open, and somebody may have deleted it because there is none.
  if (fd_ && moved_ && (turns_.owner() == 0 || (outage_.lasts() && is_deleted()))) fd_.reset();
  if (!fd_) {
    if (const int error = open()) return error;
  }
  if (!regular_) return 0;
  struct stat found {};
  if (fstat(fd_.get(), &found) != 0) return errno;
  state_.offset = core::next_offset(state_.offset, found.st_size);
  const bool time_is_over = state_.rotate_at != 0 && wall_seconds() >= state_.rotate_at;
  if (time_is_over && turns_.owner() == 0 && now >= no_rotation_before_) return rotate(now);
  return 0;
}

// ---- writing

FileTarget::Put FileTarget::put(std::string_view bytes) {
  if (shift_.is_under_way() && !hurries_) return {0, EAGAIN};  // on_wake() calls ready()
  doing_ = "write";
  if (!regular_) {
    const ssize_t size = ::write(fd_.get(), bytes.data(), bytes.size());
    if (size >= 0) return {static_cast<std::size_t>(size), 0};
    const int error = errno;
    fd_.reset();  // a FIFO whose reader is gone, a terminal that was closed: opened anew
    // Not EAGAIN, which would promise that somebody calls ready().
    return {0, error == EAGAIN ? ENOBUFS : error == EINTR ? 0 : error};
  }
  const bool in_line = turns_.owner() != 0;
  if (moved_ && in_line) bytes = bytes.substr(0, core::to_line_end(bytes));
  const Instant now = std::chrono::steady_clock::now();
  const std::int64_t bound = now >= no_rotation_before_ ? settings_.get().max_bytes : 0;
  std::size_t fits = core::fitting(bytes, state_.offset, bound, in_line);
  if (fits == 0 || shift_.is_under_way()) {
    if (const int error = rotate(now)) return {0, error};
    fits = core::fitting(bytes, state_.offset, settings_.get().max_bytes, false);
    if (fits == 0) fits = bytes.size();  // it could not be rotated
  }
  const ssize_t size = pwrite(fd_.get(), bytes.data(), fits, state_.offset);
  if (size < 0) return {0, errno == EINTR ? 0 : errno};
  state_.offset += size;
  return {static_cast<std::size_t>(size), 0};
}

bool FileTarget::takes_splice(SourceId source, Instant now) {
  if (rotates() || sources() != 1 || outage_.lasts() || turns_.wants_newline()) return false;
  if (prepare(now) != 0 || !splices_ || turns_.wants_newline()) return false;  // write() will tell the reason
  return !moved_ && turns_.may_write(source);
}

long FileTarget::splice(SourceId source, int pipe, std::size_t most, bool& empty, Instant now) {
  doing_ = "write";
  loff_t offset = state_.offset;
  ssize_t size;
  do {
    size = ::splice(pipe, nullptr, fd_.get(), &offset, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  } while (size < 0 && errno == EINTR);
  empty = size < 0 && errno == EAGAIN;
  if (size > 0) state_.offset += size;
  if (size >= 0 || empty) return size;
  if (errno == EINVAL) {
    splices_ = false;  // this file system cannot; write() serves
    empty = false;
    return -2;
  }
  fail(source, errno, now);
  return -1;
}

std::string_view FileTarget::moved(std::size_t count, char* into, std::size_t size) {
  const std::size_t wanted = std::min(count, size);
  const ssize_t got =
      pread(fd_.get(), into, wanted, static_cast<off_t>(state_.offset) - static_cast<off_t>(wanted));
  return {into, got > 0 ? static_cast<std::size_t>(got) : 0};
}

// ---- rotation

/// What cannot be rotated goes on growing, and is tried again after a while. EAGAIN: it goes on in a moment.
int FileTarget::rotate(Instant now) {
  int error = 0;
  if (core::rotates_by_time(settings_.get())) {
    error = rotate_by_time();
  } else {
    error = rotate_by_size();
  }
  if (error == 0) return 0;
  if (error == EAGAIN) {
    host_.wake(*this, now);
    return EAGAIN;
  }
  log::warning("{} is not rotated: {}: {}", path_, doing_, std::strerror(error));
  no_rotation_before_ = now + pause_after_failed_rotation;
  return 0;
}

/// Many files, or many rotations, take their time: what is written waits for them, and nobody else.
int FileTarget::rotate_by_size() {
  if (steps_left_ <= 0 && !hurries_) return EAGAIN;
  steps_left_ -= steps_of_rotation;
  return settings_.get().backup_count > 0 ? rotate_by_number() : begin_anew();
}

/// Nothing is kept: the file begins anew.
int FileTarget::begin_anew() {
  doing_ = "truncate";
  if (ftruncate(fd_.get(), 0) != 0) return errno;
  state_.offset = 0;
  turns_.clear();
  return 0;
}

int FileTarget::rotate_by_number() {
  doing_ = "rename";
  if (const int error = hurries_ ? shift_.finish() : shift_.go_on(steps_left_)) return error;
  if (shift_.is_under_way()) return EAGAIN;
  const std::string first = core::numbered_name(path_, 1);
  if (const int error = move_file(path_, first)) return error;
  compress(first);
  fd_.reset();
  return open();
}

void FileTarget::on_wake(Instant now) {
  steps_left_ = steps_a_turn;
  if (shift_.is_under_way() && rotate(now) == EAGAIN) return;
  Target::on_wake(now);
}

int FileTarget::rotate_by_time() {
  doing_ = "rename";
  const std::string name = core::timed_name(settings_.get(), path_, state_.rotate_at, local_offset);
  std::string to = name;
  // Two of the same interval, after a restart: both are kept.
  for (int number = 2; is_taken(to) || is_taken(compressed_name(to)); ++number)
    to = name + "-" + std::to_string(number);
  if (const int error = move_file(path_, to)) return error;
  compress(to);
  const std::string folder = folder_of(path_), base = path_.substr(path_.rfind('/') + 1);
  if (settings_.get().backup_count > 0) {
    for (const std::string& old : core::surplus_timed(base, names_in(folder), settings_.get().backup_count))
      unlink((folder == "." ? old : folder + old).c_str());
  }
  fd_.reset();
  return open();
}

void FileTarget::compress(const std::string& rotated) {
  if (settings_.get().gzip) shared_.compressor.add(path_, rotated);
}

}  // namespace troupe
