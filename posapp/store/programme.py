"""The members' programme as the hub sent it last, kept with the ledger's settings, and read with the shop.

The last document that could be read stays in force where a newer one cannot; that one is kept for people and
for a later version of this till, with the reason. Amounts in it are of the shop's currency, so without a shop
it is kept unread.
"""

from __future__ import annotations

import json
from typing import Final

from posapp.domain.members.programme import Programme
from posapp.domain.shop_document import ShopDocumentError
from posapp.exchange.incoming import shop_from_bytes
from posapp.store.engine import Connection
from posapp.store.settings import SHOP, get_setting, put_setting

PROGRAMME: Final = "programme"
UNREAD: Final = "programme-unread"
#: Where a till of the version before kept it.
_FORMER: Final = "hub:members"


def keep_programme(connection: Connection, document: bytes | None) -> None:
    """Keep a document that has come (None: there is no programme any more), to be read after this."""
    put_setting(connection, UNREAD, b"null" if document is None else document)


def read_programme(connection: Connection) -> tuple[Programme, str]:
    """The programme in force, and why the newest document is not, "" where it is. Writes nothing."""
    currency = _currency(connection)
    good = get_setting(connection, PROGRAMME) or get_setting(connection, _FORMER)
    newest = get_setting(connection, UNREAD)
    reason = ""
    if newest is not None:
        read = _read(newest, currency)
        if isinstance(read, Programme):
            return read, ""
        reason = read
    read = Programme() if good is None else _read(good, currency)
    return (read, reason) if isinstance(read, Programme) else (Programme(), reason or read)


def settle_programme(connection: Connection) -> None:
    """Let the newest document take the place of the one before, where it can be read."""
    newest = get_setting(connection, UNREAD)
    if newest is not None and isinstance(_read(newest, _currency(connection)), Programme):
        put_setting(connection, PROGRAMME, newest)
        connection.execute("DELETE FROM setting WHERE name = ?", (UNREAD,))


def _read(document: bytes, currency: str) -> Programme | str:
    """The programme of a document, or why it cannot be read."""
    if not currency:
        return "there is no shop yet"
    # Loaded only in a shop with members: the first picture waits for every module.
    from posapp.domain.members.programme_document import ProgrammeDocumentError, parse_programme

    try:
        body = json.loads(document)
        return Programme() if body is None else parse_programme(body, currency, ignore_unknown=True)
    except ProgrammeDocumentError as error:
        return " ".join(error.problems)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"


def _currency(connection: Connection) -> str:
    document = get_setting(connection, SHOP)
    try:
        return "" if document is None else shop_from_bytes(document).currency
    except ShopDocumentError:
        return ""
