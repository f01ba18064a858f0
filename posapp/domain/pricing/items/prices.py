"""Which price an item has before any promotion: of the store, region, chain or channel, a member's lower one.

Prices are rows with a scope and a time from which they hold; they are shipped ahead and switch by themselves
at their time on the shop's own clock. The narrowest scope that has a price wins, within it the row that began
last; a member's row counts where it is lower. Every answer says why, since when, and what comes next. Knows
no promotion and no table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from posapp.values import dataclass

Scope = Literal["store", "region", "chain", "channel"]
#: From the narrowest to the widest; the first that has a price wins.
SCOPES: Final[tuple[Scope, ...]] = ("store", "region", "chain", "channel")


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of one item.

    `place` is the store, region or channel of its scope (empty for the chain). `begins` and `ends` (not
    included) are wall-clock times of the shop where they have no zone. `for_members`: a member's price, of
    the `levels` if any are named. It holds from `least_qty` pieces on.
    """

    row_id: str
    sku: str
    amount_minor: int
    scope: Scope = "chain"
    place: str = ""
    currency: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    for_members: bool = False
    levels: frozenset[str] = frozenset()
    least_qty: int = 1


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a price, where and when; `at` has the shop's zone. `level` is None for no member."""

    at: datetime
    zone: ZoneInfo
    store_id: str = ""
    region: str = ""
    channel: str = ""
    currency: str = ""
    level: str | None = None
    quantity: int = 1

    def place(self, scope: Scope) -> str:
        """The place that rows of a scope must be for."""
        match scope:
            case "store":
                return self.store_id
            case "region":
                return self.region
            case "channel":
                return self.channel
            case "chain":
                return ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A row that does not decide, and why: "not_yet", "over", "member", "level", "quantity", "wider",
    "earlier" (another of its scope began later) or "not_lower"."""

    row: PriceRow
    reason: str


@dataclass(frozen=True, slots=True)
class Coming:
    """The next price that differs, and when it begins; None where there is none from then on."""

    at: datetime
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """Why this price: the row that decides, since when the amount holds, what comes next, what gave way.

    `reason` is the scope of the row, or "member". `instead_minor` is what who is no member pays. `since` is
    None where it has held for ever.
    """

    row: PriceRow
    reason: str
    since: datetime | None
    coming: Coming | None
    passed_over: tuple[PassedOver, ...]
    instead_minor: int | None = None

    @property
    def amount_minor(self) -> int:
        """The price of one piece."""
        return self.row.amount_minor


class PriceRows:
    """Price rows by item: the price now in one look, and on demand the whole story of it."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[PriceRow] = ()) -> None:
        self._rows: dict[str, list[PriceRow]] = {}
        for row in rows:
            self._rows.setdefault(row.sku, []).append(row)

    def put(self, row: PriceRow) -> None:
        """Add a row, in the place of the one with its id."""
        kept = [each for each in self._rows.get(row.sku, ()) if each.row_id != row.row_id]
        self._rows[row.sku] = [*kept, row]

    def remove(self, row: PriceRow) -> None:
        """Take a row out by its item and id; nothing happens where there is none."""
        kept = [each for each in self._rows.get(row.sku, ()) if each.row_id != row.row_id]
        if kept:
            self._rows[row.sku] = kept
        else:
            self._rows.pop(row.sku, None)

    def price(self, sku: str, asking: Asking) -> PriceRow | None:
        """The row that decides now, or None where the item has no price here."""
        rows = self._rows.get(sku)
        return None if rows is None else _deciding(_here(rows, asking), asking)[0]

    def why(self, sku: str, asking: Asking) -> PriceAnswer | None:
        """The price now with its reason, since when, what comes next, and what was passed over."""
        rows = _here(self._rows.get(sku, ()), asking)
        row, usual = _deciding(rows, asking)
        if row is None:
            return None
        return PriceAnswer(
            row=row,
            reason="member" if row is not usual else row.scope,
            since=_since(rows, asking, row.amount_minor),
            coming=_coming(rows, asking, row.amount_minor),
            passed_over=tuple(
                PassedOver(each, _why_not(each, asking, row, usual)) for each in rows if each is not row
            ),
            instead_minor=usual.amount_minor if usual is not None and usual is not row else None,
        )


