"""A display of its own with a window manager, and hands on its keyboard and mouse."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

SIZE = "1366x768x24"
ASKING = ("search", "getactivewindow")
"""Questions that have no answer while the display is young."""
MANAGED_WITHIN_S = 60.0


class Screen:
    """Xvfb and openbox, and xdotool as the hands."""

    def __init__(self, log: Path) -> None:
        with log.open("a") as out:
            ear, mouth = os.pipe()
            self._server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(mouth), "-screen", "0", SIZE, "-nolisten", "tcp"],
                pass_fds=(mouth,), stdout=out, stderr=out,
            )  # fmt: skip
            os.close(mouth)
            with os.fdopen(ear) as told:
                self.display = ":" + told.readline().strip()
            assert self.display != ":", "Xvfb did not start"
            self._manager = subprocess.Popen(
                ["openbox"], stdout=out, stderr=out, env=self.environment | {"HOME": str(log.parent)}
            )
        self._await_manager()

    def _await_manager(self) -> None:
        """Come back when windows are managed: one that is older than its manager never gets the focus."""
        until_s = time.monotonic() + MANAGED_WITHIN_S
        while self._ask("get_num_desktops").returncode:
            assert time.monotonic() < until_s, "openbox did not start"
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def close(self) -> None:
        for one in (self._manager, self._server):
            one.terminate()
            one.wait(10)

    def hands(self, *words: str) -> str:
        """What xdotool answers."""
        done = self._ask(*words)
        assert done.returncode == 0 or words[0] in ASKING, done.stderr
        return done.stdout

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *words], capture_output=True, text=True, env=self.environment, timeout=30
        )

    def scan(self, code: str) -> None:
        """A burst as fast as the display takes it, closed by Return."""
        self.hands("type", "--delay", "0", code)
        self.hands("key", "--delay", "0", "Return")

    def scan_all(self, *codes: str) -> None:
        """Bursts one after the other in one go of the hands: no time between them for anything."""
        script = "\n".join(
            line
            for code in codes
            for line in (f"type --delay 0 {code}", "key --delay 0 Return", "sleep 0.02")
        )
        done = subprocess.run(
            ["xdotool", "-"], input=script + "\n", capture_output=True, text=True, env=self.environment
        )
        assert done.returncode == 0, done.stderr

    def key(self, *names: str, every_ms: int = 120) -> None:
        """Keys as a person strikes them: down for 60 ms, which no scanner's are."""
        for name in names:
            self.hands("key", "--delay", "120", name)
            time.sleep(every_ms / 1000)

    def click(self, place: tuple[int, int], times: int = 1) -> None:
        """Press the left button of the mouse at a place."""
        self.hands(
            "mousemove", str(place[0]), str(place[1]), "click", "--repeat", str(times), "--delay", "1", "1"
        )

    def window(self) -> bool:
        """Whether a window of the till's size has the focus."""
        found = self.hands("search", "--onlyvisible", "--class", "posapp").split()
        return bool(found) and self.hands("getactivewindow").strip() in found
