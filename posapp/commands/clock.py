"""The PC's clocks for commands that run without the till."""

from __future__ import annotations

import time


class SystemClock:
    """Time as the PC has it."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""
        return time.monotonic_ns() // 1_000_000
