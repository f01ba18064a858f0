"""Which device is speaking: keys that name their place and prove it, kept only as hashes.

A key reads STORE.TERMINAL.SECRET, so it is looked up by its place, not by searching. Secrets are 256
random bits; a plain SHA-256 is enough for them, unlike for a PIN.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from sync.hub.tables import TERMINAL


@dataclass(frozen=True, slots=True)
class Device:
    """A terminal that has proven who it is; `is_set_up` is false where the shop file names it no longer."""

    store_id: str
    terminal_id: str
    is_set_up: bool = True


def enrol(connection: Connection, device: Device, *, now_ms: int) -> str | None:
    """A new key for a terminal, shown once and replacing its old one; None where it is not set up."""
    key = f"{device.store_id}.{device.terminal_id}.{secrets.token_urlsafe(32)}"
    changed = connection.execute(
        update(TERMINAL)
        .where(
            TERMINAL.c.store_id == device.store_id,
            TERMINAL.c.terminal_id == device.terminal_id,
            TERMINAL.c.is_set_up == 1,
        )
        .values(device_key_sha256=_digest(key), enrolled_at_ms=now_ms)
    )
    return key if changed.rowcount == 1 else None


def authenticate(connection: Connection, authorization: str) -> Device | None:
    """The device that an Authorization header proves, or None."""
    scheme, _, key = authorization.partition(" ")
    parts = key.strip().split(".", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or len(key) > 200:
        return None
    known = connection.execute(
        select(TERMINAL.c.device_key_sha256, TERMINAL.c.is_set_up).where(
            TERMINAL.c.store_id == parts[0], TERMINAL.c.terminal_id == parts[1]
        )
    ).one_or_none()
    if known is None or known.device_key_sha256 is None:
        return None
    if not hmac.compare_digest(known.device_key_sha256, _digest(key.strip())):
        return None
    return Device(parts[0], parts[1], bool(known.is_set_up))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
