#include "docs/man.h"

#include "ctl/verbs.h"
#include "docs/mdoc.h"
#include "lib/api/docs.h"
#include "lib/conf/builtin_plugins.h"
#include "lib/conf/hook_rows.h"
#include "lib/conf/option.h"
#include "lib/conf/stream_options.h"

namespace troupe::docs {

namespace {

constexpr std::string_view begin_list = ".Bl -tag -width Ds\n";
constexpr std::string_view begin_compact = ".Pp\n.Bl -tag -width Ds -compact\n";
constexpr std::string_view end_list = ".El\n";

std::string default_of(std::string_view fallback) {
  return fallback.empty() ? "" : " , default Ql " + mdoc_argument(fallback);
}

std::string_view takes_effect(const conf::Row& row) {
  if (!row.where.set || row.apply == conf::Apply::fixed) return "";
  return row.apply == conf::Apply::live ? " ; a change takes effect at once"
                                        : " ; a change takes effect by a reload";
}

template <class Config>
std::string options(std::span<const conf::Option<Config>> rows) {
  std::string out(begin_list);
  for (const auto& row : rows) {
    if (!row.where.file) continue;
    out += ".It Cm " + mdoc_argument(row.name) + " Pq " + std::string(row.type) + default_of(row.fallback) +
           std::string(takes_effect(row)) + "\n" + mdoc_text(row.doc);
    if (!row.not_yet.empty())
      out += mdoc_text("*" + std::string(row.plain_name()) + " " + std::string(row.not_yet) + ".*");
  }
  return out.append(end_list);
}

std::string stream_classes() {
  std::string out(begin_list);
  for (const conf::StreamClassRow& row : conf::stream_classes())
    out += ".It Cm " + mdoc_argument(row.name) + "\n" + mdoc_text(row.doc);
  return out.append(end_list);
}

std::string stream_options() {
  std::string out(begin_list);
  for (const conf::StreamOption& row : conf::stream_options()) {
    out += ".It Cm " + mdoc_argument(row.name) + " Pq " + std::string(row.type) + default_of(row.fallback) +
           "\n" + mdoc_text(row.doc);
  }
  return out.append(end_list);
}

std::string hooks() {
  std::string out(begin_list);
  for (const conf::HookRow& row : conf::hook_rows()) {
    out += ".It Cm " + mdoc_argument(row.name) + "\n" + mdoc_text("Called " + std::string(row.when) + ".");
    out += mdoc_text("When it says no: " + std::string(row.refusal) +
                     (row.counts_when_it_fails ? "; a failure is a yes." : "."));
    if (!row.arguments.empty()) out += mdoc_text("It gets " + std::string(row.arguments) + ".");
  }
  return out.append(end_list);
}

std::string plugins() {
  std::string out(begin_list);
  for (const conf::BuiltinPlugin& plugin : conf::builtin_plugins) {
    out += ".It Cm " + mdoc_argument(plugin.name) + "\n" + mdoc_text(plugin.summary);
    if (plugin.options.empty()) continue;
    out += begin_compact;
    for (const conf::PluginOption& option : plugin.options) {
      out += ".It Cm " + mdoc_argument(option.name);
      if (!option.fallback.empty()) out += " Pq default Ql " + mdoc_argument(option.fallback);
      out += "\n" + mdoc_text(option.doc);
    }
    out += end_list;
  }
  return out.append(end_list);
}

std::string param_item(const api::Param& param, std::string word) {
  if (!ctl::alias(param).empty()) word += ", " + std::string(ctl::alias(param));
  return ".It Cm " + mdoc_argument(word) + "\n" + mdoc_text(param.doc);
}

/// The verbs of troupectl, each with what may follow it.
std::string commands() {
  std::string out(begin_list);
  for (const api::Command* verb : ctl::all_verbs()) {
    out += ".It Ic " + mdoc_argument(ctl::usage_line(*verb)) + "\n" + mdoc_text(verb->summary) +
           mdoc_text(verb->doc);
    std::string items;
    for (const api::Param& param : verb->params) {
      if (param.cli != api::Cli::hidden) items += param_item(param, api::cli_word(param));
    }
    if (verb->waiting == api::Waiting::possible)
      items += param_item(api::waiting_param, api::cli_word(api::waiting_param));
    if (!items.empty()) out.append(begin_compact).append(items).append(end_list);
  }
  return out.append(end_list);
}

/// The options of troupectl itself.
std::string own_options() {
  std::string out(begin_list);
  for (const ctl::OwnOption& option : ctl::own_options()) {
    out += ".It Cm " + mdoc_argument(option.name);
    if (!option.value.empty()) out += " Ar " + mdoc_argument(option.value);
    out += "\n" + mdoc_text(option.doc);
  }
  return out.append(end_list);
}

std::string version() {
  return ".Os Troupe " TROUPE_VERSION "\n";
}

struct Part {
  std::string_view name;
  std::string (*make)();
};

constexpr Part parts[] = {
    {"arbiter_options", [] { return options(conf::arbiter_options()); }},
    {"commands", commands},
    {"os", version},
    {"own_options", own_options},
    {"plugins", plugins},
    {"socket_options", [] { return options(conf::socket_options()); }},
    {"hooks", hooks},
    {"stream_classes", stream_classes},
    {"stream_options", stream_options},
    {"watcher_options", [] { return options(conf::watcher_options()); }},
};

}  // namespace

std::string man_page(std::string_view source, std::string& trouble) {
  std::string page;
  while (!source.empty()) {
    const std::string_view line = source.substr(0, source.find('\n'));
    source.remove_prefix(std::min(line.size() + 1, source.size()));
    if (line.size() < 3 || !line.starts_with('@') || !line.ends_with('@')) {
      page.append(line).append("\n");
      continue;
    }
    const Part* found = nullptr;
    for (const Part& part : parts) {
      if (part.name == line.substr(1, line.size() - 2)) found = &part;
    }
    if (!found) {
      trouble = "there is no part " + std::string(line);
      return {};
    }
    page += found->make();
  }
  return page;
}

}  // namespace troupe::docs
