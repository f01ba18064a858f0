"""A sale of a store by the number on its receipt, with what came back of it: the exact bodies of facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.schema.events import EVENT, RETAIL_TRANSACTION
from sync.hub.schema.returns import GOODS_RETURN
from sync.protocol.codec import WireError, decode_envelope
from sync.protocol.loyalty import FindSaleReply

#: More returns of one sale than any till would read.
_RETURNS_MOST: Final = 1_000


class _Id(msgspec.Struct):
    transaction_id: str = ""
    return_id: str = ""


_IDS: Final = msgspec.json.Decoder(_Id)


def find_sale(connection: Connection, store_id: str, receipt: str) -> FindSaleReply:
    """The newest sale of this store with this receipt number, and its returns at all tills of the store."""
    sale = RETAIL_TRANSACTION.c
    row = connection.execute(
        select(sale.transaction_id, sale.terminal_id, sale.epoch, sale.seq)
        .where(sale.store_id == store_id, sale.receipt_number == receipt)
        .order_by(sale.completed_at_ms.desc(), sale.transaction_id)
        .limit(1)
    ).first()
    if row is None:
        return FindSaleReply()
    place = (row.terminal_id, row.epoch, row.seq)
    body = _body(connection, store_id, place, "TransactionCompleted", row.transaction_id)
    if body is None:
        return FindSaleReply()
    return FindSaleReply(body, tuple(_returns(connection, store_id, row.transaction_id)))


def _returns(connection: Connection, store_id: str, sale_id: str) -> Iterable[msgspec.Raw]:
    back = GOODS_RETURN.c
    rows = connection.execute(
        select(back.return_id, back.terminal_id, back.epoch, back.seq)
        .where(back.store_id == store_id, back.sale_id == sale_id)
        .order_by(back.completed_at_ms, back.return_id)
        .limit(_RETURNS_MOST)
    ).all()
    for row in rows:
        place = (row.terminal_id, row.epoch, row.seq)
        body = _body(connection, store_id, place, "ReturnCompleted", row.return_id)
        if body is not None:
            yield body


def _body(
    connection: Connection, store_id: str, place: tuple[str, int, int], kind: str, wanted: str
) -> msgspec.Raw | None:
    """The body of the fact at a place that has this id: a fork may have put another beside it."""
    terminal_id, epoch, seq = place
    event = EVENT.c
    lines = connection.execute(
        select(event.line).where(
            event.store_id == store_id,
            event.terminal_id == terminal_id,
            event.epoch == epoch,
            event.seq == seq,
            event.kind == kind,
        )
    ).scalars()
    for line in lines:
        try:
            body = decode_envelope(bytes(line)).body
            told = _IDS.decode(body)
        except (WireError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        if wanted in (told.transaction_id, told.return_id):
            return body
    return None
