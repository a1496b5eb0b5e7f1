#include "ctl/render_status.h"

#include "ctl/render_values.h"
#include "ctl/table.h"

namespace troupe::ctl {

namespace {

const Value nothing;

Tone tone_of(std::string_view state) {
  if (state == "active") return Tone::good;
  if (state == "failed") return Tone::bad;
  return state == "stopped" ? Tone::dim : Tone::changing;
}

std::string uptime(const Value& detail, std::string_view circus_state, double now) {
  const double since = number_or(detail, "since", 0);
  const bool up = circus_state == "active" && number_or(detail, "running", 0) > 0;
  return up && since > 0 && now >= since ? age_text(now - since) : std::string();
}

void add_note(std::string& notes, const std::string& note) {
  if (!notes.empty()) notes += "; ";
  notes += note;
}

/// The state in `details` knows more than Circus's four words: failed, backoff, held, spinning.
std::string state_of(const Value& detail, std::string_view circus_state) {
  return printable(text_or(detail, "state", circus_state));
}

/// "2/3": how many run of those that are wanted.
std::string processes_of(const Value& detail) {
  const std::string running = plain(detail, "running"), wanted = plain(detail, "wanted");
  return running.empty() || wanted.empty() ? running : running + "/" + wanted;
}

}  // namespace

std::string status_notes(const Value& detail, double now) {
  std::string notes;
  if (const Value* error = detail.find("error"); error && !error->is_null()) {
    const std::string text = plain(*error, "text");
    add_note(notes, text.empty() ? plain(*error) : text);
  }
  const std::string_view state = text_or(detail, "state", "");
  const Value* const exit = detail.find("last_exit");
  if (exit && notes.empty() && (state == "spinning" || number_or(detail, "running", 0) == 0)) {
    add_note(notes, "the last one " + plain(*exit, "text"));
  }
  if (const double next = number_or(detail, "next_try", 0); next > 0) {
    const std::string what = state == "backoff" ? "next try " : "next start ";
    add_note(notes, what + (next > now ? "in " + age_text(next - now) : "now"));
  }
  if (const Value* awaits = detail.find("awaits"); awaits && awaits->as_array()) {
    std::string note = "waits for a connection to";
    for (const Value& socket : *awaits->as_array()) note += " " + plain(socket);
    add_note(notes, note);
  }
  if (const Value* held = detail.find("held"); held && !held->is_null()) {
    std::string note = "held by " + plain(*held, "by");
    if (const std::string reason = plain(*held, "reason"); !reason.empty()) note += ": " + reason;
    if (const double until = number_or(*held, "until", 0); until > now)
      note += ", for " + age_text(until - now);
    add_note(notes, note);
  }
  if (const Value* stray = detail.find("stray"); stray && stray->as_array()) {
    std::string note = "stray, for root to end:";
    for (const Value& pid : *stray->as_array()) note += " " + plain(pid);
    add_note(notes, note);
  }
  return notes;
}

std::string render_statuses(const Value& reply, Look look) {
  const Value* statuses = reply.find("statuses");
  if (!statuses || !statuses->as_object()) return {};
  const double now = number_or(reply, "time", 0);
  const auto known = by_key(reply.find("details"));
  auto next = known.begin();
  Table table(
      {{"NAME"}, {"STATE"}, {"PROCESSES", Table::Align::right}, {"UPTIME", Table::Align::right}, {"NOTE"}});
  for (const Member* member : by_key(statuses)) {
    while (next != known.end() && (*next)->key < member->key) ++next;
    const bool has_detail = next != known.end() && (*next)->key == member->key;
    const Value& detail = has_detail ? (*next)->value : nothing;
    const std::string_view circus_state =
        member->value.as_text() ? std::string_view(*member->value.as_text()) : std::string_view();
    const std::string state = state_of(detail, circus_state);
    table.add({printable(member->key),
               {state, tone_of(state)},
               processes_of(detail),
               uptime(detail, circus_state, now),
               {status_notes(detail, now), Tone::bad}});
  }
  return table.text(look.colour);
}

std::string render_one_status(const Value& reply, Look look) {
  const Value* details = reply.find("details");
  const Value::Object* watchers = details ? details->as_object() : nullptr;
  const Value& detail = watchers && !watchers->empty() ? watchers->front().value : nothing;
  const std::string word = printable(text_or(reply, "status", ""));
  const std::string state = state_of(detail, word);
  std::string notes = state == word ? std::string() : state;
  if (const std::string more = status_notes(detail, number_or(reply, "time", 0)); !more.empty())
    add_note(notes, more);
  std::string line = painted(word, tone_of(state), look.colour);
  if (!notes.empty()) line += "  " + painted(notes, Tone::bad, look.colour);
  return line + "\n";
}

}  // namespace troupe::ctl
