"""What tills' facts do to gift cards: once each, in whatever order they come.

A sale stands as the till stored it: what it put on a card is there, what it took is taken as far as there is
anything, and what is missing becomes somebody's to work off. A return that comes before its sale brings what
the sale put on the card with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from sqlalchemy import Connection

from sync.hub.loyalty.gift_cards import Source, is_known, put, take
from sync.hub.loyalty.gift_holds import release_hold, release_holds_of
from sync.protocol.envelope import Envelope

SALE_KIND: Final = "TransactionCompleted"
VOIDED_KIND: Final = "TransactionVoided"
RELEASED_KIND: Final = "RightsReleased"
RETURN_KIND: Final = "ReturnCompleted"
#: Events that may touch gift cards.
GIFT_KINDS: Final = (SALE_KIND, VOIDED_KIND, RELEASED_KIND, RETURN_KIND)
#: What a tender of a gift card is called on the wire.
GIFT_TENDER: Final = "gift"

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_CardId = Annotated[str, msgspec.Meta(max_length=64)]
_Amount = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class _Line(msgspec.Struct, gc=False):
    line_no: _Number
    amount_minor: int
    gift_card: _CardId = ""


class _Tender(msgspec.Struct, gc=False):
    tender_no: _Number
    kind: str
    amount_minor: int
    reference: str = ""
    lease_id: str = ""


class _Sale(msgspec.Struct, gc=False):
    transaction_id: _Id
    currency: str
    operator_id: str = ""
    lines: list[_Line] = []
    tenders: list[_Tender] = []


class _Return(msgspec.Struct, gc=False):
    return_id: _Id
    sale_id: _Id
    currency: str
    operator_id: str = ""
    lines: list[_Line] = []
    tenders: list[_Tender] = []


class _Over(msgspec.Struct, gc=False):
    transaction_id: _Id


class _Released(msgspec.Struct, gc=False):
    transaction_id: _Id
    hold_id: _Id


class _Loaded(msgspec.Struct, gc=False):
    """What is put on or taken off a card, checked."""

    card_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    amount_minor: _Amount


@dataclass(frozen=True, slots=True)
class GiftShortfall:
    """Value that a fact gave away and no card covers, for somebody to work off.

    `kind` is "gift_spent" (a payment) or "gift_returned" (a card that was given back with less on it).
    """

    kind: str
    card_id: str
    amount_minor: int
    transaction_id: str
    part: str
    operator_id: str
    lease_id: str = ""


_SALES: Final = msgspec.json.Decoder(_Sale)
_RETURNS: Final = msgspec.json.Decoder(_Return)
_OVER: Final = msgspec.json.Decoder(_Over)
_RELEASES: Final = msgspec.json.Decoder(_Released)


def fold_gifts(connection: Connection, envelope: Envelope, *, now_ms: int) -> tuple[GiftShortfall, ...]:
    """Do to gift cards what a fact says, unless it is done already; what no card covered.

    A body that cannot be read does nothing: the event itself is kept, and the ingest told somebody.
    """
    if envelope.kind not in GIFT_KINDS:
        return ()
    try:
        match envelope.kind:
            case "TransactionCompleted":
                return _fold_sale(connection, envelope, _SALES.decode(envelope.body), now_ms)
            case "ReturnCompleted":
                return _fold_return(connection, envelope, _RETURNS.decode(envelope.body), now_ms)
            case "TransactionVoided":
                release_holds_of(connection, _OVER.decode(envelope.body).transaction_id)
            case _:
                released = _RELEASES.decode(envelope.body)
                place = (envelope.store_id, envelope.terminal_id)
                release_hold(connection, released.hold_id, released.transaction_id, place, now_ms=now_ms)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return ()


def _fold_sale(
    connection: Connection, envelope: Envelope, sale: _Sale, now_ms: int
) -> tuple[GiftShortfall, ...]:
    paid = [each for each in sale.tenders if each.kind == GIFT_TENDER and _is_sound(each.reference, each)]
    loaded = [each for each in sale.lines if each.gift_card and _is_sound(each.gift_card, each)]
    short: list[GiftShortfall] = []
    # In one order everywhere, so that two sales with the same cards wait for each other and not in a ring.
    for line in sorted(loaded, key=lambda each: (each.gift_card, each.line_no)):
        source = _source(envelope, sale.transaction_id, f"line:{line.line_no}", now_ms)
        _load(connection, line, source, sale.currency)
    for tender in sorted(paid, key=lambda each: (each.reference, each.tender_no)):
        source = _source(envelope, sale.transaction_id, f"tender:{tender.tender_no}", now_ms)
        if is_known(connection, tender.reference, source):
            continue
        taken = take(connection, tender.reference, tender.amount_minor, source, currency=sale.currency)
        if taken < tender.amount_minor:
            short.append(
                GiftShortfall(
                    "gift_spent", tender.reference, tender.amount_minor - taken, sale.transaction_id,
                    source.part, sale.operator_id, tender.lease_id,
                )
            )  # fmt: skip
    release_holds_of(connection, sale.transaction_id)
    return tuple(short)


def _fold_return(
    connection: Connection, envelope: Envelope, back: _Return, now_ms: int
) -> tuple[GiftShortfall, ...]:
    refunded = [each for each in back.tenders if each.kind == GIFT_TENDER and _is_sound(each.reference, each)]
    given = [each for each in back.lines if each.gift_card and _is_sound(each.gift_card, each)]
    short: list[GiftShortfall] = []
    for line in sorted(given, key=lambda each: (each.gift_card, each.line_no)):
        _load(
            connection,
            line,
            _source(envelope, back.sale_id, f"line:{line.line_no}", now_ms),
            back.currency,
        )
        source = _source(envelope, back.return_id, f"line:{line.line_no}", now_ms)
        if is_known(connection, line.gift_card, source):
            continue
        taken = take(
            connection, line.gift_card, line.amount_minor, source, kind="adjusted", currency=back.currency
        )
        if taken < line.amount_minor:
            missing = line.amount_minor - taken
            short.append(
                GiftShortfall(
                    "gift_returned", line.gift_card, missing, back.return_id, source.part, back.operator_id
                )
            )
    for tender in sorted(refunded, key=lambda each: (each.reference, each.tender_no)):
        source = _source(envelope, back.return_id, f"tender:{tender.tender_no}", now_ms)
        if not is_known(connection, tender.reference, source):
            put(
                connection,
                tender.reference,
                tender.amount_minor,
                source,
                kind="refunded",
                currency=back.currency,
            )
    return tuple(short)


def _load(connection: Connection, line: _Line, source: Source, currency: str) -> None:
    if not is_known(connection, line.gift_card, source):
        put(connection, line.gift_card, line.amount_minor, source, currency=currency)


def _source(envelope: Envelope, transaction_id: str, part: str, now_ms: int) -> Source:
    return Source(transaction_id, part, envelope.store_id, envelope.terminal_id, now_ms)


def _is_sound(card_id: str, part: _Line | _Tender) -> bool:
    """Whether it names a card and an amount that an account can take; what is doubtful was told already."""
    try:
        msgspec.convert({"card_id": card_id, "amount_minor": part.amount_minor}, _Loaded)
    except msgspec.ValidationError:
        return False
    return "\0" not in card_id
