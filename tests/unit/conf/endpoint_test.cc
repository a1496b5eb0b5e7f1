#include "lib/conf/endpoint.h"

#include <doctest/doctest.h>

#include "tests/unit/conf/loaded.h"

using namespace troupe;
using namespace troupe::conf;

TEST_CASE("endpoints that cannot be bound are told") {
  for (std::string_view good :
       {"tcp://127.0.0.1:5555", "tcp://*:1", "tcp://[::1]:5555", "tcp://lo:*", "ipc://x",
        "ipc:///run/troupe/control", "tcp://host.name:65535", "tcp://127.0.0.1:0"}) {
    CAPTURE(good);
    CHECK(check_endpoint(good));
  }
  for (std::string_view bad :
       {"", "5555", "127.0.0.1:5555", "tcp:/127.0.0.1:5555", "tcp://127.0.0.1", "tcp://:5555",
        "tcp://127.0.0.1:70000", "tcp://127.0.0.1:x", "udp://127.0.0.1:1", "ipc://", "://"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_endpoint(bad));
  }
  CHECK(check_endpoint("ipc://" + std::string(107, 'x')));
  CHECK_FALSE(check_endpoint("ipc://" + std::string(108, 'x')));
}

TEST_CASE("only loopback is not beyond loopback") {
  for (std::string_view near : {"tcp://127.0.0.1:1", "tcp://127.1.2.3:1", "tcp://localhost:1",
                                "tcp://[::1]:1", "tcp://lo:1", "ipc:///x"}) {
    CAPTURE(near);
    CHECK_FALSE(is_beyond_loopback(near));
  }
  for (std::string_view far :
       {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://10.0.0.1:1", "tcp://127.evil.org:1",
        "tcp://localhost.evil.org:1", "tcp://[::]:1", "tcp://eth0:1", "tcp://1270.0.0.1:1"}) {
    CAPTURE(far);
    CHECK(is_beyond_loopback(far));
  }
}

TEST_CASE("TCP beyond loopback is refused under [troupe], and named a risk under [circus]") {
  using Lines = std::vector<std::string>;
  const std::string line = "endpoint = tcp://0.0.0.0:5555\n";
  const std::string text =
      "endpoint: 'tcp://0.0.0.0:5555' is open to other machines, and whoever reaches it can run any command "
      "as "
      "this user; give curve_server_key and curve_clients, or to allow that set insecure_tcp = true";
  CHECK(lines_of(load_text("[troupe]\n" + line)) == Lines{"a.ini:2: error: " + text});
  CHECK(lines_of(load_text("[circus]\n" + line)) == Lines{"a.ini:2: warning: " + text});
  CHECK(lines_of(load_text("[troupe]\ninsecure_tcp = true\n" + line)).empty());
}

TEST_CASE("endpoints may be named, and run_dir moves the others") {
  const Loaded loaded = load_text("[troupe]\nrun_dir = /tmp/x\nendpoint = tcp://127.0.0.1:7000\n");
  CHECK(loaded.problems.empty());
  CHECK(loaded.config.arbiter.endpoint == "tcp://127.0.0.1:7000");
  CHECK(loaded.config.arbiter.pubsub_endpoint == "ipc:///tmp/x/events");
}

TEST_CASE("a named stats endpoint turns statistics on, as in Circus") {
  const Loaded loaded = load_text("[circus]\nstats_endpoint = tcp://127.0.0.1:5557\n");
  CHECK(loaded.config.arbiter.statsd);
  CHECK(lines_of(loaded) ==
        std::vector<std::string>{"a.ini:2: warning: stats_endpoint without statsd: statsd is turned on"});
  CHECK_FALSE(load_text("[troupe]\n").config.arbiter.statsd);
  const Loaded own = load_text("[troupe]\nstats_endpoint = tcp://127.0.0.1:5557\n");
  CHECK_FALSE(own.config.arbiter.statsd);
  CHECK(lines_of(own) ==
        std::vector<std::string>{"a.ini:2: warning: stats_endpoint without statsd: nothing is "
                                 "published there; add statsd = true"});
}

TEST_CASE("a port of the statistics that the system chooses is warned of: nobody would find it") {
  for (const std::string port : {"*", "0"}) {
    const Loaded loaded = load_text("[troupe]\nstatsd = on\nstats_endpoint = tcp://127.0.0.1:" + port + "\n");
    CHECK_FALSE(loaded.has_errors());
    CHECK(lines_of(loaded) ==
          std::vector<std::string>{"a.ini:3: warning: stats_endpoint: clients cannot ask for a port that the "
                                   "system chooses, only the log of the plugin has it; name one"});
  }
}

TEST_CASE(
    "who looks for a daemon is answered under [circus] unless told otherwise, under [troupe] if asked for") {
  CHECK(load_text("[circus]\n").config.arbiter.multicast_endpoint == "udp://237.219.251.97:12027");
  CHECK(load_text("[circus]\nmulticast_endpoint =\n").config.arbiter.multicast_endpoint == "");
  CHECK(load_text("[troupe]\n").config.arbiter.multicast_endpoint == "");
}

TEST_CASE("the level and place of the log are checked") {
  CHECK(load_text("[troupe]\nloglevel = DEBUG\n").config.arbiter.loglevel == "debug");
  CHECK(lines_of(load_text("[troupe]\nloglevel = wraning\n")) ==
        std::vector<std::string>{
            "a.ini:2: error: loglevel: 'wraning' is not one of debug, info, warning, error, "
            "critical; did you mean warning?"});
  const Loaded survived = load_text("[circus]\nloglevel = loud\nlogoutput = syslog:///dev/log\n");
  CHECK_FALSE(survived.has_errors());
  CHECK(survived.config.arbiter.loglevel == "info");
  CHECK(survived.config.arbiter.logoutput == "syslog:///dev/log");
}

TEST_CASE("an endpoint of every address is reached at the host that is known, else at the loopback") {
  CHECK(reachable("tcp://*:5556", "tcp://10.0.0.1:5555") == "tcp://10.0.0.1:5556");
  CHECK(reachable("tcp://0.0.0.0:5556", "tcp://[fe80::1]:5555") == "tcp://[fe80::1]:5556");
  CHECK(reachable("tcp://*:5556", "ipc:///run/troupe/control") == "tcp://127.0.0.1:5556");
  CHECK(reachable("tcp://[::]:5556") == "tcp://[::1]:5556");
  CHECK(reachable("tcp://10.0.0.2:5556", "tcp://10.0.0.1:5555") == "tcp://10.0.0.2:5556");
  CHECK(reachable("ipc:///run/events", "tcp://10.0.0.1:5555") == "ipc:///run/events");
}
