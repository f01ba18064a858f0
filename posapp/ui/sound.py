"""Short sounds, played without waiting for them.

Knows the six cues of the theme, the three levels and the player programs of the system; a till
without any of them beeps, and one without a display is silent. It never blocks, never raises and never
lets sounds pile up: each has an equal sign on the screen, so a sound that cannot be played is no loss.
QtMultimedia is not used: it would bring a media framework for six short files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from posapp.resources import resource_path
from posapp.ui.tokens import Cue, load_tokens

Level = Literal["off", "soft", "normal"]
CueName = Literal["ok", "warn", "member", "refuse", "arrived", "paid"]
Start = Callable[[Path], bool]
AT_ONCE = 3
SILENT_PLATFORMS = frozenset(("offscreen", "minimal", "vnc"))
# PipeWire's and PulseAudio's players mix with other sound; ALSA's may find the card taken.
PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"))


class ProgramPlayer:
    """Plays files with the first player program found, at most `AT_ONCE` at a time."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._running: list[subprocess.Popen[bytes]] = []
        self._ending: list[subprocess.Popen[bytes]] = []
        self._usable = True

    def start(self, path: Path) -> bool:
        """Start playing and return at once; false if it cannot be played this way."""
        self._running = [each for each in self._running if each.poll() is None]
        self._ending = [each for each in self._ending if each.poll() is None]
        if not self._usable:
            return False
        if len(self._running) >= AT_ONCE:
            oldest = self._running.pop(0)
            oldest.kill()
            # Its end is collected at the next sound: waiting for it here would hold up the screen.
            self._ending.append(oldest)
        try:
            process = subprocess.Popen(
                [*self._command, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._usable = False
            return False
        self._running.append(process)
        return True

    def close(self) -> None:
        """End what still plays."""
        for process in (*self._running, *self._ending):
            process.kill()
            process.wait()
        self._running.clear()
        self._ending.clear()


def _system_player() -> ProgramPlayer | None:
    for program, *options in PLAYERS:
        found = shutil.which(program)
        if found:
            return ProgramPlayer((found, *options))
    return None


def _play_on_windows(path: Path) -> bool:
    if sys.platform == "win32":
        import winsound

        try:
            winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        except RuntimeError:
            return False
        return True
    return False


class Sounds:
    """The till's voice; `monotonic_ms` spaces cues that may only come now and then."""

    def __init__(
        self, monotonic_ms: Callable[[], int], *, level: Level = "normal", start: Start | None = None
    ) -> None:
        self.level: Level = level
        self._monotonic_ms = monotonic_ms
        self._start = start
        self._player: ProgramPlayer | None = None
        self._last_ms: dict[str, int] = {}

    def play(self, name: CueName) -> bool:
        """Play a cue; return whether anything was started."""
        if self.level == "off" or QGuiApplication.instance() is None:
            return False
        cue = load_tokens().cues[name]
        if not self._due(name, cue):
            return False
        starter = self._start or self._find_start()
        return starter(self.file_of(cue))

    def file_of(self, cue: Cue) -> Path:
        """Return the file of a cue at the present level."""
        path = resource_path("sounds", cue.file)
        return path.with_stem(f"{path.stem}-soft") if self.level == "soft" else path

    def close(self) -> None:
        """End what still plays; the till is closing."""
        if self._player is not None:
            self._player.close()

    def _due(self, name: str, cue: Cue) -> bool:
        if not cue.at_most_every_ms:
            return True
        now_ms = self._monotonic_ms()
        last_ms = self._last_ms.get(name)
        if last_ms is not None and now_ms - last_ms < cue.at_most_every_ms:
            return False
        self._last_ms[name] = now_ms
        return True

    def _find_start(self) -> Start:
        if QGuiApplication.platformName() in SILENT_PLATFORMS:
            self._start = _stay_silent
        elif sys.platform == "win32":
            self._start = _play_on_windows
        else:
            self._player = _system_player()
            self._start = self._play_or_beep
        return self._start

    def _play_or_beep(self, path: Path) -> bool:
        if self._player is None or not self._player.start(path):
            QApplication.beep()
        return True


def _stay_silent(_path: Path) -> bool:
    return False
