#include "ctl/pack.h"

#include <algorithm>
#include <optional>

#include "ctl/option_value.h"
#include "lib/api/docs.h"
#include "lib/base/signal_name.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/base/words.h"
#include "lib/conf/problem.h"
#include "lib/json/reader.h"

namespace troupe::ctl {

namespace {

using api::Cli;
using api::Param;
using api::Type;

std::string shown_name(const Param& param) {
  return std::string(param.cli_name.empty() ? param.name : param.cli_name);
}

Error wrong(const Param& param, std::string_view word, std::string_view what) {
  std::string text = shown_name(param);
  text += ": '";
  text += word;
  text += "' isn't ";
  text += what;
  return make_error(Code::invalid, std::move(text));
}

Error missing(const Param& param) {
  return make_error(Code::invalid, api::cli_word(param) + " is missing");
}

Result<Value> one_value(const Param& param, const std::string& word, const Spelling& spelling) {
  switch (param.type) {
    case Type::integer:
      if (const auto integer = parse_int(word)) return Value(*integer);
      return wrong(param, word, "an integer");
    case Type::number:
      if (const auto integer = parse_int(word)) return Value(*integer);
      if (const auto number = parse_double(word)) return Value(*number);
      return wrong(param, word, "a number");
    case Type::boolean:
      if (const auto flag = parse_bool(word)) return Value(*flag);
      return wrong(param, word, "yes or no");
    case Type::signal:
      if (spelling.checked && !parse_signal(word)) return wrong(param, word, "a signal");
      return Value(word);
    case Type::watcher:
      if (spelling.checked && word.empty()) return wrong(param, word, "a name");
      return Value(word);
    case Type::any:
      return guess(word);
    default:
      return Value(word);
  }
}

/// `options` of set and add are converted by the rows of the options, other objects by guess.
Result<void> add_member(const Param& param, Value& properties, std::string_view key, std::string_view word) {
  Value* object = properties.find(param.name);
  if (!object) {
    properties.set(param.name, Value::object());
    object = properties.find(param.name);
  }
  auto value = param.name == "options" ? option_value(key, word) : Result<Value>(guess(word));
  if (!value) return value.error();
  object->set(key, std::move(*value));
  return {};
}

/// One word is a command line already; several are quoted where they must be to stay the same words.
std::string command_line(const std::vector<std::string>& words, const Spelling& spelling) {
  if (words.size() == 1) return words.front();
  if (!spelling.quoted) return join(words, " ");
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += quote_word(word);
  }
  return line;
}

Result<void> take_rest(const Param& param, const std::vector<std::string>& words, const Spelling& spelling,
                       Value& properties) {
  if (words.empty()) {
    return param.required ? Result<void>(missing(param)) : Result<void>();
  }
  if (param.type == Type::list) {
    Value list = Value::array();
    for (const std::string& word : words) list.push(word);
    properties.set(param.name, std::move(list));
  } else if (param.type == Type::object) {
    if (words.size() % 2 != 0)
      return make_error(Code::invalid, "the value of '" + words.back() + "' is missing");
    for (std::size_t i = 0; i < words.size(); i += 2) {
      if (auto added = add_member(param, properties, words[i], words[i + 1]); !added) return added.error();
    }
  } else {
    properties.set(param.name, command_line(words, spelling));
  }
  return {};
}

/// How many words that stand alone are required.
std::size_t required_words(const api::Command& verb) {
  return static_cast<std::size_t>(
      std::count_if(verb.params.begin(), verb.params.end(),
                    [](const Param& param) { return param.cli == Cli::positional && param.required; }));
}

Result<void> take_words(const api::Command& verb, const std::vector<std::string>& words,
                        const Spelling& spelling, Value& properties) {
  const std::size_t required = required_words(verb);
  std::size_t spare = words.size() > required ? words.size() - required : 0;
  std::size_t next = 0;
  const Param* rest = nullptr;
  for (const Param& param : verb.params) {
    if (param.cli == Cli::rest) rest = &param;
    if (param.cli != Cli::positional || (!param.required && spare == 0)) continue;
    if (next == words.size()) return missing(param);
    if (!param.required) --spare;
    auto value = one_value(param, words[next++], spelling);
    if (!value) return value.error();
    properties.set(param.name, std::move(*value));
  }
  if (rest) {
    return take_rest(*rest, {words.begin() + static_cast<std::ptrdiff_t>(next), words.end()}, spelling,
                     properties);
  }
  if (next < words.size()) return make_error(Code::invalid, "'" + words[next] + "' is one word too many");
  return {};
}

Result<void> take_option(const Param& param, const std::string& text, const Spelling& spelling,
                         Value& properties) {
  if (param.cli == Cli::flag || param.cli == Cli::inverted) {
    properties.set(param.name, param.cli == Cli::flag);
    return {};
  }
  if (param.type == Type::object) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return wrong(param, text, "KEY=VALUE");
    return add_member(param, properties, text.substr(0, equals), text.substr(equals + 1));
  }
  auto value = one_value(param, text, spelling);
  if (!value) return value.error();
  properties.set(param.name, std::move(*value));
  return {};
}

/// A request is JSON, in which other bytes would become other characters.
Result<void> check_utf8(const Typed& typed) {
  const auto bad = [](const std::string& word) {
    return make_error(Code::invalid, conf::shown(word) + " is not UTF-8");
  };
  for (const std::string& word : typed.words) {
    if (!is_utf8(word)) return bad(word);
  }
  for (const auto& [name, word] : typed.options) {
    if (!is_utf8(word)) return bad(word);
  }
  return {};
}

}  // namespace

bool fits(const api::Command& verb, std::size_t words) {
  std::size_t most = 0;
  const Param* rest = nullptr;
  for (const Param& param : verb.params) {
    if (param.cli == Cli::positional) ++most;
    if (param.cli == Cli::rest) rest = &param;
  }
  const std::size_t least = required_words(verb);
  if (words < least || (!rest && words > most)) return false;
  if (!rest || words <= most) return words >= least + (rest && rest->required ? 1 : 0);
  return rest->type != Type::object || (words - most) % 2 == 0;
}

Result<Value> pack(const api::Command& verb, const Typed& typed, const Spelling& spelling) {
  Value properties = Value::object();
  if (auto sendable = check_utf8(typed); !sendable) return sendable.error();
  if (auto taken = take_words(verb, typed.words, spelling, properties); !taken) return taken.error();
  for (const auto& [name, text] : typed.options) {
    const Param* param = api::find_param(verb, name);
    if (!param) return make_error(Code::invalid, "no option '" + std::string(name) + "'");
    if (auto taken = take_option(*param, text, spelling, properties); !taken) return taken.error();
  }
  return properties;
}

Value guess(std::string_view word) {
  if (auto value = json::parse(word)) return std::move(*value);
  return word;
}

}  // namespace troupe::ctl
