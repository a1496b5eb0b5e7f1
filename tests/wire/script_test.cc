// Plays tests/wire/scripts/*.jsonl; scripts/README.md tells how a line is read.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "lib/api/command.h"
#include "tests/wire/stage.h"

namespace troupe {

namespace {

Value parsed(const std::string& text) {
  auto value = json::parse(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *std::move(value);
}

/// Takes a member out of an object; null when it is not there.
Value take(Value& object, std::string_view key) {
  Value::Object& members = *object.as_object();
  const auto at = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  if (at == members.end()) return {};
  Value value = std::move(at->value);
  members.erase(at);
  return value;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// One script: a daemon of its own, a client and a subscriber.
class Play {
 public:
  Play() {
    stage_.until([this] { return !subscriber_.got.empty(); });  // the mark: the subscription has arrived
    subscriber_.got.clear();
  }

  void step(const Value& line) {
    begin_ = stage_.clock().time;
    if (const Value* happens = line.find("happens")) happen(words_of(*happens->as_text()));
    if (const Value* raw = line.find("raw")) REQUIRE(client_.socket.send({*raw->as_text()}));
    if (const Value* ask = line.find("ask")) send(*ask);
    flush();
    stage_.settle();
    flush();
    compare("replies", line, std::exchange(replies_, {}));
    compare("events", line, events());
  }

 private:
  void happen(const std::vector<std::string>& words) {
    if (words[0] == "exit") stage_.exit(std::stoi(words[1]), std::stoi(words[2]));
    if (words[0] == "advance") stage_.advance(from_seconds(std::stod(words[1])));
  }

  void send(const Value& ask) {
    const Value* id = ask.find("id");
    const Value* command = ask.find("command");
    if (id && command && command->as_text()) asked_[json::write(*id)] = *command->as_text();
    REQUIRE(client_.socket.send({json::write(ask)}));
  }

  /// What an answer has beside `status`, `time` and `id` is what the row of its command says.
  void check_keys(const Value& reply) {
    const Value* id = reply.find("id");
    if (!id || *reply.find("status") == Value("error")) return;
    const auto asked = asked_.find(json::write(*id));
    const api::Command* command = asked == asked_.end() ? nullptr : api::find_command(asked->second);
    if (!command) return;
    for (const Member& member : *reply.as_object()) {
      CAPTURE(command->name);
      CAPTURE(member.key);
      const bool known = member.key == "status" || member.key == "id" ||
                         std::any_of(command->reply.begin(), command->reply.end(),
                                     [&](const api::Field& field) { return field.name == member.key; });
      CHECK(known);
    }
  }

  /// What comes before the answer to a question of ours are the replies of this step.
  void flush() {
    REQUIRE(client_.socket.send({R"({"command":"numwatchers","id":"flush"})"}));
    for (bool flushed = false; !flushed;) {
      stage_.until([this] { return !client_.got.empty(); });
      Value reply = parsed(client_.got.front().back());
      client_.got.pop_front();
      flushed = *reply.find("id") == Value("flush");
      if (flushed) continue;
      check_time(take(reply, "time"));
      check_keys(reply);
      replies_.push_back(std::move(reply));
    }
  }

  /// All that are published by now, as [topic, data without time, seq and boot].
  Value::Array events() {
    Value::Array all;
    const auto last = static_cast<std::int64_t>(stage_.events().ring().last());
    while (seq_ < last) {
      stage_.until([this] { return !subscriber_.got.empty(); });
      const wire::Frames frames = std::move(subscriber_.got.front());
      subscriber_.got.pop_front();
      REQUIRE(frames.size() == 2);
      if (frames[0] == "arbiter.mark") continue;
      Value data = parsed(frames[1]);
      check_time(take(data, "time"));
      CHECK(take(data, "seq") == Value(++seq_));
      CHECK(take(data, "boot") == Value("boot-of-the-test"));
      all.push_back(Value::Array{frames[0], std::move(data)});
    }
    return all;
  }

  void check_time(const Value& time) {
    const double* seconds = time.as_double();
    REQUIRE(seconds);
    CHECK(*seconds >= stage_.clock().wall(begin_));
    CHECK(*seconds <= stage_.clock().wall(stage_.clock().time));
  }

  static void compare(const std::string& what, const Value& line, Value::Array found) {
    const Value* expected = line.find(what);
    const Value nothing = Value::array();
    CAPTURE(what);
    CHECK(json::write(Value(std::move(found))) == json::write(expected ? *expected : nothing));
  }

  Stage stage_;
  Stage::Client client_{stage_, wire::Kind::dealer, stage_.control_endpoint()};
  Stage::Client subscriber_{stage_, wire::Kind::sub, stage_.events_endpoint()};
  Value::Array replies_;
  std::map<std::string, std::string> asked_;  ///< id, as JSON, to the command
  std::int64_t seq_ = 0;
  Instant begin_{};
};

}  // namespace

TEST_CASE("every script is played as it is written") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(TROUPE_SCRIPTS)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  CHECK(files.size() >= 4);
  for (const auto& file : files) {
    Play play;
    std::ifstream lines(file);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::string place = file.filename().string() + ":" + std::to_string(++number);
      CAPTURE(place);
      play.step(parsed(line));
    }
    CHECK(number > 0);
  }
}

}  // namespace troupe
