#pragma once

#include <string>

namespace troupe {

/// Makes room for `path.1`: each of `path.1` … `path.COUNT`, compressed or not, gets the next number, and the
/// last one goes. Done in steps, from the first number that is free, or the last one, downwards: whenever it
/// is broken off, nothing is lost but a number.
class BackupShift {
 public:
  BackupShift(std::string path, int count) : path_(std::move(path)), count_(count) {}

  bool is_under_way() const { return gap_ > 0; }
  /// Spends `steps`, each a rename or so: 0 or an errno, after which it begins anew. Over when is_under_way()
  /// is false.
  int go_on(int& steps);
  /// To the end.
  int finish();

 private:
  std::string name(int number) const;
  bool is_taken(int number) const;
  int step();

  std::string path_;
  int count_;
  int kept_ = 0;           ///< how many there are, as far as we know; more may be found
  int gap_ = 0;            ///< free, or to be overwritten; 0: nothing is under way
  bool is_found_ = false;  ///< the gap; else one above may be it
};

}  // namespace troupe
