#include "ctl/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <deque>
#include <string_view>
#include <utility>

#include "lib/api/circus.h"
#include "lib/api/docs.h"
#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

using api::Cli;
using api::Param;
using Words = std::vector<std::string>;

/// What both command lines have.
void add_common_options(CLI::App& app, Settings& settings) {
  app.add_option("--endpoint", settings.endpoint);
  app.add_option_function<std::string>("--timeout", [&settings](const std::string& word) {
    settings.timeout = parse_double(word);
    if (settings.timeout && *settings.timeout > 0 && std::isfinite(*settings.timeout)) return;
    throw CLI::ValidationError("--timeout wants seconds above 0, such as 5 or 0.5");
  });
  app.add_flag("--json", settings.json);
  app.add_flag("--prettify", settings.prettify);
  app.add_flag("--version", settings.version);
}

void add_own_options(CLI::App& app, Settings& settings) {
  add_common_options(app, settings);
  app.add_option("--name", settings.name);
  app.add_option("--curve-key", settings.curve_key);
  app.add_option("--curve-server", settings.curve_server);
  app.add_option_function<std::string>("--color,--colour", [&settings](const std::string& word) {
    using Colour = Settings::Colour;
    if (word == "auto") return void(settings.colour = Colour::automatic);
    if (word == "always") return void(settings.colour = Colour::always);
    if (word == "never") return void(settings.colour = Colour::never);
    throw CLI::ValidationError("--color: '" + word + "' is none of auto, always, never");
  });
}

void add_circus_options(CLI::App& app, Settings& settings) {
  add_common_options(app, settings);
  app.add_option("--ssh", settings.ssh);
  app.add_option("--ssh_keyfile", settings.ssh_keyfile);
}

/// An app that knows the program's options, where it has some, and leaves what it does not know.
void prepare(CLI::App& app, Settings& settings, const Grammar& grammar, bool before_verb) {
  app.set_help_flag();
  app.allow_extras();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_flag("-h,--help", settings.help);
  if (!grammar.circus) return add_own_options(app, settings);
  if (before_verb) add_circus_options(app, settings);
}

/// What CLI11 says, in words like ours.
std::string told(const CLI::Error& error) {
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))
    return text.substr(0, text.find(':')) + " wants a value";
  constexpr std::string_view conversion = "Could not convert: ";
  if (!text.starts_with(conversion)) return text;
  const std::string option = text.substr(conversion.size());
  return option.substr(0, option.find(" = ")) + " takes no value";  // all others take text
}

/// CLI11 takes the words in reverse.
Result<Words> parse(CLI::App& app, Words words) {
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& error) {
    return make_error(Code::invalid, told(error));
  }
  return app.remaining();
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && !(word[1] >= '0' && word[1] <= '9');
}

/// Tells options of the verb from those of troupectl.
constexpr const char* verb_group = "verb";

/// One option of the verb, collected as text; pack() converts.
struct Collected {
  std::string_view name;
  Words values;
  bool flag = false;
};

void add_option(CLI::App& app, const Param& param, std::deque<Collected>& collected) {
  if (param.cli != Cli::option && param.cli != Cli::flag && param.cli != Cli::inverted) return;
  std::string names = api::cli_word(param);
  if (!alias(param).empty()) names += "," + std::string(alias(param));
  Collected& target = collected.emplace_back();
  target.name = param.name;
  if (param.cli != Cli::option) {
    app.add_flag(names, target.flag)->group(verb_group);
  } else if (param.type == api::Type::object) {
    app.add_option(names, target.values)->allow_extra_args(false)->group(verb_group);
  } else {
    app.add_option(names, target.values)->expected(1)->allow_extra_args(false)->group(verb_group);
  }
}

