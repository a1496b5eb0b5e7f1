"""The plugin of the README, as a shared object that a file names (`use = ./x.so`)."""
from troupe_harness import BUILD, TroupeTest, child, main


class SharedObject(TroupeTest):
    def test_it_stops_a_watcher_whose_processes_died_ten_times(self):
        daemon = self.daemon({
            "watcher:web": {"cmd": child()},
            "watcher:dies": {"cmd": "/bin/false", "autostart": "false", "restart_delay": 0.05},
            "plugin:strikes": {"use": BUILD / "tests" / "unit" / "plugins" / "ten_lines.so"}})
        daemon.wait_active("web", "plugin:strikes")
        daemon.call("start", name="dies")
        daemon.wait_for("watcher.dies.stop")
        self.assertEqual(daemon.call("status")["statuses"]["web"], "active")

    def test_a_class_in_python_is_failed_and_never_spawned(self):
        daemon = self.daemon({
            "watcher:web": {"cmd": child()},
            "plugin:flapping": {"use": "circus.plugins.flapping.Flapping"}}, root="circus")
        daemon.wait_active("web")
        detail = daemon.detail("plugin:flapping")
        self.assertEqual((detail["state"], detail["running"]), ("failed", 0))
        self.assertIn("circus.plugins.flapping.Flapping", detail["error"]["text"])
        self.assertIn("circus.plugins.flapping.Flapping", daemon.log())
        self.assertEqual(daemon.ask("start", name="plugin:flapping", waiting=True)["status"], "error")
        self.assertEqual(daemon.seen("watcher.plugin:flapping.spawn"), [])


if __name__ == "__main__":
    main()
