"""The hash chain over a terminal's lines, and what a device signs of it.

h(n) = SHA-256(h(n-1) ‖ line n), beginning anew with each epoch. Whoever holds a head can prove that not one
byte before it was changed, left out or slipped in. Keys and signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

CHAIN_BYTES: Final = 32
CHAIN_START: Final = bytes(CHAIN_BYTES)
_BATCH: Final = "posapp batch 1"


def chain_after(chain: bytes, line: bytes) -> bytes:
    """The chain's head after one more line."""
    return hashlib.sha256(chain + line).digest()


def chain_over(chain: bytes, lines: Iterable[bytes]) -> bytes:
    """The chain's head after these lines."""
    for line in lines:
        chain = hashlib.sha256(chain + line).digest()
    return chain


def batch_statement(store_id: str, terminal_id: str, *, epoch: int, last_seq: int, chain: bytes) -> bytes:
    """The bytes that a device signs for a batch: whose lines, up to which, and the chain's head there."""
    return "\0".join((_BATCH, store_id, terminal_id, str(epoch), str(last_seq), chain.hex())).encode()
