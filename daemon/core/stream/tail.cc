#include "daemon/core/stream/tail.h"

#include <algorithm>
#include <bit>

namespace troupe::core {

void Tail::append(std::string_view bytes, std::uint64_t first, double time, std::size_t most) {
  if (bytes.empty()) return;
  const std::uint64_t number = first + bytes.size() - 1;
  if (bytes.size() > most) {
    const std::size_t lost = bytes.size() - most;
    drop(size_);
    end_ += lost;
    cut_ = bytes[lost - 1] != '\n';
    bytes.remove_prefix(lost);
  }
  if (size_ + bytes.size() > most) drop(size_ + bytes.size() - most);
  grow(size_ + bytes.size());
  const std::size_t place = static_cast<std::size_t>(end_) & (buffer_.size() - 1);
  const std::size_t head = std::min(bytes.size(), buffer_.size() - place);
  bytes.copy(buffer_.data() + place, head);
  bytes.substr(head).copy(buffer_.data(), bytes.size() - head);
  const bool goes_on =
      !marks_.empty() && marks_.back().time == time && marks_.back().number + bytes.size() == number;
  end_ += bytes.size();
  size_ += bytes.size();
  if (goes_on) marks_.pop_back();
  marks_.push_back({end_, number, time});
  bound_marks(most);
}

void Tail::bound_marks(std::size_t most) {
  const std::size_t bound = std::max<std::size_t>(std::min(most_marks, most / sizeof(Mark) / 2), 1);
  if (marks_.size() > bound) drop(static_cast<std::size_t>(marks_[marks_.size() - bound - 1].end - begin()));
}

bool Tail::close(std::uint64_t number, double time, std::size_t most) {
  if (size_ == 0 || at(end_ - 1) == '\n') return false;
  append("\n", number, time, most);
  return true;
}

void Tail::shrink(std::size_t most) {
  if (size_ > most) drop(size_ - most);
  bound_marks(most);
  marks_.shrink_to_fit();
  if (buffer_.size() <= most) return;
  const std::string kept = copy(begin(), end_);
  buffer_ = std::string();
  const std::uint64_t end = end_;
  end_ = begin();
  size_ = 0;
  grow(kept.size());
  for (const char c : kept) buffer_[static_cast<std::size_t>(end_++) & (buffer_.size() - 1)] = c;
  end_ = end;
  size_ = kept.size();
}

void Tail::drop(std::size_t count) {
  if (count == 0) return;
  cut_ = at(begin() + count - 1) != '\n';
  size_ -= count;
  const auto gone = [this](const Mark& mark) { return mark.end <= begin(); };
  marks_.erase(marks_.begin(), std::find_if_not(marks_.begin(), marks_.end(), gone));
}

void Tail::grow(std::size_t wanted) {
  if (wanted <= buffer_.size()) return;
  std::string larger(std::bit_ceil(std::max(wanted, first_capacity)), '\0');
  for (std::uint64_t place = begin(); place < end_; ++place)
    larger[static_cast<std::size_t>(place) & (larger.size() - 1)] = at(place);
  buffer_ = std::move(larger);
}

std::string Tail::copy(std::uint64_t from, std::uint64_t to) const {
  std::string text;
  text.reserve(static_cast<std::size_t>(to - from));
  for (; from < to; ++from) text += at(from);
  return text;
}

std::size_t Tail::mark_of(std::uint64_t place) const {
  const auto found =
      std::upper_bound(marks_.begin(), marks_.end(), place,
                       [](std::uint64_t wanted, const Mark& mark) { return wanted < mark.end; });
  return static_cast<std::size_t>(found - marks_.begin());
}

Tail::Line Tail::line(std::uint64_t from, std::uint64_t newline, std::size_t mark) const {
  return {marks_[mark].number - (marks_[mark].end - 1 - newline), marks_[mark].time, copy(from, newline)};
}

}  // namespace troupe::core
