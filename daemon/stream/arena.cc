#include "daemon/stream/arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::size_t map_size = Arena::stage_size * 64;

}  // namespace

Arena::Arena() = default;

Arena::~Arena() {
  for (char* map : maps_) munmap(map, map_size);
}

bool Arena::grow() {
  if (!memfd_) memfd_ = os::Fd(memfd_create("troupe stages", MFD_CLOEXEC));
  if (!memfd_) return false;
  const auto begin = static_cast<off_t>(maps_.size() * map_size);
  if (ftruncate(memfd_.get(), begin + static_cast<off_t>(map_size)) != 0) return false;
  void* map = mmap(nullptr, map_size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd_.get(), begin);
  if (map == MAP_FAILED) return false;
  const int first = static_cast<int>(maps_.size()) * stages_a_map;
  maps_.push_back(static_cast<char*>(map));
  for (int stage = first + stages_a_map; stage-- > first;) free_.push_back(stage);
  return true;
}

int Arena::take() {
  if (kept_.empty() && free_.empty() && !grow()) return -1;
  std::vector<int>& from = kept_.empty() ? free_ : kept_;
  const int stage = from.back();
  from.pop_back();
  return stage;
}

void Arena::give_back(int stage) {
  if (kept_.size() < most_kept) {
    kept_.push_back(stage);
    return;
  }
  fallocate(memfd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset(stage), stage_size);
  free_.push_back(stage);
}

char* Arena::at(int stage) const {
  return maps_[static_cast<std::size_t>(stage / stages_a_map)] +
         static_cast<std::size_t>(stage % stages_a_map) * stage_size;
}

}  // namespace troupe
