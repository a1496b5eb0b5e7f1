#include <doctest/doctest.h>

#include "daemon/core/stream/beginnings.h"
#include "daemon/core/stream/shared_settings.h"

using namespace troupe;
using namespace troupe::core;

namespace {

conf::StreamSettings sized(std::int64_t max_bytes) {
  conf::StreamSettings settings;
  settings.max_bytes = max_bytes;
  return settings;
}

}  // namespace

TEST_CASE("of several streams of one file the first counts, until one of them is changed") {
  SharedSettings shared(sized(1));
  CHECK_FALSE(shared.take("a", sized(1)));
  CHECK_FALSE(shared.take("b", sized(2)));
  CHECK(shared.get() == sized(1));
  CHECK(shared.take("b", sized(3)));
  CHECK_FALSE(shared.take("a", sized(1)));  // its next process
  CHECK(shared.get() == sized(3));
  CHECK_FALSE(shared.take("a", sized(3)));
  CHECK(shared.take("a", sized(4)));
  CHECK(shared.get() == sized(4));
}

TEST_CASE("the streams of a file that are remembered are bounded") {
  SharedSettings shared(sized(1));
  for (std::size_t i = 0; i <= SharedSettings::most; ++i) shared.take(std::to_string(i), sized(1));
  CHECK_FALSE(shared.take("0", sized(2)));  // forgotten
  CHECK(shared.take("0", sized(3)));
}

TEST_CASE("a file that nobody has open keeps when it was begun, and another one at its path does not") {
  Beginnings beginnings;
  beginnings.keep("log", {1, 2}, 100);
  CHECK(beginnings.find("log", {1, 2}) == 100);
  CHECK_FALSE(beginnings.find("log", {1, 3}));
  CHECK_FALSE(beginnings.find("other", {1, 2}));
  beginnings.keep("log", {1, 3}, 200);
  CHECK(beginnings.find("log", {1, 3}) == 200);
}

TEST_CASE("of too many files the one that was begun first is forgotten") {
  Beginnings beginnings;
  const auto most = static_cast<std::int64_t>(Beginnings::most);
  for (std::int64_t begun = most; begun > 0; --begun) beginnings.keep(std::to_string(begun), {1, 1}, begun);
  beginnings.keep("new", {1, 1}, 0);
  CHECK(beginnings.find("new", {1, 1}) == 0);
  CHECK_FALSE(beginnings.find("1", {1, 1}));
  CHECK(beginnings.find("2", {1, 1}) == 2);
}
