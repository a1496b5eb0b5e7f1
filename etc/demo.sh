#!/bin/bash
# Shows Troupe at work; `./dev run` builds and calls it. Starts the daemon with endpoints of its own, shows the
# status, kills a worker with the event stream on the screen, and stays until Ctrl-C, which it passes on.
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." || exit 1

name=demo-$$
ctl="build/ctl/troupectl --name $name"

say() { printf '\n== %s\n' "$*"; }

# A session of its own, so that Ctrl-C comes to the daemon once: from the trap below.
setsid build/daemon/trouped --name "$name" etc/demo.ini &
daemon=$!
events=
stop() { say "stopping (once more: at once)"; kill -TERM "$daemon" 2>/dev/null; }
trap stop INT TERM
trap '[ -z "$events" ] || kill "$events" 2>/dev/null; rmdir "${folder:-}" 2>/dev/null' EXIT

for _ in {1..100}; do
  $ctl --timeout 1 numwatchers >/dev/null 2>&1 && break
  kill -0 "$daemon" 2>/dev/null || { wait "$daemon"; status=$?; echo "demo: trouped did not start (see above)" >&2; exit $((status ? status : 1)); }
  sleep 0.1
done

export TROUPE_ENDPOINT
TROUPE_ENDPOINT=$($ctl globaloptions endpoint | awk '{print $2}')
folder=$(dirname "${TROUPE_ENDPOINT#ipc://}")

say "troupectl status"
$ctl status || { echo "demo: the daemon does not answer" >&2; kill -TERM "$daemon"; wait "$daemon"; exit 1; }

say "troupectl events -f, while a worker of 'web' is killed with SIGKILL"
$ctl events -f & events=$!
sleep 0.5
pids() { $ctl list web | tr -c '0-9\n' '\n' | grep .; }
before=$(pids)
victim=$(head -1 <<<"$before")
say "kill -9 $victim"
kill -KILL "$victim" || echo "demo: there is no worker to kill" >&2
for _ in {1..50}; do
  after=$(pids)
  [ "$(wc -l <<<"$after")" = 2 ] && ! grep -qx "$victim" <<<"$after" && break
  sleep 0.1
done
sleep 0.5
kill "$events" 2>/dev/null; wait "$events" 2>/dev/null; events=

say "web had" $before "and has" $after
say "troupectl status"
$ctl status
say "The daemon runs until Ctrl-C. In another terminal:"
echo "export TROUPE_ENDPOINT=$TROUPE_ENDPOINT"
echo "$PWD/build/ctl/troupectl status"
echo "$PWD/build/ctl/troupectl incr web"
echo "$PWD/build/ctl/troupectl events -f"

# `wait` comes back early when a signal is trapped, so ask until the daemon is really gone.
while kill -0 "$daemon" 2>/dev/null; do wait "$daemon"; status=$?; done
say "trouped ended with status ${status:-0}"
exit "${status:-0}"
