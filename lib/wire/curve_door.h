#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lib/base/duration.h"
#include "lib/wire/curve.h"
#include "lib/wire/zap.h"

namespace troupe::wire {

/// The door to sockets that only clients with a known key may enter: CURVE with the server's key, and a
/// folder with the public key of each client. Who is not known gets nothing.
///
/// The folder is read again by reread(), when it has changed at the time of a knock, and when an unknown key
/// knocks; the last at most once a second, whoever knocks how often.
class CurveDoor {
 public:
  struct Options {
    std::string server_key;      ///< file of the server's secret key
    std::string clients;         ///< folder; each file in it (but hidden ones) has one public key
    std::string always_known{};  ///< a public key that is let in besides; empty: none
  };
  /// What the log should know: refused clients, files that are no keys.
  using Tell = Callback<void(std::string_view)>;

  /// Errors: a key or the folder cannot be read or is bad, with the file and where possible the line.
  static Result<std::unique_ptr<CurveDoor>> open(const Context& context, loop::Loop& loop, Options options,
                                                 Tell tell);

  /// Before the socket is bound.
  Result<void> guard(Socket& socket) const;
  const std::string& public_key() const { return pair_.public_key; }
  void reread();

 private:
  CurveDoor(CurvePair pair, Options options, Tell tell);
  bool is_known(const Knock& knock);
  bool has_changed() const;
  bool knows(const std::string& key) const;

  CurvePair pair_;
  Options options_;
  Tell tell_;
  std::unordered_set<std::string> known_;
  timespec folder_time_{};  ///< of its last change when it was read
  Instant read_at_{};
  std::unique_ptr<Zap> zap_;
};

/// All public keys of a folder. `bad`: what is wrong with a file that has none, once for each.
Result<std::unordered_set<std::string>> read_client_keys(const std::string& folder,
                                                         Callback<void(std::string_view)> bad);

}  // namespace troupe::wire
