#include "ctl/completion_script.h"

#include "ctl/complete.h"
#include "ctl/verbs.h"
#include "lib/base/text.h"
#include "lib/base/words.h"

namespace troupe::ctl {

namespace {

/// Nobody is asked: what the rows say, and no more.
class NoKnowledge : public Knowledge {
 public:
  std::vector<std::string> watchers() override { return {}; }
  std::vector<std::string> pids(std::string_view) override { return {}; }
  std::string option(std::string_view, std::string_view) override { return {}; }
};

std::string options_after(const Grammar& grammar, const std::vector<std::string>& words) {
  NoKnowledge nothing;
  return join(complete(grammar, words, "-", nothing), " ");
}

/// `incr) echo '--waiting ...' ;;` for each verb.
std::string option_cases(const Grammar& grammar) {
  std::string out;
  for (const api::Command* verb : grammar.verbs()) {
    const std::string name(verb->name);
    out += "    " + name + ") echo " + quote_word(options_after(grammar, {name})) + " ;;\n";
  }
  return out + "    *) echo " + quote_word(options_after(grammar, {})) + " ;;\n";
}

constexpr std::string_view bash_head = R"sh(# Completion of troupectl for bash: . <(troupectl complete bash)
_troupectl_options() {
  case $1 in
)sh";

constexpr std::string_view bash_body = R"sh(  local line=${COMP_LINE:0:COMP_POINT} verb= word choice head i
  local current=${COMP_WORDS[COMP_CWORD]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ -z $verb && " $verbs " == *" $word "* ]] && verb=$word
  done
  COMPREPLY=()
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_troupectl_options "$verb")" -- "$current"))
    return
  fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$verbs" -- "$current"))
    return
  fi
  # bash takes : and = for ends of words: what stands before them in the same word stays as it is.
  head=${line##*[[:space:]]}
  case $head in
    *[:=]*) head=${head%"${head##*[:=]}"} ;;
    *) head= ;;
  esac
  while IFS= read -r choice; do
    choice=$(printf %q "$choice")
    COMPREPLY+=("${choice#"$head"}")
  done < <("${COMP_WORDS[0]}" complete bash "$line" 2>/dev/null)
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[.=_] ]] && compopt -o nospace
  return 0
}
complete -F _troupectl troupectl
)sh";

std::string bash_script(const Grammar& grammar) {
  NoKnowledge nothing;
  std::string out(bash_head);
  out += option_cases(grammar) + "  esac\n}\n\n_troupectl() {\n  local verbs=";
  out += quote_word(join(complete(grammar, {}, "", nothing), " ")) + "\n";
  return out += bash_body;
}

/// An item of _describe.
std::string zsh_item(std::string_view name, std::string_view about) {
  std::string item(name);
  item += ":";
  item += about;
  return quote_word(item);
}

constexpr std::string_view zsh_head = R"sh(#compdef troupectl
# Completion of troupectl for zsh: troupectl complete zsh > a folder of fpath/_troupectl
_troupectl_options() {
  case $1 in
)sh";

constexpr std::string_view zsh_body = R"sh(  local verb= i
  for ((i = 2; i < CURRENT; i++)); do
    [[ -z $verb && -n ${(M)verbs:#${words[i]}:*} ]] && verb=${words[i]}
  done
  if [[ ${words[CURRENT]} == -* ]]; then
    choices=(${=$(_troupectl_options "$verb")})
    compadd -a choices
  elif [[ -z $verb ]] && ((CURRENT == 2)); then
    _describe command verbs
  else
    choices=("${(@f)$(${words[1]} complete zsh "${LBUFFER}" 2>/dev/null)}")
    choices=(${choices:#})
    if ((${#choices} == 1)) && [[ ${choices[1]} == *[.=_] ]]; then
      compadd -S '' -a choices
    else
      compadd -a choices
    fi
  fi
}
if [[ ${funcstack[1]} == _troupectl ]]; then
  _troupectl "$@"
else
  compdef _troupectl troupectl
fi
)sh";

std::string zsh_script(const Grammar& grammar) {
  std::string out(zsh_head);
  out += option_cases(grammar) + "  esac\n}\n\n_troupectl() {\n  local -a verbs choices\n  verbs=(\n";
  for (const api::Command* verb : grammar.verbs()) {
    out += "    " + zsh_item(verb->name, verb->summary) + "\n";
  }
  out += "  )\n";
  return out += zsh_body;
}

}  // namespace

std::string completion_script(std::string_view shell, const Grammar& grammar) {
  if (shell == "bash") return bash_script(grammar);
  return shell == "zsh" ? zsh_script(grammar) : std::string();
}

}  // namespace troupe::ctl
