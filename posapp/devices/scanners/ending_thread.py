"""A thread that waits for a device and can be asked to end: what reading and pairing have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable


class EndingThread:
    """A thread whose work looks at `ending` again and again; it is started once."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        """A thread that does not run yet."""
        self.ending = threading.Event()
        # A device's driver may hang for good; such a thread must not keep the till from closing.
        self._thread = threading.Thread(target=work, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; returns at once. What is being told just now may still be told."""
        self.ending.set()

    def join(self, timeout_s: float) -> bool:
        """Wait until it has ended and let its device go; False where it has not by then."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()
