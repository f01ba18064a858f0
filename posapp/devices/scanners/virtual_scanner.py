"""A simulated serial scanner behind a pseudo terminal: to try the till without a device, and for its tests.

It sends what a real one would, in the pieces it is told to, and can be unplugged and plugged in again: a link
in the file system names it, as /dev/ttyACM0 names a real one. Only where the system has pseudo terminals.
"""

from __future__ import annotations

import errno
import os
import random
import select
import sys
from pathlib import Path
from typing import Final

_WRITE_S: Final = 2.0


class VirtualScanner:
    """One scanner; `link` is the port to name in the settings. It is plugged in when made."""

    def __init__(self, link: Path, *, suffix: str = "\r", encoding: str = "utf-8") -> None:
        """Plug it in; raises OSError where the system has no pseudo terminals, or a file has that name."""
        if link.exists() and not link.is_symlink():
            raise FileExistsError(errno.EEXIST, "something else has the name of its port", str(link))
        self.link = link
        self._suffix = suffix
        self._encoding = encoding
        self._ends: tuple[int, int] | None = None
        self.plug()

    @property
    def is_plugged(self) -> bool:
        """Whether the port is there."""
        return self._ends is not None

    def plug(self) -> None:
        """Plug it in."""
        if self._ends is not None:
            return
        if sys.platform == "win32":
            raise OSError("this system has no pseudo terminals")
        import tty

        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        """Pull it out; what was sent and not read is gone."""
        ends, self._ends = self._ends, None
        if ends is not None:
            self.link.unlink(missing_ok=True)
            for end in ends:
                os.close(end)

    def scan(self, text: str) -> bool:
        """Send a code with its end; False where nobody takes it."""
        return self.send(self.coded(text))

    def half(self, text: str) -> bool:
        """Send the first half of a code, and no end."""
        data = text.encode(self._encoding)
        return self.send(data[: max(1, len(data) // 2)])

    def garbage(self, seed: int) -> bool:
        """Send what a wrong speed makes of a code."""
        noise = random.Random(seed).randbytes(12)
        return self.send(bytes(byte | 0x80 for byte in noise) + b"\xff\x07\r")

    def coded(self, text: str) -> bytes:
        """The bytes of a code with its end."""
        return (text + self._suffix).encode(self._encoding)

    def send(self, data: bytes) -> bool:
        """Send bytes; False where nobody takes them."""
        while data and self._ends is not None:
            master = self._ends[0]
            _, room, _ = select.select([], [master], [], _WRITE_S)
            if not room:
                return False
            data = data[os.write(master, data) :]
        return not data
