"""The tables of trust: one-time codes, keys of devices, and the hub's own secret.

Codes are kept as hashes and devices by their public keys, so that nothing in these rows opens a door but
the secret, which only makes tokens of an hour.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from sync.hub.schema.events import METADATA

#: States of a key: brought in but not used yet, in use, replaced by another one, taken away by a person.
NEXT: Final = "next"
ACTIVE: Final = "active"
RETIRED: Final = "retired"
REVOKED: Final = "revoked"

#: `key_id` is the key that used the code: the same device may ask again after a lost answer.
ENROL_CODE = Table(
    "enrol_code",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("terminal_id", Text, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
    Column("key_id", Text),
    # A code is looked up before its store is known: the one search that does not begin with the store.
    Index("enrol_code_by_hash", "code_sha256"),
)
DEVICE_KEY = Table(
    "device_key",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("terminal_id", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Index("device_key_by_terminal", "store_id", "terminal_id"),
    # A device names its key when it asks to be let in, not its store.
    Index("device_key_by_id", "key_id"),
)
HUB_SECRET = Table(
    "hub_secret",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
