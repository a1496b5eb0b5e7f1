#include "daemon/core/stream/tails.h"

#include <doctest/doctest.h>

using namespace troupe;
using namespace troupe::core;
using Texts = std::vector<std::string>;

namespace {

Texts texts(const LogPage& page) {
  Texts all;
  for (const LogLine& line : page.lines) all.push_back(line.line.text);
  return all;
}

LogQuery of(std::string watcher) {
  LogQuery query;
  query.watcher = std::move(watcher);
  return query;
}

LogQuery after(std::string watcher, std::uint64_t since, std::size_t limit = 100) {
  LogQuery query = of(std::move(watcher));
  query.since = since;
  query.limit = limit;
  return query;
}

struct Store : Tails {
  using Tails::Tails;
  void out(ProcessId process, std::string_view bytes, std::string_view watcher = "Web", int wid = 1) {
    append(process, watcher, wid, static_cast<int>(process) + 1000, Output::out, bytes, time += 1);
  }
  double time = 0;
};

}  // namespace

TEST_CASE("the last lines come in the order of their arrival, of all processes and outputs") {
  Store tails(Tails::Bounds{});
  tails.out(1, "a\nb");
  tails.out(2, "c\n", "web", 2);
  tails.append(1, "Web", 1, 1001, Output::err, "d\n", 9);
  tails.out(1, "b\nunfinished");
  const LogPage page = tails.read(of("web"));
  CHECK(texts(page) == Texts{"a", "c", "d", "bb"});
  CHECK(page.lines[2].output == Output::err);
  CHECK(page.lines[1].wid == 2);
  CHECK(page.lines[1].pid == 1002);
  CHECK(page.lines[0].line.time == 1);
  CHECK(tails.read(of("other")).lines.empty());
}

TEST_CASE("a question can be about one process, one output, and the last few lines") {
  Store tails(Tails::Bounds{});
  tails.out(1, "a\nb\nc\n");
  tails.out(2, "d\n", "web", 2);
  tails.append(2, "web", 2, 1002, Output::err, "e\n", 9);
  LogQuery query = of("web");
  query.wid = 2;
  CHECK(texts(tails.read(query)) == Texts{"d", "e"});
  query.output = Output::err;
  CHECK(texts(tails.read(query)) == Texts{"e"});
  query = of("web");
  query.limit = 3;
  CHECK(texts(tails.read(query)) == Texts{"c", "d", "e"});
}

TEST_CASE("who asks again for what came after gets each line once") {
  Store tails(Tails::Bounds{});
  tails.out(1, "a\nb\nc");
  LogPage page = tails.read(of("web"));
  CHECK(texts(page) == Texts{"a", "b"});
  CHECK_FALSE(tails.has_news(after("web", page.next)));
  tails.out(2, "x\n", "other");
  CHECK_FALSE(tails.has_news(after("web", page.next)));
  tails.out(1, "c\nd\ne\n");
  CHECK(tails.has_news(after("web", page.next)));
  page = tails.read(after("web", page.next, 2));
  CHECK(texts(page) == Texts{"cc", "d"});
  page = tails.read(after("web", page.next, 2));
  CHECK(texts(page) == Texts{"e"});
  CHECK(tails.read(after("web", page.next)).lines.empty());
}

TEST_CASE("a tail keeps its last bytes, and no line that it has cut") {
  Tails tails({.each = 1024, .all = 100000});
  const auto out = [&](const std::string& bytes) { tails.append(1, "web", 1, 7, Output::out, bytes, 5); };
  for (int i = 0; i < 500; ++i) out("line " + std::to_string(i) + "\n");
  LogQuery query = of("web");
  query.limit = 1000;
  const Texts lines = texts(tails.read(query));
  CHECK(lines.size() == 113);  // of 9 bytes each
  CHECK(lines.front() == "line 387");
  CHECK(lines.back() == "line 499");
  out(std::string(5000, 'x') + "\nend\n");
  CHECK(texts(tails.read(query)) == Texts{"end"});
  out(std::string(1023, 'y') + "\n");
  CHECK(texts(tails.read(query)) == Texts{std::string(1023, 'y')});
}

TEST_CASE("memory grows from nothing and stays within the bound of all") {
  Store tails({.each = 4096, .all = 65536});
  CHECK(tails.memory() == 0);
  tails.out(1, "a\n");
  CHECK(tails.memory() < 1000);
  for (int round = 0; round < 20; ++round) {
    for (ProcessId process = 1; process <= 100; ++process) tails.out(process, std::string(30, 'x') + "\n");
    CHECK(tails.memory() <= 65536);
  }
  LogQuery query = of("web");
  query.limit = 1000;
  CHECK_FALSE(tails.read(query).lines.empty());
}

TEST_CASE("the last words of a dead process are a line, and of the dead only a few are kept") {
  Store tails(Tails::Bounds{});
  const LogPage before = tails.read(of("web"));
  tails.out(1, "no end");
  const std::uint64_t next = tails.read(of("web")).next;
  CHECK(tails.read(of("web")).lines.empty());
  tails.close(1, 5);
  CHECK(texts(tails.read(after("web", next))) == Texts{"no end"});
  for (ProcessId process = 2; process < 20; ++process) {
    tails.out(process, std::to_string(process) + "\n");
    tails.close(process, 5);
  }
  CHECK(texts(tails.read(of("web"))) == Texts{"16", "17", "18", "19"});
  CHECK(before.next == 0);
}

TEST_CASE("many small pieces are bounded too") {
  Store tails(Tails::Bounds{});
  for (int i = 0; i < 5000; ++i) tails.out(1, "x\n");
  LogQuery query = of("web");
  query.limit = 10000;
  const std::size_t count = tails.read(query).lines.size();
  CHECK(count <= 1024);
  CHECK(count >= 1000);
}
