#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

/// Keys of CURVE, ZeroMQ's encryption (ZeroMQ RFC 26), always in Z85.
namespace troupe::wire {

struct CurvePair {
  std::string public_key;
  std::string secret_key;
};

/// What a client needs to reach a server with keys.
struct ClientKeys {
  CurvePair own;
  std::string server;  ///< the server's public key
};

/// A new pair. Error: this libzmq was built without CURVE.
Result<CurvePair> make_curve_pair();

/// The public key that belongs to a secret one.
Result<CurvePair> pair_of(std::string_view secret_key);

/// The pair in a file that has the secret key. Errors: `FILE:LINE: …`; the file may be read by others than
/// its owner.
Result<CurvePair> read_curve_pair(const std::string& path);

/// The public key in a file; a secret one beside it does not matter. Errors: `FILE:LINE: …`.
Result<std::string> read_public_key(const std::string& path);

/// Where the keys of a client come from; empty: from nowhere.
struct ClientKeySource {
  std::string key_file;    ///< has the pair
  std::string secret_key;  ///< the secret key itself, when there is no file
  std::string server;      ///< the server's public key, or a file that has it
};
/// Nothing when nothing was said. Errors: half of it was said; as above.
Result<std::optional<ClientKeys>> load_client_keys(const ClientKeySource& source);

/// Endpoints with files are guarded by their modes; CURVE is for the others.
bool takes_curve(std::string_view endpoint);

}  // namespace troupe::wire
