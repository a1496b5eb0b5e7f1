#include <doctest/doctest.h>

#include "lib/conf/curve_key.h"

using namespace troupe::conf;

namespace {

const std::string one = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const std::string two = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

}  // namespace

TEST_CASE("a key is 40 characters of Z85") {
  CHECK(is_curve_key(one));
  CHECK(is_curve_key("#" + one.substr(1)));
  CHECK_FALSE(is_curve_key(one.substr(1)));
  CHECK_FALSE(is_curve_key(one + "x"));
  CHECK_FALSE(is_curve_key("\"" + one.substr(1)));
  CHECK_FALSE(is_curve_key(""));
}

TEST_CASE("keys are read from certificates and from a line with nothing else") {
  const auto pair = parse_curve_keys("# a comment\nmetadata\n    name = \"web\"\ncurve\n    public-key = \"" +
                                     one + "\"\n    secret-key = '" + two + "'\n");
  REQUIRE(pair);
  CHECK(pair->public_key == one);
  CHECK(pair->secret_key == two);
  CHECK(pair->bare.empty());
  const auto bare = parse_curve_keys("# mine\n\n  " + one + "\r\n");
  REQUIRE(bare);
  CHECK(bare->bare == one);
  const auto hash = parse_curve_keys("#" + one.substr(1));
  REQUIRE(hash);
  CHECK_MESSAGE(hash->bare == "#" + one.substr(1), "a key may look like a comment");
  CHECK(parse_curve_keys("")->bare.empty());
}

TEST_CASE("what is no key is told by its line and not shown") {
  CHECK(parse_curve_keys("curve\n public-key = \"hunter2\"\n").error().text ==
        "2: public-key is no key: it has to be 40 characters of Z85");
  CHECK(parse_curve_keys("\nhunter2\n").error().text.starts_with("2: this is neither a key"));
}
