"""Which device is speaking: short-lived tokens that the hub can check by itself, and the key behind them.

A token names a store, a terminal, a key and an end by the hub's own clock, under an HMAC with a secret that
all processes of a hub share; a till's clock matters nowhere. That the key is still good is looked up at each
request, so a revoked device is out at once.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, bindparam, select

from sync.hub.schema.events import TERMINAL
from sync.hub.schema.trust import ACTIVE, DEVICE_KEY, HUB_SECRET, NEXT
from sync.protocol.trust import from_text, to_text

SESSION_S: Final = 3_600
CHALLENGE_S: Final = 120
DAY_MS: Final = 86_400_000
ROTATE_AFTER_MS: Final = 90 * DAY_MS

_TOKEN_MAX_CHARS: Final = 600
_MAC_CHARS: Final = 43
_SESSION: Final = b"posapp token 1\0"
_CHALLENGE: Final = b"posapp challenge 1\0"

State = Literal["good", "unknown", "revoked"]

_KEY: Final = (
    select(
        DEVICE_KEY.c.terminal_id,
        DEVICE_KEY.c.state,
        DEVICE_KEY.c.public_key,
        DEVICE_KEY.c.made_at_ms,
        TERMINAL.c.is_set_up,
    )
    .join(
        TERMINAL,
        (TERMINAL.c.store_id == DEVICE_KEY.c.store_id) & (TERMINAL.c.terminal_id == DEVICE_KEY.c.terminal_id),
    )
    .where(DEVICE_KEY.c.store_id == bindparam("store"), DEVICE_KEY.c.key_id == bindparam("key"))
)


@dataclass(frozen=True, slots=True)
class Device:
    """A terminal that has proven who it is, and the key it did so with.

    `is_set_up` is false where the shop file names the terminal no longer.
    """

    store_id: str
    terminal_id: str
    is_set_up: bool = True
    key_id: str = ""
    public_key: bytes = b""
    key_made_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token that this hub made says; whether its key is still good is not in it."""

    store_id: str
    terminal_id: str
    key_id: str


def hub_secret(connection: Connection) -> bytes:
    """The secret that tokens and challenges of this hub are made with."""
    return bytes(connection.execute(select(HUB_SECRET.c.secret)).scalar_one())


def new_token(secret: bytes, claim: Claim, *, expires_at_ms: int) -> str:
    """A token for the Authorization header."""
    said = "\0".join((claim.store_id, claim.terminal_id, claim.key_id, str(expires_at_ms)))
    return _sealed(secret, _SESSION, said.encode())


def read_token(secret: bytes, authorization: str, *, now_ms: int) -> Claim | None:
    """What the token of an Authorization header says, or None where it is none of ours or over."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    said = _unsealed(secret, _SESSION, token.strip())
    if said is None:
        return None
    store_id, terminal_id, key_id, expires_at_ms = said.decode().split("\0")
    return Claim(store_id, terminal_id, key_id) if now_ms < int(expires_at_ms) else None


def new_challenge(secret: bytes, nonce: bytes, *, now_ms: int) -> str:
    """Something to sign that this hub knows again; nothing is kept of it."""
    return _sealed(secret, _CHALLENGE, b"%d\0" % now_ms + nonce)


def is_challenge(secret: bytes, challenge: str, *, now_ms: int) -> bool:
    """Whether this hub has given out a challenge within the last two minutes."""
    said = _unsealed(secret, _CHALLENGE, challenge)
    if said is None:
        return False
    age_ms = now_ms - int(said.partition(b"\0")[0])
    # The clocks of two machines of one hub are never quite the same: a little before now is no forgery.
    return abs(age_ms) <= CHALLENGE_S * 1000


def device_of(connection: Connection, claim: Claim) -> tuple[State, Device | None]:
    """The device of a claim as it stands now."""
    row = connection.execute(_KEY, {"store": claim.store_id, "key": claim.key_id}).one_or_none()
    if row is None or row.terminal_id != claim.terminal_id:
        return "unknown", None
    if row.state not in (ACTIVE, NEXT):
        return "revoked", None
    device = Device(
        claim.store_id,
        claim.terminal_id,
        bool(row.is_set_up),
        claim.key_id,
        bytes(row.public_key),
        row.made_at_ms,
    )
    return "good", device


def is_rotation_due(device: Device, *, now_ms: int, after_ms: int = ROTATE_AFTER_MS) -> bool:
    """Whether a device's key is old enough for the device to be told to make the next one."""
    return now_ms - device.key_made_at_ms >= after_ms


def _sealed(secret: bytes, kind: bytes, said: bytes) -> str:
    return f"{to_text(said)}.{to_text(_mac(secret, kind, said))}"


def _unsealed(secret: bytes, kind: bytes, sealed: str) -> bytes | None:
    if len(sealed) > _TOKEN_MAX_CHARS:
        return None
    text, _, mac = sealed.partition(".")
    said, given = from_text(text), from_text(mac)
    if said is None or given is None or len(mac) != _MAC_CHARS:
        return None
    return said if hmac.compare_digest(_mac(secret, kind, said), given) else None


def _mac(secret: bytes, kind: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, kind + said, hashlib.sha256)
