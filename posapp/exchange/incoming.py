"""What the hub sends, turned into what the till keeps: an item, its prices, or the shop.

Reads leniently: unknown fields are ignored, an unknown kind of setting is kept as it came, and a body
that cannot be read gives a reason instead of an exception, so that one bad row never stops a stream.
"""

from __future__ import annotations

import json
from typing import Any

from posapp.domain.shop import Shop
from posapp.domain.shop_document import ShopDocumentError, parse_shop
from posapp.values import dataclass
from sync.protocol.codec import WireError, decode_message
from sync.protocol.loyalty import PROGRAMME_KEY
from sync.protocol.messages import Change, ItemBody, PriceBody
from sync.protocol.versions import SETTINGS_KEY


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A change whose body is not what its stream carries, with that body where there was one."""

    key: str
    reason: str
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class ShopReceived:
    """The shop, with the document it was read from."""

    shop: Shop
    document: bytes


@dataclass(frozen=True, slots=True)
class ProgrammeReceived:
    """The rules of members as a document, to be read with the shop; None where they were taken away."""

    document: bytes | None


@dataclass(frozen=True, slots=True)
class SettingReceived:
    """A setting that this till does not know yet, as it came; None where it was taken away."""

    key: str
    document: bytes | None


def read_item(change: Change) -> ItemBody | Unreadable:
    """The item that an upsert of the catalogue stream carries."""
    try:
        item = decode_message(change.body, ItemBody)
    except WireError as error:
        return Unreadable(change.key, str(error))
    if not item.sku:
        return Unreadable(change.key, "no sku")
    return item


def read_price(change: Change) -> PriceBody | Unreadable:
    """The prices that an upsert of the prices stream carries."""
    try:
        return decode_message(change.body, PriceBody)
    except WireError as error:
        return Unreadable(change.key, str(error))


def read_setting(change: Change) -> ShopReceived | ProgrammeReceived | SettingReceived | Unreadable:
    """What a change of the settings stream carries."""
    document = None if change.kind == "delete" else bytes(change.body)
    if change.key == PROGRAMME_KEY:
        return ProgrammeReceived(document)
    if change.key != SETTINGS_KEY:
        return SettingReceived(change.key, document)
    if document is None:
        # A till without a shop cannot sell: the last good one is kept.
        return Unreadable(change.key, "the shop was taken away")
    try:
        return ShopReceived(shop_from_bytes(document), document)
    except ShopDocumentError as error:
        return Unreadable(change.key, str(error), document)


def shop_from_bytes(document: bytes) -> Shop:
    """The shop that a document describes; raises ShopDocumentError."""
    try:
        body: Any = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ShopDocumentError((f"not JSON: {error}",)) from error
    if not isinstance(body, dict):
        raise ShopDocumentError(("not a document",))
    return parse_shop(body, ignore_unknown=True)