# ------------------------------------------------------------------ the rule
def _here(rows: Sequence[PriceRow], asking: Asking) -> list[PriceRow]:
    """Rows for this place and currency, whenever they hold and whoever they are for."""
    return [
        row
        for row in rows
        if row.place == asking.place(row.scope) and (not row.currency or row.currency == asking.currency)
    ]


def _deciding(rows: Sequence[PriceRow], asking: Asking) -> tuple[PriceRow | None, PriceRow | None]:
    """The row that decides, and the one that decides for who is no member."""
    holding = [row for row in rows if _holds(row, asking) and row.least_qty <= asking.quantity]
    usual = _first(holding, asking, members=False)
    if asking.level is None:
        return usual, usual
    of_all = _first([row for row in holding if not row.levels], asking, members=True)
    of_level = _first([row for row in holding if asking.level in row.levels], asking, members=True)
    # Equal amounts: the usual row comes first, so that a member's price is named only where it is lower.
    offered = [row for row in (usual, of_all, of_level) if row is not None]
    return min(offered, key=lambda row: row.amount_minor, default=None), usual


def _first(rows: Sequence[PriceRow], asking: Asking, *, members: bool) -> PriceRow | None:
    """The narrowest scope's row; within it the larger quantity, the later beginning, the lower id."""
    ours = [row for row in rows if row.for_members == members]
    return min(ours, key=lambda row: _rank(row, asking), default=None)


def _rank(row: PriceRow, asking: Asking) -> tuple[int, int, bool, timedelta, str]:
    begins = _instant(row.begins, asking)
    ago = timedelta() if begins is None else asking.at - begins
    return SCOPES.index(row.scope), -row.least_qty, begins is None, ago, row.row_id


def _holds(row: PriceRow, asking: Asking) -> bool:
    begins, ends = _instant(row.begins, asking), _instant(row.ends, asking)
    return (begins is None or begins <= asking.at) and (ends is None or asking.at < ends)


def _instant(when: datetime | None, asking: Asking) -> datetime | None:
    """A row's time as an instant; without a zone it is the shop's own clock."""
    if when is None or when.tzinfo is not None:
        return when
    return when.replace(tzinfo=asking.zone)


# ------------------------------------------------------------------ the story
def _why_not(row: PriceRow, asking: Asking, deciding: PriceRow, usual: PriceRow | None) -> str:
    begins, ends = _instant(row.begins, asking), _instant(row.ends, asking)
    if begins is not None and asking.at < begins:
        return "not_yet"
    if ends is not None and asking.at >= ends:
        return "over"
    if row.for_members and asking.level is None:
        return "member"
    if row.levels and asking.level not in row.levels:
        return "level"
    if row.least_qty > asking.quantity:
        return "quantity"
    beside = usual if not row.for_members else (deciding if deciding.for_members else None)
    if beside is None or beside is row:
        return "not_lower"
    if SCOPES.index(beside.scope) < SCOPES.index(row.scope):
        return "wider"
    return "earlier" if beside.scope == row.scope else "not_lower"


def _turns(rows: Sequence[PriceRow], asking: Asking) -> list[datetime]:
    """Every instant at which some row begins or ends, in order."""
    edges = itertools.chain.from_iterable((row.begins, row.ends) for row in rows)
    return sorted({turn for edge in edges if (turn := _instant(edge, asking)) is not None})


def _amount_at(rows: Sequence[PriceRow], asking: Asking, at: datetime) -> int | None:
    row = _deciding(rows, replace(asking, at=at))[0]
    return None if row is None else row.amount_minor


def _since(rows: Sequence[PriceRow], asking: Asking, amount_minor: int) -> datetime | None:
    turns = [turn for turn in _turns(rows, asking) if turn <= asking.at]
    for later, turn in itertools.zip_longest(reversed(turns), reversed(turns[:-1])):
        before = later - timedelta(microseconds=1) if turn is None else turn
        if _amount_at(rows, asking, before) != amount_minor:
            return later
    return None


def _coming(rows: Sequence[PriceRow], asking: Asking, amount_minor: int) -> Coming | None:
    for turn in _turns(rows, asking):
        if turn > asking.at:
            then = _amount_at(rows, asking, turn)
            if then != amount_minor:
                return Coming(turn, then)
    return None
