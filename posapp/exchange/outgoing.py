"""Facts as they leave the till: one kind and one JSON body each, inside an envelope.

The bytes made here are stored with the fact and sent as they are, so they are made once. Names of
fields on the wire are the names in `domain.facts`; fields are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from posapp.domain.facts import (
    FACT_KINDS,
    DrawerCounted,
    DrawerOpened,
    EpochBegun,
    Fact,
    OperatorSignedOff,
    OperatorSignedOn,
    OverrideGiven,
    ScanRefused,
    ShiftOpened,
    ShiftSettled,
    SignOnRefused,
    StockMoved,
    TerminalUnlocked,
    TransactionCompleted,
    TransactionVoided,
)
from posapp.domain.member_facts import LeaseClosed, MemberIdentified, MemberJoined, RightsReleased
from posapp.domain.price_facts import PromotionSetAside
from posapp.domain.return_facts import ReturnCompleted
from posapp.values import dataclass
from sync.protocol.codec import encode_envelope
from sync.protocol.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Place:
    """Where facts happen: the store, the terminal and the number that people call it by."""

    store_id: str
    terminal_id: str
    terminal_number: int


@dataclass(frozen=True, slots=True)
class Position:
    """A fact's place in the terminal's order: `seq` counts from 1 without gaps within an epoch."""

    event_id: str
    epoch: int
    seq: int


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot travel")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_RECEIPT_NUMBER: Final = b'"receipt_number":'
_NO_RECEIPT_NUMBER: Final = _RECEIPT_NUMBER + b'""}'


def body_bytes(fact: Fact, receipt_number: str | None = None) -> bytes:
    """The body of a fact as JSON, a sale's with its receipt number.

    Raises ValueError or TypeError where a fact cannot be written down.
    """
    body = _ENCODER.encode(fact)
    if receipt_number is None or not body.endswith(_NO_RECEIPT_NUMBER):
        return body
    # The number is the last field and comes last of all, inside the commit: putting it in here costs a
    # tenth of copying the sale.
    return body[: -len(_NO_RECEIPT_NUMBER)] + _RECEIPT_NUMBER + _ENCODER.encode(receipt_number) + b"}"


def envelope_bytes(
    fact: Fact, place: Place, position: Position, *, business_date: str, receipt_number: str | None = None
) -> bytes:
    """The exact bytes that stand for a fact, from its birth to the hub."""
    return encode_envelope(
        Envelope(
            event_id=position.event_id,
            kind=FACT_KINDS[type(fact)],
            store_id=place.store_id,
            terminal_id=place.terminal_id,
            epoch=position.epoch,
            seq=position.seq,
            occurred_at=occurred_at(fact),
            business_date=business_date,
            body=msgspec.Raw(body_bytes(fact, receipt_number)),
        )
    )


def occurred_at(fact: Fact) -> int:
    """When it happened, in epoch milliseconds."""
    match fact:
        case TransactionCompleted() | ReturnCompleted():
            return fact.completed_at_ms
        case ScanRefused():
            return fact.scan.at_ms
        case _:
            return fact.at_ms


def business_date_of(fact: Fact, otherwise: str) -> str:
    """The trading date a fact names itself, else the given one."""
    match fact:
        case TransactionCompleted() | TransactionVoided() | ScanRefused() | ShiftOpened() | ReturnCompleted():
            return fact.business_date
        case ShiftSettled():
            return fact.totals.business_date
        case OverrideGiven() | DrawerOpened() | DrawerCounted() | SignOnRefused():
            return otherwise
        case EpochBegun() | OperatorSignedOn() | OperatorSignedOff() | TerminalUnlocked() | StockMoved():
            return otherwise
        case PromotionSetAside() | MemberJoined() | MemberIdentified() | RightsReleased() | LeaseClosed():
            return otherwise


def transaction_of(fact: Fact) -> str | None:
    """The sale a fact belongs to, if any."""
    match fact:
        case TransactionCompleted() | TransactionVoided() | OverrideGiven() | RightsReleased():
            return fact.transaction_id
        case ReturnCompleted():
            return fact.sale_id
        case _:
            return None


def last_scan_of(fact: Fact) -> int:
    """The highest scan number a fact speaks of, or 0."""
    match fact:
        case TransactionCompleted() | TransactionVoided():
            return max([scan.scan_no for scan in fact.scans], default=0)
        case ScanRefused():
            return fact.scan.scan_no
        case _:
            return 0
