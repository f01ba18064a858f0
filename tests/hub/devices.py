"""Devices let in without HTTP: a key for a link, or a token for a bare request."""

from __future__ import annotations

from sync.engine.device_key import DeviceKey, KeyRing
from sync.hub.database import Database
from sync.hub.trust.auth import Claim, hub_secret, new_token
from sync.hub.trust.enrolment import add_key
from sync.protocol import signing


def new_device_key(store_id: str, terminal_id: str) -> DeviceKey:
    """A fresh key in memory that no hub knows yet."""
    return DeviceKey(KeyRing(store_id, terminal_id, (signing.new_private_key(),)))


def enrol_device(database: Database, store_id: str, terminal_id: str, now_ms: int) -> DeviceKey:
    """A fresh key that the hub knows as this terminal's only one."""
    key = new_device_key(store_id, terminal_id)
    with database.writing() as connection:
        add_key(connection, Claim(store_id, terminal_id, key.key_id()), key.public_key(), now_ms=now_ms)
    return key


def bearer_token(database: Database, key: DeviceKey, now_ms: int, *, valid_ms: int = 3_600_000) -> str:
    """A session's token as the hub would give it to this device."""
    claim = Claim(key.ring.store_id, key.ring.terminal_id, key.key_id())
    with database.reading() as connection:
        return new_token(hub_secret(connection), claim, expires_at_ms=now_ms + valid_ms)
