"""How long to wait before the next try: full jitter, doubling, never more than a minute, for ever.

There is no budget that gives up: an unsent sale waits for the hub however long the hub is away.
"""

from __future__ import annotations

from collections.abc import Callable

BASE_MS = 500
CAP_MS = 60_000


class Backoff:
    """Waits after failures; `random` gives floats in [0, 1) and is injected so that tests can wind it."""

    def __init__(self, random: Callable[[], float], *, base_ms: int = BASE_MS, cap_ms: int = CAP_MS) -> None:
        self._random = random
        self._base_ms = base_ms
        self._cap_ms = cap_ms
        self._failures = 0

    def next_ms(self, retry_after_ms: int | None = None) -> int:
        """Milliseconds to wait after one more failure.

        A hub that asks for a pause gets at least that pause, plus jitter so that all its tills do
        not come back at once; an absurd wish is held to the cap like everything else.
        """
        # Beyond 2**20 the cap rules anyway, and the shift must not grow for ever.
        ceiling = min(self._cap_ms, self._base_ms << min(self._failures, 20))
        self._failures += 1
        wait_ms = int(self._random() * ceiling)
        if retry_after_ms is not None:
            asked_ms = min(max(retry_after_ms, 0), self._cap_ms)
            wait_ms = asked_ms + int(self._random() * self._base_ms)
        return wait_ms

    def reset(self) -> None:
        """The link worked: the next failure starts from the shortest wait."""
        self._failures = 0