/// Options of the verb inside its command line would go to the program instead, unseen. `--` tells that they
/// are meant for it; it may also be a word of the command line itself, before the option.
Result<void> check_command_line(const CLI::App& app, const Words& words, std::size_t length) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (i <= words.size() - length || !is_option(word)) continue;
    const CLI::Option* option = app.get_option_no_throw(word);
    if (!option || option->get_group() != verb_group) continue;
    return make_error(Code::invalid, "'" + word + "' stands in the command line: put " + word +
                                         " before the command line, or write -- before it");
  }
  return {};
}

Result<void> read_verb(const Words& words, const Grammar& grammar, Invocation& invocation) {
  const api::Command& verb = *invocation.verb;
  CLI::App app;
  prepare(app, invocation.settings, grammar, false);
  std::deque<Collected> collected;
  for (const Param& param : verb.params) add_option(app, param, collected);
  if (verb.waiting == api::Waiting::possible) add_option(app, api::waiting_param, collected);

  const bool command_line = api::ends_in_command_line(verb);
  std::string first;
  const CLI::Option* first_word = nullptr;  // which may be empty, and is a word all the same
  if (command_line) {
    first_word = app.add_option("first", first);
    app.prefix_command();
  } else {
    app.add_option("words", invocation.typed.words);
  }
  auto rest = parse(app, words);
  if (!rest) return rest.error();
  if (!command_line) std::erase(*rest, "--");  // the end of the options; CLI11 leaves it in
  const bool marked = command_line && !rest->empty() && rest->front() == "--";
  if (marked) rest->erase(rest->begin());
  if (!marked && !rest->empty() && (!command_line || is_option(rest->front()))) {
    return make_error(Code::invalid, grammar.unknown_option(rest->front(), &verb));
  }
  if (command_line) {
    if (auto checked = check_command_line(app, words, rest->size()); !checked) return checked.error();
    if (first_word->count() > 0) invocation.typed.words.push_back(first);
    invocation.typed.words.insert(invocation.typed.words.end(), rest->begin(), rest->end());
  }
  for (const Collected& option : collected) {
    if (option.flag) invocation.typed.options.emplace_back(option.name, "");
    for (const std::string& value : option.values) invocation.typed.options.emplace_back(option.name, value);
  }
  return {};
}

}  // namespace

const Grammar& own_grammar() {
  static constexpr Grammar grammar{find_verb, unknown_verb, unknown_option, all_verbs, own_options};
  return grammar;
}

Result<Invocation> read_command_line(const std::vector<std::string>& words, const Grammar& grammar,
                                     const api::Command** verb) {
  Invocation invocation;
  CLI::App app;
  prepare(app, invocation.settings, grammar, true);
  app.prefix_command();
  auto rest = parse(app, words);
  if (!rest) return rest.error();
  if (!rest->empty() && rest->front() == "--") rest->erase(rest->begin());
  if (rest->empty()) return invocation;
  const std::string& name = rest->front();
  if (is_option(name)) return make_error(Code::invalid, grammar.unknown_option(name, nullptr));
  invocation.verb = grammar.find_verb(name);
  if (verb) *verb = invocation.verb;
  if (!invocation.verb) return make_error(Code::invalid, grammar.unknown_verb(name));
  if (auto read = read_verb({rest->begin() + 1, rest->end()}, grammar, invocation); !read)
    return read.error();
  return invocation;
}

Result<CircusTopLine> read_circus_top(const std::vector<std::string>& words) {
  CircusTopLine line{.endpoint = std::string(api::circus_stats_endpoint)};
  CLI::App app("Shows what processes use, as the stream of statistics tells it.", "circus-top");
  app.add_option("--endpoint", line.endpoint, "Where statistics are published");
  app.add_option("--ssh", line.ssh, "Through a tunnel to [USER@]HOST[:PORT], by the program ssh");
  app.add_option("--process-timeout", line.process_timeout, "Seconds until a silent process is gone (3)")
      ->check(CLI::Range(0.1, 1e6));
  app.add_flag("--version", line.version, "Print the version");
  try {
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    line.help = app.help();
  } catch (const CLI::Error& error) {
    return make_error(Code::invalid, error.what());
  }
  return line;
}

}  // namespace troupe::ctl
