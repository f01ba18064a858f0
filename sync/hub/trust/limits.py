"""How much one device or one address may ask: token buckets in this process's memory, bounded in number.

The defaults leave room for a till that catches up and for a whole shop behind one address; they are there so
that a till gone mad cannot take the hub from the others. Each process of a hub counts for itself.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

BUCKETS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What `poshub serve` is told; requests a second and at once, 0 for no limit.

    `wrong_codes_*` bound guesses of one-time codes from one address.
    """

    device_per_s: float = 100.0
    device_burst: int = 1_000
    address_per_s: float = 100.0
    address_burst: int = 2_000
    wrong_codes_per_s: float = 1 / 30
    wrong_codes_burst: int = 10
    rotate_after_days: int = 90


class TokenBuckets:
    """One bucket for each key; for use from one thread. The key seen longest ago is forgotten first."""

    def __init__(
        self, *, per_s: float, burst: int, monotonic_s: Callable[[], float], keys_max: int = BUCKETS_MAX
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._monotonic_s = monotonic_s
        self._keys_max = keys_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token: 0.0, or how many seconds until there is one (and none was taken)."""
        if self._per_s <= 0:
            return 0.0
        level = self._level(key)
        if level < 1.0:
            return (1.0 - level) / self._per_s
        self._note(key, level - 1.0)
        return 0.0

    def wait_s(self, key: str) -> float:
        """How many seconds until there is a token; takes none."""
        level = self._level(key)
        return 0.0 if self._per_s <= 0 or level >= 1.0 else (1.0 - level) / self._per_s

    def __len__(self) -> int:
        return len(self._buckets)

    def _level(self, key: str) -> float:
        held = self._buckets.get(key)
        if held is None:
            return float(self._burst)
        level, since_s = held
        return min(float(self._burst), level + (self._monotonic_s() - since_s) * self._per_s)

    def _note(self, key: str, level: float) -> None:
        self._buckets[key] = level, self._monotonic_s()
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._keys_max:
            self._buckets.popitem(last=False)


def address_key(host: str) -> str:
    """Whose address this is to count: an IPv6 host has a whole network of 64 bits to choose from."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False))
