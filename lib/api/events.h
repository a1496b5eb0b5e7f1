#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/api/command.h"
#include "lib/base/result.h"

namespace troupe::api {

/// Whom an event is about; the first word of its topic.
enum class Scope {
  watcher,  ///< topic `watcher.NAME.EVENT`
  arbiter,  ///< topic `arbiter.EVENT`
};

/// Who has this event: a row of Circus is published exactly as Circus does, with more keys at most.
enum class Origin { circus, troupe };

/// One kind of event. Every payload has `time`, `seq` and `boot` beside the fields here.
struct EventKind {
  Scope scope;
  std::string_view name;
  Origin origin;
  std::span<const Field> fields;
  std::string_view doc;
};

/// Watcher events first, then those of the arbiter, each sorted by name.
std::span<const EventKind> events();

/// A watcher's name as it stands in topics: lower case, spaces as underscores. Dots stay, as in Circus, so
/// split a topic from both ends.
std::string topic_name(std::string_view watcher_name);
/// `watcher.NAME.EVENT`.
std::string watcher_topic(std::string_view watcher_name, std::string_view event);

/// The event of a topic; nullptr for topics that clients have published.
const EventKind* find_event(std::string_view topic);

/// Whether that key of a published event is the daemon's alone: `time`, `seq`, `boot`, and `topic`, under
/// which the reply of `events` has the topic. What clients and hooks say under these is left out.
bool is_reserved_key(std::string_view key);

/// Whether a client may publish under that topic: 1 to 255 bytes without control characters, not beginning
/// with `watcher.` or `arbiter.`.
Result<void> check_published_topic(std::string_view topic);

}  // namespace troupe::api
