#include <doctest/doctest.h>

#include "lib/base/words.h"

using namespace troupe;

namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
  auto result = split_words(text);
  REQUIRE(result);
  return *result;
}

}  // namespace

TEST_CASE("a command line is split as a shell would") {
  CHECK(words("sh -c \"sleep 1 & wait\"") == Words{"sh", "-c", "sleep 1 & wait"});
  CHECK(words("a'b c'd  e") == Words{"ab cd", "e"});
  CHECK(words("a\\ b \"x\\\"y\\n\"") == Words{"a b", "x\"y\\n"});
  CHECK(words("''") == Words{""});
  CHECK(words("  ").empty());
  CHECK(words("a\nb\tc") == Words{"a", "b", "c"});
}

TEST_CASE("an open quote is an error that names it") {
  CHECK(split_words("sh -c 'x").error().text == "no closing quotation mark (')");
  CHECK_FALSE(split_words("\"x"));
  CHECK_FALSE(split_words("x\\"));
}

TEST_CASE("a quoted word comes back as one word") {
  for (std::string word : {"", "plain", "two words", "it's", "a\"b", "$HOME;rm"}) {
    CHECK(words(quote_word(word)) == Words{word});
  }
}
