#include "lib/wire/curve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <cstring>

#include "lib/conf/curve_key.h"
#include "lib/os/fd.h"
#include "lib/os/system_error.h"

namespace troupe::wire {

namespace {

constexpr std::size_t key_space = 41;  ///< 40 characters and a NUL
constexpr std::size_t longest_file = 16 << 10;

Error no_curve() {
  return make_error(Code::failed, "this libzmq was built without CURVE");
}

struct KeyFile {
  conf::CurveKeyFile keys;
  unsigned mode = 0;
};

Result<KeyFile> read_key_file(const std::string& path) {
  const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return os::system_error("open", path, errno);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return os::system_error("stat", path, errno);
  if (!S_ISREG(status.st_mode)) return make_error(Code::invalid, path + " is no file");
  std::string text(longest_file, '\0');
  const ssize_t size = read(file.get(), text.data(), text.size());
  if (size < 0) return os::system_error("read", path, errno);
  text.resize(static_cast<std::size_t>(size));
  auto keys = conf::parse_curve_keys(text);
  if (!keys) return make_error(Code::invalid, path + ":" + keys.error().text);
  return KeyFile{*std::move(keys), status.st_mode};
}

}  // namespace

Result<CurvePair> make_curve_pair() {
  char public_key[key_space];
  char secret_key[key_space];
  if (zmq_curve_keypair(public_key, secret_key) != 0) return no_curve();
  return CurvePair{public_key, secret_key};
}

Result<CurvePair> pair_of(std::string_view secret_key) {
  const std::string secret(secret_key);
  char public_key[key_space];
  if (!conf::is_curve_key(secret)) return make_error(Code::invalid, "a key has 40 characters of Z85");
  if (zmq_curve_public(public_key, secret.c_str()) != 0)
    return errno == ENOTSUP ? no_curve() : make_error(Code::invalid, "the secret key is no key");
  return CurvePair{public_key, secret};
}

Result<CurvePair> read_curve_pair(const std::string& path) {
  const auto file = read_key_file(path);
  if (!file) return file.error();
  const std::string& secret = file->keys.secret_key.empty() ? file->keys.bare : file->keys.secret_key;
  if (secret.empty())
    return make_error(Code::invalid, path + " has no secret key; `troupectl keygen` makes a pair");
  if ((file->mode & 077) != 0) {
    return make_error(Code::refused,
                      path + " has a secret key and others than its owner may read it: chmod 600 " + path);
  }
  auto pair = pair_of(secret);
  if (!pair) return make_error(pair.error().code, path + ": " + pair.error().text);
  if (!file->keys.public_key.empty() && file->keys.public_key != pair->public_key)
    return make_error(Code::invalid, path + ": the public key does not belong to the secret one");
  return pair;
}

Result<std::string> read_public_key(const std::string& path) {
  const auto file = read_key_file(path);
  if (!file) return file.error();
  const std::string& key = file->keys.public_key.empty() ? file->keys.bare : file->keys.public_key;
  if (key.empty()) return make_error(Code::invalid, path + " has no public key");
  return key;
}

Result<std::optional<ClientKeys>> load_client_keys(const ClientKeySource& source) {
  const bool has_own = !source.key_file.empty() || !source.secret_key.empty();
  if (!has_own && source.server.empty()) return std::optional<ClientKeys>();
  if (!has_own || source.server.empty()) {
    return make_error(Code::invalid,
                      has_own ? "the key of the server is missing: --curve-server, or TROUPE_CURVE_SERVER"
                              : "a key of one's own is missing: --curve-key, or TROUPE_CURVE_KEY");
  }
  auto own = source.key_file.empty() ? pair_of(source.secret_key) : read_curve_pair(source.key_file);
  if (!own) return own.error();
  if (conf::is_curve_key(source.server)) return std::optional(ClientKeys{*std::move(own), source.server});
  auto server = read_public_key(source.server);
  if (!server) return server.error();
  return std::optional(ClientKeys{*std::move(own), *std::move(server)});
}

bool takes_curve(std::string_view endpoint) {
  return endpoint.starts_with("tcp://");
}

}  // namespace troupe::wire
