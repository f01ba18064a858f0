"""The loyalty programme: put by its owner, read by the hub, sent to every till with the keys that it needs.

Whoever writes it writes rules; keys are the hub's own and are added on the way out. One document holds for
all stores, so its amounts have to be amounts of each store's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, update

from posapp.domain.members.programme import Programme
from posapp.domain.members.programme_document import (
    ProgrammeDocumentError,
    parse_programme,
    programme_document,
)
from posapp.domain.pricing.documents.strict_json import read_strictly
from sync.hub.feeds.streams import changed_rows, put_rows
from sync.hub.goods.store_facts import StoreFacts, all_stores
from sync.hub.loyalty.programme_rows import ONE, StoredProgramme, stored_programme
from sync.hub.schema.members import PROGRAMME
from sync.hub.trust.hub_keys import public_keys
from sync.protocol.loyalty import PROGRAMME_KEY
from sync.protocol.trust import from_text
from sync.protocol.versions import STREAM_SETTINGS

#: Where a hub has no store yet, amounts are read as this currency's.
_CURRENCY: Final = "CNY"
_DOCUMENT_MOST_BYTES: Final = 256 * 1024


class ProgrammeError(ValueError):
    """A document that is no programme; `problems` are sentences with the place and the mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class PutProgramme:
    """What became of a document that was put; `stores` get it anew."""

    rev: int
    is_changed: bool
    stores: int


# ------------------------------------------------------------------ reading
def read_programme(text: bytes, currencies: tuple[str, ...]) -> bytes:
    """A document as it is stored; raises ProgrammeError. Keys are left out of it: they are the hub's own."""
    if len(text) > _DOCUMENT_MOST_BYTES:
        raise ProgrammeError((f"The programme has more than {_DOCUMENT_MOST_BYTES} bytes; leave texts out.",))
    try:
        document = read_strictly(text.decode("utf-8-sig"), _as_written)
        stored = msgspec.json.encode(document, order="sorted")
    except (ValueError, UnicodeError, msgspec.MsgspecError) as trouble:
        raise ProgrammeError((f"The programme cannot be read as JSON: {trouble}.",)) from trouble
    problems: list[str] = []
    if isinstance(document, dict):
        codes = document.get("codes")
        if "lookup_key" in document or (isinstance(codes, dict) and "public_keys" in codes):
            problems.append("lookup_key and codes.public_keys are the hub's own; leave them out.")
    for currency in currencies or (_CURRENCY,):
        try:
            parse_programme(document, currency)
        except ProgrammeDocumentError as trouble:
            problems += [one for one in trouble.problems if one not in problems]
    if problems:
        raise ProgrammeError(tuple(problems))
    return stored


def _as_written(text: str) -> str:
    # No float ever touches an amount: a number with a point is the text that it was written as.
    Decimal(text)
    return text


def programme_of(connection: Connection, currency: str = _CURRENCY) -> Programme:
    """The programme as it holds now, its keys included; nothing is on where none was put yet."""
    stored = stored_programme(connection)
    keys = tuple(sorted(_hex_keys(connection).items()))
    return _parsed(stored.document, stored.rev, stored.lookup_key, keys, currency)


def programme_of_store(connection: Connection, store: StoreFacts) -> Programme:
    """The same with amounts of a store's currency."""
    return programme_of(connection, store.currency)


@lru_cache(maxsize=16)
def _parsed(
    document: bytes, rev: int, lookup_key: str, keys: tuple[tuple[str, str], ...], currency: str
) -> Programme:
    return parse_programme(_with_keys(document, rev, lookup_key, dict(keys)), currency, ignore_unknown=True)


def _with_keys(document: bytes, rev: int, lookup_key: str, keys: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(document)
    # A document that says nothing of it is one that is meant; what nobody put is not.
    is_on = {"is_on": False} if rev == 0 else {}
    return (
        told
        | is_on
        | {
            "lookup_key": lookup_key,
            "codes": told.get("codes", {}) | {"public_keys": dict(keys)},
        }
    )


def _hex_keys(connection: Connection) -> dict[str, str]:
    keys = {key_id: from_text(text) for key_id, text in public_keys(connection).items()}
    return {key_id: key.hex() for key_id, key in keys.items() if key is not None}


def written_out(stored: StoredProgramme, currency: str) -> dict[str, Any]:
    """A stored programme with all defaults written out and without keys, as it may be put again."""
    programme = parse_programme(msgspec.json.decode(stored.document), currency, ignore_unknown=True)
    document = programme_document(programme, currency)
    del document["lookup_key"], document["codes"]["public_keys"]
    if stored.rev == 0:
        document["is_on"] = False
    return document


# ------------------------------------------------------------------ writing
def put_programme(connection: Connection, document: bytes, now_ms: int) -> PutProgramme:
    """Let a document that `read_programme` gave hold from now on, and send it to every store."""
    before = stored_programme(connection)
    is_changed = before.rev == 0 or before.document != document
    rev = before.rev + 1 if is_changed else before.rev
    if is_changed:
        row = update(PROGRAMME).where(PROGRAMME.c.one == ONE)
        connection.execute(row.values(rev=rev, document=document, changed_at_ms=now_ms))
    stores = all_stores(connection)
    return PutProgramme(rev, is_changed, sum(fit_programme(connection, one, now_ms) for one in stores))


def fit_programme(connection: Connection, store: StoreFacts, now_ms: int) -> int:
    """Give a store the programme as it holds now, where it has another; how many rows changed."""
    stored = stored_programme(connection)
    if stored.rev == 0:
        return 0
    told = _with_keys(stored.document, stored.rev, stored.lookup_key, _hex_keys(connection))
    body = msgspec.json.encode(told, order="sorted")
    changed = changed_rows(connection, store.store_id, STREAM_SETTINGS, [(PROGRAMME_KEY, body)])
    return put_rows(connection, store.store_id, STREAM_SETTINGS, changed, now_ms)
