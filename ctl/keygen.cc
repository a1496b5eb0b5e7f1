#include "ctl/keygen.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ctl/output.h"
#include "lib/os/fd.h"
#include "lib/wire/curve.h"

namespace troupe::ctl {

namespace {

/// As the certificates of ZeroMQ's own tools, which can read it.
std::string certificate(const wire::CurvePair& pair, bool secret) {
  std::string text = secret ? "# A pair of CURVE keys, for their owner only.\n" : "# A public CURVE key.\n";
  text += "metadata\ncurve\n    public-key = \"" + pair.public_key + "\"\n";
  if (secret) text += "    secret-key = \"" + pair.secret_key + "\"\n";
  return text;
}

/// Why it could not be written; empty: it is.
std::string write_new(const std::string& path, unsigned mode, const std::string& text) {
  const os::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  const bool written = file && write_all(file.get(), text) && fsync(file.get()) == 0;
  if (written) return {};
  const int error = errno;
  if (file) unlink(path.c_str());
  return path + ": " + std::strerror(error);
}

}  // namespace

Outcome make_keys(const Value& properties) {
  const auto pair = wire::make_curve_pair();
  if (!pair) return {Exit::client, {}, pair.error().text};
  const Value* output = properties.find("output");
  if (!output) return {Exit::good, certificate(*pair, true), {}};
  const std::string path(*output->as_text());
  const std::string shown = path + ".pub";
  if (auto trouble = write_new(path, 0600, certificate(*pair, true)); !trouble.empty())
    return {Exit::client, {}, std::move(trouble)};
  if (auto trouble = write_new(shown, 0644, certificate(*pair, false)); !trouble.empty()) {
    unlink(path.c_str());
    return {Exit::client, {}, std::move(trouble)};
  }
  return {Exit::good, path + ": the pair, for its owner only\n" + shown + ": the public key\n", {}};
}

}  // namespace troupe::ctl
