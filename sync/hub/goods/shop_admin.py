"""Takes an owner's shop file into the hub and hands it out again.

PINs are hashed before anything is stored; the same file brought twice changes nothing, although a fresh
hash would differ each time. What is stored is the whole document with every default written out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, insert, select, update

from posapp.domain.shop import Shop
from posapp.domain.shop_document import ShopDocumentError, hash_pins, parse_shop, plain_pins, shop_to_document
from sync.hub.database import upsert
from sync.hub.feeds.streams import put_rows
from sync.hub.schema.events import STORE, TERMINAL
from sync.protocol.versions import SETTINGS_KEY, STREAM_SETTINGS


def read_shop_file(path: Path) -> dict[str, Any]:
    """The document of a shop file; raises ShopDocumentError where it is no TOML."""
    try:
        # Decimals stay the texts they were written as: no float ever touches an amount.
        return tomllib.loads(path.read_text("utf-8-sig"), parse_float=str)
    except UnicodeDecodeError as trouble:
        said = f"{path.name}: this is no text in UTF-8; save it as TOML in UTF-8"
        raise ShopDocumentError([said]) from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise ShopDocumentError([f"{path.name}: cannot be read as TOML: {trouble}"]) from trouble


def check_shop(document: Mapping[str, Any]) -> Shop:
    """The shop of an owner's document, PINs not hashed; raises ShopDocumentError."""
    return parse_shop(hash_pins(document, lambda _who, _pin: "$argon2id$unchecked"))


def put_shop(
    connection: Connection, document: Mapping[str, Any], *, show_pins: bool, now_ms: int
) -> tuple[Shop, bool]:
    """Store a shop; the shop, and whether anything changed. Raises ShopDocumentError.

    With `show_pins` the plain PINs go to the tills' sign-on screens: for the demo only.
    """
    checked = check_shop(document)
    row = connection.execute(
        select(STORE.c.settings, STORE.c.settings_rev).where(STORE.c.store_id == checked.store_id)
    ).one_or_none()
    held = {} if row is None else _hashes(msgspec.json.decode(row.settings))
    complete = hash_pins(document, lambda who, pin: _hash(held.get(who, ""), pin))
    if show_pins:
        complete["demo_pins"] = plain_pins(document)
    shop = parse_shop(complete)
    settings = msgspec.json.encode(shop_to_document(shop), order="sorted")
    changed = row is None or bytes(row.settings) != settings
    if row is None:
        connection.execute(
            insert(STORE).values(
                store_id=shop.store_id,
                settings_rev=1,
                settings=settings,
                catalogue_rev=0,
                changed_at_ms=now_ms,
            )
        )
    elif changed:
        connection.execute(
            update(STORE)
            .where(STORE.c.store_id == shop.store_id)
            .values(settings_rev=row.settings_rev + 1, settings=settings, changed_at_ms=now_ms)
        )
    if changed:
        put_rows(connection, shop.store_id, STREAM_SETTINGS, [(SETTINGS_KEY, settings)], now_ms)
    # A terminal that is gone keeps its row: named again one day, its key is good again.
    connection.execute(update(TERMINAL).where(TERMINAL.c.store_id == shop.store_id).values(is_set_up=0))
    for place in shop.terminals:
        connection.execute(
            upsert(connection, TERMINAL)
            .values(store_id=shop.store_id, terminal_id=place.terminal_id, is_set_up=1)
            .on_conflict_do_update(index_elements=["store_id", "terminal_id"], set_={"is_set_up": 1})
        )
    return shop, changed


def stored_document(connection: Connection, store_id: str) -> dict[str, Any] | None:
    """The document of a stored shop, hashes of PINs included, or None."""
    settings = connection.execute(select(STORE.c.settings).where(STORE.c.store_id == store_id)).scalar()
    if settings is None:
        return None
    document: dict[str, Any] = msgspec.json.decode(settings)
    return document


def stored_shop(connection: Connection, store_id: str) -> Shop | None:
    """A stored shop, or None."""
    document = stored_document(connection, store_id)
    return None if document is None else parse_shop(document)


def store_ids(connection: Connection) -> tuple[str, ...]:
    """Every store of this hub."""
    return tuple(connection.execute(select(STORE.c.store_id).order_by(STORE.c.store_id)).scalars())


def _hashes(document: Mapping[str, Any]) -> dict[str, str]:
    return {who["id"]: who["pin_hash"] for who in document["operators"]}


def _hash(held: str, pin: str) -> str:
    """The hash that is held already where it fits the PIN, else a fresh one."""
    # A few digits are guessed however slow a hash is; what holds them is the till's limit of tries. These
    # figures keep a till's sign-on short on a weak PC.
    hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    try:
        hasher.verify(held, pin)
    except (VerificationError, InvalidHashError):
        return hasher.hash(pin)
    return hasher.hash(pin) if hasher.check_needs_rehash(held) else held
