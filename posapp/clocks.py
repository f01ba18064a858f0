"""The PC's clocks and its source of randomness, as the till is given them."""

from __future__ import annotations

import secrets
import time

from posapp.domain.ids import uuid7


class SystemClock:
    """The PC's clocks."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""
        return time.monotonic_ns() // 1_000_000


class SystemIds:
    """Identities from the PC's clock and its source of randomness."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock

    def new_id(self) -> str:
        """A fresh UUIDv7."""
        return uuid7(self._clock.now_ms(), secrets.token_bytes(10))
