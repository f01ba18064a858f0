"""Gift cards as accounts: what is on them, what is kept, and every change by one conditional update.

The condition is in the update itself, so that any number of tills and processes may ask at once: what is kept
never exceeds the balance, and the balance never falls below what is kept. Every change of a balance is an
entry; what a fact did once it does not do again. Knows no facts: reading them is `gift_folding`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, case, func, insert, select, update

from sync.hub.database import upsert
from sync.hub.loyalty.gift_holds import end_hold, hold_row, holds_of, release_hold
from sync.hub.schema.gift_cards import (
    ACTIVE,
    BLOCKED,
    CAPTURED,
    GIFT_CARD,
    GIFT_ENTRY,
    GIFT_HOLD,
    HELD,
    INACTIVE,
    RELEASED,
)
from sync.protocol.loyalty import GiftHoldRequest, GiftReply

#: How long an amount is kept without a fact about its sale. Whatever ends the sale ends it at once, so this
#: is only for a till that forgot: long enough for any payment that stays open.
HOLD_MS: Final = 2 * 3_600_000

EntryKind = Literal["activated", "topped_up", "spent", "refunded", "adjusted", "compensated"]
#: A value between read and write may be another's: the update says so, and it is read again.
_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Source:
    """What changes a card: the fact, and `part` of it ("line:3", "tender:1"), which counts once."""

    transaction_id: str
    part: str
    store_id: str = ""
    terminal_id: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it is kept; amounts in minor units. `until_ms` is 0 without an end."""

    card_id: str
    state: str
    currency: str
    balance_minor: int
    held_minor: int
    face_minor: int
    until_ms: int
    batch: str
    version: int

    @property
    def free_minor(self) -> int:
        """What is on it and kept for no sale."""
        return self.balance_minor - self.held_minor


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a balance; entries of a card are numbered from 1."""

    entry_no: int
    kind: str
    amount_minor: int
    balance_after: int
    transaction_id: str
    part: str
    store_id: str
    terminal_id: str
    at_ms: int


def card_of(connection: Connection, card_id: str) -> Card | None:
    """A card, or None."""
    row = connection.execute(select(GIFT_CARD).where(GIFT_CARD.c.card_id == card_id)).first()
    return None if row is None else _card(row)


def entries_of(connection: Connection, card_id: str, *, limit: int = 200) -> list[Entry]:
    """The newest changes of a card, the newest first."""
    query = select(GIFT_ENTRY).where(GIFT_ENTRY.c.card_id == card_id)
    rows = connection.execute(query.order_by(GIFT_ENTRY.c.entry_no.desc()).limit(limit))
    return [
        Entry(
            int(row.entry_no), row.kind, int(row.amount_minor), int(row.balance_after), row.transaction_id,
            row.part, row.store_id, row.terminal_id, int(row.at_ms),
        )
        for row in rows
    ]  # fmt: skip


def tell(connection: Connection, card_id: str, *, now_ms: int) -> GiftReply:
    """What may be used of a card now."""
    card = card_of(connection, card_id)
    if card is None:
        return GiftReply(card_id, "unknown")
    return _reply(card, _why_not(card, now_ms))


# --- keeping an amount for a sale ----------------------------------------------------------------


def hold(
    connection: Connection, request: GiftHoldRequest, place: tuple[str, str], *, now_ms: int
) -> GiftReply:
    """Keep up to an amount of a card for a sale of this (store, terminal), or nothing any more (0).

    The same request again gets what was kept the first time, kept for longer. A sale keeps one amount of a
    card: another `hold_id` takes the place of the one before.
    """
    for hold_id in request.undone:
        release_hold(connection, hold_id, request.transaction_id, place, now_ms=now_ms)
    if request.amount_minor <= 0:
        release_hold(connection, request.hold_id, request.transaction_id, place, now_ms=now_ms)
        return tell(connection, request.card_id, now_ms=now_ms)
    known = hold_row(connection, request.hold_id)
    if known is not None:
        return _again(connection, known, request.card_id, now_ms)
    card = card_of(connection, request.card_id)
    if card is None:
        return GiftReply(request.card_id, "unknown")
    why = _why_not(card, now_ms, request.currency)
    if why:
        return _reply(card, why)
    if _is_paid_with(connection, request.transaction_id, request.card_id):
        return _reply(card, "balance")
    mine = holds_of(connection, request.transaction_id, request.card_id)
    if card.free_minor <= 0 and not mine:
        # What is spent stays so: whoever comes too late waits for nobody.
        return _reply(card, "balance")
    for row in mine:
        end_hold(connection, row, RELEASED)
    kept = _keep(connection, request.card_id, request.amount_minor, now_ms)
    if not kept:
        return _reply(card_of(connection, request.card_id) or card, "balance")
    until_ms = now_ms + HOLD_MS
    connection.execute(
        insert(GIFT_HOLD).values(
            hold_id=request.hold_id, store_id=place[0], terminal_id=place[1], state=HELD,
            transaction_id=request.transaction_id, card_id=request.card_id, amount_minor=kept,
            until_ms=until_ms, made_at_ms=now_ms,
        )
    )  # fmt: skip
    return _reply(card_of(connection, request.card_id) or card, "", kept, until_ms)


def _keep(connection: Connection, card_id: str, wanted: int, now_ms: int) -> int:
    """Keep an amount, or what is free of it; how much. One conditional update where it is all there."""
    free = GIFT_CARD.c.balance_minor - GIFT_CARD.c.held_minor
    is_usable = (GIFT_CARD.c.card_id == card_id, GIFT_CARD.c.state == ACTIVE)
    for _try in range(_TRIES):
        kept = (
            update(GIFT_CARD)
            .where(*is_usable, free >= wanted)
            .values(held_minor=GIFT_CARD.c.held_minor + wanted, changed_at_ms=now_ms)
        )
        if connection.execute(kept).rowcount:
            return wanted
        there = connection.execute(select(free).where(*is_usable)).scalar()
        wanted = min(wanted, int(there or 0))
        if wanted <= 0:
            return 0
    return 0


def _again(connection: Connection, row: Any, card_id: str, now_ms: int) -> GiftReply:
    card = card_of(connection, card_id)
    if card is None:
        return GiftReply(card_id, "unknown")
    if row.state != HELD or row.card_id != card_id:
        return _reply(card, _why_not(card, now_ms) or "balance")
    # Whoever asks again is still at it: a payment may stay open for longer than anybody thought.
    until_ms = max(int(row.until_ms), now_ms + HOLD_MS)
    is_held = (GIFT_HOLD.c.hold_id == row.hold_id, GIFT_HOLD.c.state == HELD)
    if connection.execute(update(GIFT_HOLD).where(*is_held).values(until_ms=until_ms)).rowcount == 0:
        return _reply(card, _why_not(card, now_ms) or "balance")
    return _reply(card, "", int(row.amount_minor), until_ms)


def _is_paid_with(connection: Connection, transaction_id: str, card_id: str) -> bool:
    query = select(GIFT_ENTRY.c.entry_no).where(
        GIFT_ENTRY.c.card_id == card_id,
        GIFT_ENTRY.c.transaction_id == transaction_id,
        GIFT_ENTRY.c.part.startswith("tender:"),
    )
    return connection.execute(query.limit(1)).first() is not None


# --- changing a balance ---------------------------------------------------------------------------


def ensure_card(connection: Connection, card_id: str, currency: str, *, now_ms: int) -> None:
    """Have a row for a card that money is said to be on, though nobody here printed it."""
    row = new_card(card_id, currency, now_ms=now_ms)
    connection.execute(upsert(connection, GIFT_CARD).values(**row).on_conflict_do_nothing())


def new_card(
    card_id: str, currency: str, *, face_minor: int = 0, until_ms: int = 0, batch: str = "", now_ms: int
) -> dict[str, Any]:
    """The row of a card that was not sold yet."""
    return {
        "card_id": card_id, "state": INACTIVE, "currency": currency, "batch": batch, "balance_minor": 0,
        "held_minor": 0, "face_minor": face_minor, "until_ms": until_ms, "version": 0,
        "made_at_ms": now_ms, "changed_at_ms": now_ms,
    }  # fmt: skip


def is_known(connection: Connection, card_id: str, source: Source) -> bool:
    """Whether this part of a fact has done its work on the card already."""
    query = select(GIFT_ENTRY.c.entry_no).where(
        GIFT_ENTRY.c.card_id == card_id,
        GIFT_ENTRY.c.transaction_id == source.transaction_id,
        GIFT_ENTRY.c.part == source.part,
    )
    return connection.execute(query).first() is not None


def put(
    connection: Connection,
    card_id: str,
    amount_minor: int,
    source: Source,
    *,
    kind: EntryKind | None = None,
    currency: str,
) -> bool:
    """Add to a card, which is active from then on unless it is blocked; without a `kind` it is loaded.

    False where the card counts in another currency: nothing was added.
    """
    ensure_card(connection, card_id, currency, now_ms=source.at_ms)
    was = connection.execute(select(GIFT_CARD.c.state).where(GIFT_CARD.c.card_id == card_id)).scalar_one()
    added = (
        update(GIFT_CARD)
        .where(GIFT_CARD.c.card_id == card_id, GIFT_CARD.c.currency == currency)
        .values(
            balance_minor=GIFT_CARD.c.balance_minor + amount_minor,
            state=case((GIFT_CARD.c.state == INACTIVE, ACTIVE), else_=GIFT_CARD.c.state),
            version=GIFT_CARD.c.version + 1,
            changed_at_ms=source.at_ms,
        )
        .returning(GIFT_CARD.c.balance_minor, GIFT_CARD.c.version)
    )
    after = connection.execute(added).first()
    if after is None:
        return False
    loaded: EntryKind = "activated" if was == INACTIVE else "topped_up"
    _write(connection, card_id, kind or loaded, amount_minor, source, after)
    return True


def take(
    connection: Connection,
    card_id: str,
    wanted_minor: int,
    source: Source,
    *,
    kind: EntryKind = "spent",
    currency: str,
) -> int:
    """Take an amount off a card, or what is free of it; how much. What is kept for this sale counts as free.

    Asks for no state: the goods are gone, so what is there is what can be had.
    """
    ensure_card(connection, card_id, currency, now_ms=source.at_ms)
    for row in holds_of(connection, source.transaction_id, card_id):
        # Freed and taken in one transaction: nobody sees it in between, since the row is locked.
        end_hold(connection, row, CAPTURED)
    free = GIFT_CARD.c.balance_minor - GIFT_CARD.c.held_minor
    mine = (GIFT_CARD.c.card_id == card_id, GIFT_CARD.c.currency == currency)
    wanted = max(0, wanted_minor)
    for _try in range(_TRIES):
        taken = (
            update(GIFT_CARD)
            .where(*mine, free >= wanted)
            .values(
                balance_minor=GIFT_CARD.c.balance_minor - wanted,
                version=GIFT_CARD.c.version + 1,
                changed_at_ms=source.at_ms,
            )
            .returning(GIFT_CARD.c.balance_minor, GIFT_CARD.c.version)
        )
        after = connection.execute(taken).first()
        if after is not None:
            _write(connection, card_id, kind, -wanted, source, after)
            return wanted
        there = connection.execute(select(free).where(*mine)).scalar()
        if there is None:
            return 0
        wanted = min(wanted, int(there))
    return 0


def spend(
    connection: Connection, card_id: str, amount_minor: int, source: Source, *, now_ms: int, currency: str
) -> str:
    """Take a whole amount off a card now, or nothing: "" or why not, in the words of `GiftReply`.

    For whoever pays without a till of ours, such as the retailer's own shop in the web.
    """
    if is_known(connection, card_id, source):
        return ""
    card = card_of(connection, card_id)
    if card is None:
        return "unknown"
    why = _why_not(card, now_ms, currency)
    if why:
        return why
    free = GIFT_CARD.c.balance_minor - GIFT_CARD.c.held_minor
    taken = (
        update(GIFT_CARD)
        .where(GIFT_CARD.c.card_id == card_id, GIFT_CARD.c.state == ACTIVE, free >= amount_minor)
        .values(
            balance_minor=GIFT_CARD.c.balance_minor - amount_minor,
            version=GIFT_CARD.c.version + 1,
            changed_at_ms=now_ms,
        )
        .returning(GIFT_CARD.c.balance_minor, GIFT_CARD.c.version)
    )
    after = connection.execute(taken).first()
    if after is None:
        return "balance"
    _write(connection, card_id, "spent", -amount_minor, source, after)
    return ""


def set_blocked(connection: Connection, card_id: str, *, blocked: bool, now_ms: int) -> Card | None:
    """Let nothing be taken of a card, or let it again; the card, or None where there is none."""
    open_state = case((GIFT_CARD.c.version > 0, ACTIVE), else_=INACTIVE)
    changed = update(GIFT_CARD).where(GIFT_CARD.c.card_id == card_id)
    if not blocked:
        changed = changed.where(GIFT_CARD.c.state == BLOCKED)
    connection.execute(changed.values(state=BLOCKED if blocked else open_state, changed_at_ms=now_ms))
    return card_of(connection, card_id)


def sum_of_entries(connection: Connection, card_id: str) -> int:
    """What the entries of a card come to: its balance, or something is wrong."""
    total = func.coalesce(func.sum(GIFT_ENTRY.c.amount_minor), 0)
    return int(connection.execute(select(total).where(GIFT_ENTRY.c.card_id == card_id)).scalar_one())


def _write(
    connection: Connection, card_id: str, kind: str, amount_minor: int, source: Source, after: Any
) -> None:
    connection.execute(
        insert(GIFT_ENTRY).values(
            card_id=card_id, entry_no=int(after.version), kind=kind, transaction_id=source.transaction_id,
            part=source.part, store_id=source.store_id, terminal_id=source.terminal_id,
            amount_minor=amount_minor, balance_after=int(after.balance_minor), at_ms=source.at_ms,
        )
    )  # fmt: skip


def _why_not(card: Card, now_ms: int, currency: str = "") -> str:
    if card.state == INACTIVE:
        return "inactive"
    if card.state == BLOCKED:
        return "blocked"
    if card.until_ms and now_ms >= card.until_ms:
        return "expired"
    return "balance" if currency and currency != card.currency else ""


def _reply(card: Card, why: str, held_minor: int = 0, until_ms: int = 0) -> GiftReply:
    """`balance_minor` is what is kept for no sale; `held_minor` what is kept for this one besides."""
    return GiftReply(
        card_id=card.card_id,
        why=why,
        balance_minor=card.free_minor,
        currency=card.currency,
        is_active=card.state == ACTIVE,
        held_minor=held_minor,
        until_ms=until_ms,
    )


def _card(row: Any) -> Card:
    return Card(
        row.card_id, row.state, row.currency, int(row.balance_minor), int(row.held_minor),
        int(row.face_minor), int(row.until_ms), row.batch, int(row.version),
    )  # fmt: skip
