"""What facts do to stock, read out of their bodies: lines sold, lines that came back, moves by hand.

A body that cannot be read moves nothing: it is kept whole as an event, where the ingest said what is wrong.
Knows no levels; a piece that two returns name is stock once, under the return that was heard of first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

import msgspec
from sqlalchemy import Connection, select

from sync.hub.schema.returns import RETURN_UNIT
from sync.protocol.codec import SEQ_MAX, WireError, decode_envelope
from sync.protocol.envelope import Envelope

SALE_KIND: Final = "TransactionCompleted"
RETURN_KIND: Final = "ReturnCompleted"
MOVED_KIND: Final = "StockMoved"
#: Events that move stock.
STOCK_KINDS: Final = (SALE_KIND, RETURN_KIND, MOVED_KIND)
#: What one move may change at most, and one count find: sums stay far below what a column holds.
QUANTITY_MAX: Final = 10**9

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Quantity = Annotated[int, msgspec.Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
_Text = Annotated[str, msgspec.Meta(max_length=500)]
_Time = Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]
_Line = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class _SoldLine(msgspec.Struct):
    line_no: _Line
    sku: _Text
    quantity: _Quantity
    unit: Literal["pcs", "g"]


class _Sale(msgspec.Struct):
    transaction_id: _Id
    completed_at_ms: _Time
    lines: list[_SoldLine]


class _BackLine(_SoldLine):
    disposition: str = "resell"
    units: list[_Line] = []


class _Return(msgspec.Struct):
    return_id: _Id
    completed_at_ms: _Time
    lines: list[_BackLine]
    sale_receipt: _Text = ""
    sale_id: _Text = ""


class _Moved(msgspec.Struct):
    move_id: _Id
    reason: Literal["restock", "pick", "return", "damage", "count"]
    sku: _Text
    quantity: _Quantity
    unit: Literal["pcs", "g"]
    at_ms: _Time
    reference: _Text = ""


_SALES: Final = msgspec.json.Decoder(_Sale)
_RETURNS: Final = msgspec.json.Decoder(_Return)
_MOVES: Final = msgspec.json.Decoder(_Moved)


@dataclass(frozen=True, slots=True)
class Move:
    """One line of one fact that changed stock; `quantity` as in the table."""

    move_id: str
    line_no: int
    sku: str
    quantity: int
    unit: str
    reason: str
    at_ms: int
    terminal_id: str = ""
    reference: str = ""

    @property
    def is_count(self) -> bool:
        """Whether it says what was found, and not what was added."""
        return self.reason == "count"


def moves_of(connection: Connection, line: bytes, place: tuple[str, str], received_at_ms: int) -> list[Move]:
    """The moves in an event of this (store, terminal); none where it cannot be read."""
    store_id, terminal_id = place
    try:
        envelope = decode_envelope(line)
        moves = _READERS[envelope.kind](envelope, terminal_id)
        if envelope.kind == RETURN_KIND:
            moves = _once(connection, store_id, moves, _RETURNS.decode(envelope.body))
    except (WireError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    # A terminal whose clock runs ahead would stand after every count to come. No column takes a zero byte.
    return [
        replace(move, at_ms=min(move.at_ms, received_at_ms))
        for move in moves
        if "\0" not in move.move_id + move.sku + move.reference
    ]


def _once(connection: Connection, store_id: str, moves: list[Move], back: _Return) -> list[Move]:
    """The moves without pieces that came back with another return before: there is only one of each."""
    if not moves or "\0" in back.sale_id + back.return_id:
        return moves
    unit = RETURN_UNIT.c
    query = select(unit.line_no, unit.unit_no).where(
        unit.store_id == store_id, unit.sale_id == back.sale_id, unit.return_id != back.return_id
    )
    others = {(int(line_no), int(unit_no)) for line_no, unit_no in connection.execute(query)}
    pieces = {line.line_no: set(line.units) for line in back.lines}
    found = []
    for move in moves:
        mine = pieces.get(move.line_no, set())
        left = sum((move.line_no, number) not in others for number in mine)
        # Goods by weight and bundles are one unit of many: all of it or nothing.
        quantity = move.quantity * left // len(mine) if mine else move.quantity
        if quantity:
            found.append(replace(move, quantity=quantity))
    return found


def _sold(envelope: Envelope, terminal_id: str) -> list[Move]:
    sale = _SALES.decode(envelope.body)
    return [
        Move(
            move_id=sale.transaction_id,
            line_no=sold.line_no,
            sku=sold.sku,
            quantity=-sold.quantity,
            unit=sold.unit,
            reason="sale",
            at_ms=sale.completed_at_ms,
            terminal_id=terminal_id,
        )
        for sold in sale.lines
    ]


def _back(envelope: Envelope, terminal_id: str) -> list[Move]:
    """What came back and can be sold again; damaged goods are no stock that could be sold."""
    back = _RETURNS.decode(envelope.body)
    return [
        Move(
            move_id=back.return_id,
            line_no=line.line_no,
            sku=line.sku,
            quantity=line.quantity,
            unit=line.unit,
            reason="return",
            at_ms=back.completed_at_ms,
            terminal_id=terminal_id,
            reference=back.sale_receipt,
        )
        for line in back.lines
        if line.disposition == "resell"
    ]


def _moved(envelope: Envelope, terminal_id: str) -> list[Move]:
    moved = _MOVES.decode(envelope.body)
    told = (moved.sku, moved.quantity, moved.unit, moved.reason)
    return [Move(moved.move_id, 0, *told, moved.at_ms, terminal_id, moved.reference)]


_READERS: Final[dict[str, Callable[[Envelope, str], list[Move]]]] = {
    SALE_KIND: _sold,
    RETURN_KIND: _back,
    MOVED_KIND: _moved,
}
