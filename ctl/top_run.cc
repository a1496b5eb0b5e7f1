#include "ctl/top_run.h"

#include <chrono>

#include "ctl/circus_top.h"
#include "ctl/circus_verbs.h"
#include "ctl/cli.h"
#include "ctl/endpoint.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "ctl/top.h"
#include "ctl/top_feed.h"
#include "lib/api/circus.h"
#include "lib/json/reader.h"
#include "lib/wire/context.h"
#include "lib/wire/subscriber.h"
#include "lib/wire/tunnel.h"

namespace troupe::ctl {

namespace {

Instant now() {
  return std::chrono::steady_clock::now();
}

void take_news(TopFeed& feed, TopModel& model) {
  auto news = feed.take();
  if (!news) return;
  if (news->watchers) model.set_sample(*std::move(news->watchers));
  if (!news->message.empty()) model.set_message(std::move(news->message), news->bad);
}

/// Whether Ctrl-C or q was typed.
bool wants_to_leave(Screen& screen) {
  while (const auto key = screen.key()) {
    if (key->code == TopKey::interrupt || (key->code == TopKey::text && key->character == 'q')) return true;
  }
  return false;
}

}  // namespace

Outcome run_top(const Settings& settings, const Value& properties) {
  const std::string_view order = text_or(properties, "sort", "name");
  const auto sort = parse_top_sort(order);
  if (!sort) {
    return {
        Exit::usage, {}, "sort: '" + printable(order) + "' is none of name, cpu, mem, age, restarts, state"};
  }
  auto screen = Screen::open();
  if (!screen) return {Exit::client, {}, screen.error().text};
  TopModel model(*sort, std::string(text_or(properties, "filter", "")));
  TopFeed feed(settings);
  for (;;) {
    model.set_size((*screen)->columns(), (*screen)->lines());
    take_news(feed, model);
    (*screen)->draw(model.view());
    (*screen)->wait(feed.descriptor(), 1h);
    while (const auto key = (*screen)->key()) {
      const TopModel::Action action = model.on_key(*key);
      if (action.leave) return {};
      if (!action.verb.empty()) feed.act(action.verb, action.watcher);
    }
  }
}

Outcome run_circus_top(const std::vector<std::string>& words) {
  const auto typed = read_circus_top(words);
  if (!typed) return {Exit::usage, {}, typed.error().text};
  if (typed->version) return {Exit::good, std::string(api::circus_version) + "\n", {}};
  if (!typed->help.empty()) return {Exit::good, typed->help, {}};
  std::unique_ptr<wire::Tunnel> tunnel;
  std::string endpoint = typed->endpoint;
  if (!typed->ssh.empty()) {
    auto opened = wire::Tunnel::open(typed->ssh, "", endpoint);
    if (!opened) return {Exit::client, {}, opened.error().text};
    tunnel = *std::move(opened);
    endpoint = tunnel->endpoint();
  }
  const wire::Context context;
  const std::string topic = "stat.";
  const auto keys = wire::load_client_keys(surroundings({}).keys);
  if (!keys) return {Exit::client, {}, keys.error().text};
  auto subscriber = wire::Subscriber::connect(context, endpoint, {&topic, 1}, *keys);
  if (!subscriber) return {Exit::client, {}, subscriber.error().text};
  auto screen = Screen::open();
  if (!screen) return {Exit::client, {}, screen.error().text};
  CircusTop picture(from_seconds(typed->process_timeout));
  constexpr Duration frame = 1s, look_at_keys = 100ms;
  for (Instant next = now();;) {
    if (auto message = subscriber->wait(look_at_keys)) {
      const auto data = json::parse(message->text);
      if (data) picture.add(message->topic, *data, now());
    }
    if (wants_to_leave(**screen)) return {};
    if (now() < next) continue;
    next = now() + frame;
    (*screen)->draw(picture.view((*screen)->columns(), (*screen)->lines(), now()));
  }
}

}  // namespace troupe::ctl
