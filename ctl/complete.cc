#include "ctl/complete.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ctl/verbs.h"
#include "lib/api/docs.h"
#include "lib/api/events.h"
#include "lib/base/signal_name.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option.h"

namespace troupe::ctl {

namespace {

using api::Cli;
using api::Param;
using api::Type;
using Words = std::vector<std::string>;

/// Where the completion stands: the verb, and what its words were so far.
struct Place {
  const Grammar& grammar;
  const api::Command* verb = nullptr;
  Words typed{};                 ///< words of the verb that are no options
  const Param* value = nullptr;  ///< the option whose value is being typed
  const OwnOption* own = nullptr;
  bool command_line = false;  ///< of another program: nothing is known of it
  Knowledge& knowledge;

  std::string watcher() const { return typed.empty() ? std::string() : typed.front(); }
};

using Offer = Words (*)(const Place& place, std::size_t index);

Words signals() {
  Words names;
  constexpr int first_real_time = 32;
  for (int number = 1; number < first_real_time; ++number) names.push_back(signal_name(number).substr(3));
  return names;
}

template <class Rows>
Words keys_of(const Rows& rows, bool conf::Where::*place) {
  Words names;
  for (const auto& row : rows) {
    if (row.where.*place) names.emplace_back(row.name.substr(0, row.name.find('*')));
  }
  return names;
}

/// The values that an option may have, and the one that it has.
Words values_of(const Place& place, const std::string& key) {
  Words values;
  const conf::WatcherOption* row = conf::find_watcher_option(key);
  if (row && row->type == conf::FlagKind::name) values = {"true", "false"};
  if (row && row->type == conf::SignalKind::name) values = signals();
  if (auto now = place.knowledge.option(place.watcher(), key); !now.empty()) values.push_back(std::move(now));
  return values;
}

Words offer_pids(const Place& place, std::size_t) {
  return place.knowledge.pids(place.watcher());
}
Words offer_keys(const Place&, std::size_t) {
  return keys_of(conf::watcher_options(), &conf::Where::get);
}
/// Keys and values in turn; of `add` they are KEY=VALUE.
Words offer_settings(const Place& place, std::size_t index) {
  Words keys = keys_of(conf::watcher_options(), &conf::Where::set);
  if (place.value) {
    for (std::string& key : keys) key += key.ends_with('.') || key.ends_with('_') ? "" : "=";
    return keys;
  }
  return index % 2 == 0 ? keys : values_of(place, place.typed.back());
}
Words offer_global_keys(const Place&, std::size_t) {
  return keys_of(conf::arbiter_options(), &conf::Where::get);
}
Words offer_matches(const Place&, std::size_t) {
  return {"glob", "simple", "regex"};
}
Words offer_verbs(const Place& place, std::size_t) {
  Words names;
  for (const api::Command* verb : place.grammar.verbs()) names.emplace_back(verb->name);
  return names;
}
Words offer_topics(const Place& place, std::size_t) {
  Words topics{"arbiter."};
  for (const std::string& watcher : place.knowledge.watchers()) {
    topics.push_back("watcher." + api::topic_name(watcher) + ".");
  }
  return topics;
}
Words offer_shells(const Place&, std::size_t) {
  return {"bash", "zsh"};
}
Words offer_columns(const Place&, std::size_t) {
  return {"name", "cpu", "mem", "age", "restarts", "state"};
}

struct Row {
  std::string_view param;
  Offer offer;
};

/// Parameters of which more is known than their type says.
constexpr Row rows[] = {
    {"keys", offer_keys},        {"match", offer_matches}, {"option", offer_global_keys},
    {"options", offer_settings}, {"pid", offer_pids},      {"process", offer_pids},
    {"shell", offer_shells},     {"sort", offer_columns},  {"topic", offer_topics},
    {"topics", offer_topics},    {"verb", offer_verbs},
};

/// `index` counts the words of a parameter that takes several.
Words offer(const Place& place, const Param& param, std::size_t index) {
  if (param.type == Type::watcher) return place.knowledge.watchers();
  if (param.type == Type::signal) return signals();
  if (param.type == Type::boolean) return {"yes", "no"};
  for (const Row& row : rows) {
    if (row.param == param.name) return row.offer(place, index);
  }
  return {};
}

/// What may stand where the next word without an option stands: an optional one, or the required one after
/// it.
Words offer_positional(const Place& place) {
  Words all;
  std::size_t at = 0;
  for (const Param& param : place.verb->params) {
    const bool rest = param.cli == Cli::rest;
    if (param.cli != Cli::positional && !rest) continue;
    const bool here = at >= place.typed.size() || rest;
    ++at;
    if (!here) continue;
    const std::size_t index = place.typed.size() - std::min(place.typed.size(), at - 1);
    Words words = offer(place, param, index);
    all.insert(all.end(), words.begin(), words.end());
    if (param.required || rest) break;
  }
  return all;
}

bool is_option(const Param& param) {
  return param.cli == Cli::option || param.cli == Cli::flag || param.cli == Cli::inverted;
}

const OwnOption* find_own(const Grammar& grammar, std::string_view word) {
  for (const OwnOption& row : grammar.options()) {
    if (row.name == word) return &row;
  }
  return nullptr;
}

const Param* find_option(const api::Command& verb, std::string_view word) {
  for (const Param& param : verb.params) {
    if (is_option(param) && (api::cli_word(param) == word || alias(param) == word)) return &param;
  }
  return nullptr;
}

/// One complete word after another; the state at the end is where the typed word stands.
void walk(Place& place, const Words& words) {
  for (const std::string& word : words) {
    if (place.value || place.own) {  // its value
      place.value = nullptr;
      place.own = nullptr;
      continue;
    }
    const bool option = word.size() > 1 && word.front() == '-';
    if (option && (!place.verb || !place.grammar.circus)) place.own = find_own(place.grammar, word);
    if (place.own && place.own->value.empty()) {
      place.own = nullptr;  // a flag
      continue;
    }
    if (place.own) continue;
    if (!place.verb) {
      if (!option) place.verb = place.grammar.find_verb(word);
      if (!place.verb && !option) place.command_line = true;
    } else if (option) {
      const Param* param = find_option(*place.verb, word);
      place.value = param && param->cli == Cli::option ? param : nullptr;
    } else {
      place.typed.push_back(word);
      place.command_line = api::ends_in_command_line(*place.verb) && place.typed.size() > 1;
    }
  }
}

Words offer_options(const Place& place) {
  Words names;
  if (!place.verb || !place.grammar.circus) {
    for (const OwnOption& row : place.grammar.options()) names.emplace_back(row.name);
  }
  if (!place.verb) return names;
  for (const Param& param : place.verb->params) {
    if (is_option(param)) names.push_back(api::cli_word(param));
  }
  if (place.verb->waiting == api::Waiting::possible) names.push_back(api::cli_word(api::waiting_param));
  return names;
}

Words all_offers(const Place& place, bool dash) {
  if (place.command_line) return {};
  if (place.value) return offer(place, *place.value, 0);
  if (place.own) return place.own->name == "--color" ? Words{"always", "auto", "never"} : Words{};
  if (dash) return offer_options(place);
  return place.verb ? offer_positional(place) : offer_verbs(place, 0);
}

}  // namespace

Typing read_typing(std::string_view text) {
  Typing typing;
  char quote = '\0';
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool space = c == ' ' || c == '\t' || c == '\n';
    if (space && quote == '\0') {
      if (inside) typing.words.push_back(std::exchange(typing.word, {}));
      inside = false;
      continue;
    }
    if (!inside) typing.begin = i;
    inside = true;
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      typing.word += text[++i];
    } else if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      typing.word += c;
    }
  }
  if (!inside) typing.begin = text.size();
  return typing;
}

std::vector<std::string> complete(const Grammar& grammar, const std::vector<std::string>& words,
                                  const std::string& word, Knowledge& knowledge) {
  Place place{.grammar = grammar, .knowledge = knowledge};
  walk(place, words);
  Words found = all_offers(place, word.starts_with('-'));
  const std::string folded = to_lower(word);  // as watchers are offered, and found in any case
  std::erase_if(found, [&](const std::string& choice) {
    return !choice.starts_with(word) && !choice.starts_with(folded);
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string common_start(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string_view first = words.front();
  std::size_t size = first.size();
  for (const std::string& word : words) {
    const auto differs = std::mismatch(first.begin(), first.end(), word.begin(), word.end()).first;
    size = std::min(size, static_cast<std::size_t>(differs - first.begin()));
  }
  while (size < first.size() && continues_utf8(first[size])) --size;  // never half a character
  return std::string(first.substr(0, size));
}

}  // namespace troupe::ctl
