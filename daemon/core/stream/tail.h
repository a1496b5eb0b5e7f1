#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::core {

/// The last bytes of one output of one process, up to a bound, with the time of each piece. Memory grows with
/// what is in it, from nothing. Pure.
///
/// Every byte of all tails has a number, in the order of arrival (given by who appends), so that lines of
/// several tails can be put in order, and who asks again for "what came after N" gets each line once.
class Tail {
 public:
  struct Line {
    std::uint64_t number;  ///< of its last byte, the newline
    double time;           ///< when that came
    std::string text;      ///< without the newline
  };

  /// `first` is the number of the first of these bytes. Drops from the front what does not fit in `most`.
  void append(std::string_view bytes, std::uint64_t first, double time, std::size_t most);
  /// The process is gone: a last line without a newline counts as one. True: a byte was added for it, with
  /// this number.
  bool close(std::uint64_t number, double time, std::size_t most);
  void shrink(std::size_t most);

  /// Bytes of memory.
  std::size_t memory() const { return buffer_.size() + marks_.capacity() * sizeof(Mark); }
  std::uint64_t last() const { return marks_.empty() ? 0 : marks_.back().number; }

  /// Lines, newest first, until `each` says false. Stops at lines up to number `since`.
  template <class Each>
  void read_back(std::uint64_t since, Each each) const;
  /// Lines after number `since`, oldest first, until `each` says false.
  template <class Each>
  void read(std::uint64_t since, Each each) const;

 private:
  /// A piece that came at once: its end as a place in this tail and as a number.
  struct Mark {
    std::uint64_t end;
    std::uint64_t number;
    double time;
  };
  static constexpr std::size_t most_marks = 1024;
  static constexpr std::size_t first_capacity = 256;

  std::uint64_t begin() const { return end_ - size_; }
  char at(std::uint64_t place) const {
    return buffer_[static_cast<std::size_t>(place) & (buffer_.size() - 1)];
  }
  void drop(std::size_t count);
  void bound_marks(std::size_t most);
  void grow(std::size_t wanted);
  std::string copy(std::uint64_t from, std::uint64_t to) const;
  /// The piece that a place is in.
  std::size_t mark_of(std::uint64_t place) const;
  Line line(std::uint64_t from, std::uint64_t newline, std::size_t mark) const;

  std::string buffer_;       ///< a ring; its size is a power of two, or nothing
  std::uint64_t end_ = 0;    ///< bytes that ever came
  std::size_t size_ = 0;     ///< the last of them that are here
  bool cut_ = false;         ///< the first byte here is in the middle of a line
  std::vector<Mark> marks_;  ///< oldest first
};

template <class Each>
void Tail::read_back(std::uint64_t since, Each each) const {
  if (marks_.empty()) return;
  std::uint64_t place = end_;
  while (place > begin() && at(place - 1) != '\n') --place;  // an unfinished line
  while (place > begin()) {
    const std::uint64_t newline = place - 1;
    std::uint64_t from = newline;
    while (from > begin() && at(from - 1) != '\n') --from;
    if (from == begin() && cut_) return;
    Line found = line(from, newline, mark_of(newline));
    if (found.number <= since || !each(std::move(found))) return;
    place = from;
  }
}

template <class Each>
void Tail::read(std::uint64_t since, Each each) const {
  std::uint64_t from = begin();
  bool skip = cut_;
  std::size_t mark = 0;
  for (std::uint64_t place = from; place < end_; ++place) {
    if (at(place) != '\n') continue;
    while (marks_[mark].end <= place) ++mark;
    const std::uint64_t number = marks_[mark].number - (marks_[mark].end - 1 - place);
    if (!skip && number > since && !each(line(from, place, mark))) return;
    skip = false;
    from = place + 1;
  }
}

}  // namespace troupe::core
