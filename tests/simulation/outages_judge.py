"""The judge of the outage campaign: counts everything anew from the facts and compares with the hub's books.

Reads the journals of the tills and the rows of the hub; calls nothing of what decides about rights. What a
fact says was given away has to be in the books once, or be somebody's to work off.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from sync.hub.schema.coupons import COUPON, COUPON_EVENT
from sync.hub.schema.events import EVENT, EXCEPTION, QUARANTINE, RETAIL_TRANSACTION
from sync.hub.schema.feeds import JOB
from sync.hub.schema.gift_cards import GIFT_CARD, GIFT_ENTRY, GIFT_HOLD
from sync.hub.schema.leases import COMPENSATION, LEASE
from sync.hub.schema.members import MEMBER_REF
from sync.hub.schema.points import POINTS_ACCOUNT, POINTS_BUCKET, POINTS_ENTRY
from sync.hub.schema.rights import RIGHTS_HOLD
from tests.simulation.outages_shop import OWNER
from tests.simulation.outages_till import Till

#: Clocks are at most so wrong against the hub's last word, and a code shows the time for so long.
CLOCK_OFF_MS: Final = 600_000
STEP_MS: Final = 60_000
#: What of time the campaign itself may lose in a question.
_LOST_MS: Final = 30_000
#: The kind of lease under which a right is given away.
LEASE_OF: Final = {"points": "points", "coupon": "coupons", "gift_spent": "gift"}
Spend = tuple[str, str, str, int]


@dataclass
class Facts:
    """What the tills say happened, as the hub has it: bodies by id, and where."""

    sales: dict[str, dict[str, Any]] = field(default_factory=dict)
    returns: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, line: bytes) -> None:
        event = msgspec.json.decode(line)
        body = event["body"]
        if event["kind"] == "TransactionCompleted":
            name, into = body["transaction_id"], self.sales
        elif event["kind"] == "ReturnCompleted":
            name, into = body["return_id"], self.returns
        else:
            return
        into[name] = body
        self.places[name] = (event["store_id"], event["terminal_id"])


def spends(sale: Mapping[str, Any]) -> Iterator[Spend]:
    """(lease, kind, right, amount) of what a sale gave away, with a lease or ("") with the hub's word."""
    member = sale.get("member") or {}
    if member.get("points_used"):
        yield member.get("points_lease_id", ""), "points", member["member_id"], member["points_used"]
    for coupon in sale.get("coupons", ()):
        yield coupon.get("lease_id", ""), "coupon", coupon["coupon_id"], coupon["amount_minor"]
    for tender in sale["tenders"]:
        if tender["kind"] == "gift":
            yield tender.get("lease_id", ""), "gift_spent", tender["reference"], tender["amount_minor"]


class Judge:
    """One seed's end, told as sentences in `faults`."""

    def __init__(self, connection: Connection, tills: Sequence[Till]) -> None:
        self._connection = connection
        self._tills = tills
        self.faults: list[str] = []
        self.facts = Facts()
        for row in self._all(select(EVENT.c.line)):
            self.facts.add(bytes(row.line))
        self.losses = self._all(select(COMPENSATION))
        self._lost: dict[tuple[str, str, str], Any] = {
            (row.transaction_id, row.kind, row.right_id): row for row in self.losses
        }
        ids = self._all(select(MEMBER_REF.c.key, MEMBER_REF.c.member_id).where(MEMBER_REF.c.kind == "alias"))
        self._whose = {row.key: row.member_id for row in ids}

    def judge(self) -> None:
        """Everything but the bound, which needs what was shown before."""
        self._lines()
        self._points()
        self._coupons()
        self._gifts()
        self._nothing_held()
        self._losses()
        self._leases()
        self._codes()

    def _all(self, query: Any) -> Sequence[Any]:
        return self._connection.execute(query).all()

    def _must(self, is_so: object, fault: str) -> None:
        if not is_so:
            self.faults.append(fault)

    # ------------------------------------------------------------------ lines
    def _lines(self) -> None:
        rows = self._all(select(EVENT.c.event_id, EVENT.c.line))
        held = {row.event_id: bytes(row.line) for row in rows}
        self._must(len(held) == len(rows), "an event is held twice")
        mine = {name: line for till in self._tills for name, _kind, line in till.facts()}
        gone = {name: line for till in self._tills for name, _kind, line in till.gone}
        lost = [name for name, line in mine.items() if held.get(name) != line]
        self._must(not lost, f"{len(lost)} lines lost or changed")
        more = [name for name in held.keys() - mine.keys() if held[name] != gone.get(name)]
        self._must(not more, f"{len(more)} lines that no till wrote")
        table = RETAIL_TRANSACTION
        rows = self._all(select(table.c.transaction_id, table.c.total_minor))
        at_hub = {row.transaction_id: row.total_minor for row in rows}
        sold = {name: sale["total_minor"] for name, sale in self.facts.sales.items()}
        self._must(at_hub == sold, f"{len(at_hub)} sales at the hub, {len(sold)} told, or other amounts")
        for till in self._tills:
            self._must(not till.waiting(), f"{till.path.parent.name}: {till.waiting()} lines still wait")
            self._must(not till.writer.faults, f"the ledger's thread: {till.writer.faults[:1]}")
        self._must(not self._all(select(QUARANTINE)), "lines in quarantine")
        kinds = {row.kind for row in self._all(select(EXCEPTION.c.kind))}
        for kind in kinds & {"lease_overspent", "unreadable", "fork"}:
            self.faults.append(f"exception {kind}")
        failed = self._all(select(JOB.c.kind, JOB.c.error).where(JOB.c.attempts > 0))
        self._must(not failed, f"jobs failed: {failed[:1]}")

    # ------------------------------------------------------------------ points
    def _points(self) -> None:
        entries = self._all(select(POINTS_ENTRY))
        earned: defaultdict[str, list[Any]] = defaultdict(list)
        used: Counter[str] = Counter()
        total: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in entries:
            for place, name in enumerate(("active", "pending", "debt")):
                total[row.member_id][place] += int(getattr(row, name))
            if row.kind == "earned":
                earned[row.source_id].append(row)
            elif row.kind == "used":
                used[row.source_id] -= int(row.active)
        for sale_id, sale in self.facts.sales.items():
            member = sale.get("member") or {}
            told = earned.pop(sale_id, [])
            worth = sum(int(row.active) + int(row.pending) - int(row.debt) for row in told)
            expected = member.get("points_earned", 0)
            self._must(worth == expected and len(told) <= 1, f"earned {worth} for {expected} of {sale_id}")
            whose = {self._canonical(row.member_id) for row in told} - {
                self._canonical(member.get("member_id", ""))
            }
            self._must(not whose, f"points of {sale_id} are another's")
            short = sum(
                int(row.points)
                for row in self.losses
                if row.transaction_id == sale_id and row.kind == "points"
            )
            booked = used.pop(sale_id, 0) + short
            self._must(booked == member.get("points_used", 0), f"points used in {sale_id}: {booked} booked")
        self._must(not earned and not used, "points of sales that nobody made")
        self._accounts(total)

    def _accounts(self, total: Mapping[str, Sequence[int]]) -> None:
        left: Counter[str] = Counter()
        for row in self._all(select(POINTS_BUCKET)):
            left[row.member_id] += int(row.left_over)
        for row in self._all(select(POINTS_ACCOUNT)):
            have = [int(row.active), int(row.pending), int(row.debt)]
            self._must(have == list(total[row.member_id]), f"account {have} is not the sum of its entries")
            self._must(left[row.member_id] == have[0] + have[1], "account and buckets differ")
            self._must(min(have) >= 0, f"an account below nothing: {have}")
            self._must(row.held == 0, f"{row.held} points are held for ever")

    def _canonical(self, member_id: str) -> str:
        return self._whose.get(member_id, member_id)

    # ------------------------------------------------------------------ coupons
    def _coupons(self) -> None:
        uses: defaultdict[str, list[str]] = defaultdict(list)
        for sale_id, sale in self.facts.sales.items():
            for coupon in sale.get("coupons", ()):
                uses[coupon["coupon_id"]].append(sale_id)
        redeemed: defaultdict[str, list[str]] = defaultdict(list)
        last: dict[str, str] = {}
        query = select(COUPON_EVENT).order_by(COUPON_EVENT.c.coupon_id, COUPON_EVENT.c.change_no)
        for row in self._all(query):
            if row.kind == "redeemed":
                self._must(last.get(row.coupon_id) != "redeemed", f"{row.coupon_id} redeemed twice")
                redeemed[row.coupon_id].append(row.transaction_id)
            if row.kind in ("redeemed", "reissued"):
                last[row.coupon_id] = row.kind
        for coupon_id, sales in uses.items():
            lost = [one for one in sales if (one, "coupon", coupon_id) in self._lost]
            booked = sorted((*redeemed.get(coupon_id, ()), *lost))
            fault = f"coupon {coupon_id}: {len(sales)} uses, {len(booked)} booked"
            self._must(booked == sorted(sales), fault)
        self._must(redeemed.keys() <= uses.keys(), "a coupon redeemed by nobody")

    # ------------------------------------------------------------------ gift cards
    def _gifts(self) -> None:
        entries = self._all(select(GIFT_ENTRY))
        total: Counter[str] = Counter()
        spent: Counter[tuple[str, str]] = Counter()
        put: Counter[tuple[str, str]] = Counter()
        for row in entries:
            total[row.card_id] += int(row.amount_minor)
            into = put if row.amount_minor > 0 else spent
            into[row.transaction_id, row.card_id] += abs(int(row.amount_minor))
        for row in self._all(select(GIFT_CARD)):
            self._must(total[row.card_id] == row.balance_minor >= 0, f"card {row.card_id} is not its entries")
            self._must(row.held_minor == 0, f"{row.held_minor} of a gift card are held for ever")
        for sale_id, sale in self.facts.sales.items():
            for _lease, kind, card_id, amount in spends(sale):
                if kind == "gift_spent":
                    lost = self._lost.get((sale_id, kind, card_id))
                    booked = spent[sale_id, card_id] + (0 if lost is None else int(lost.amount_minor))
                    self._must(booked == amount, f"gift card in {sale_id}: {booked} booked of {amount}")
            for line in sale["lines"]:
                if line.get("gift_card"):
                    on = put[sale_id, line["gift_card"]]
                    self._must(on == line["amount_minor"], f"{on} put on a card by {sale_id}")

    # ------------------------------------------------------------------ the rest
    def _nothing_held(self) -> None:
        locked = self._all(select(COUPON.c.coupon_id).where(COUPON.c.state == "locked"))
        self._must(not locked, f"{len(locked)} coupons are locked for ever")
        for table in (RIGHTS_HOLD, GIFT_HOLD):
            kept = self._connection.execute(
                select(func.count()).select_from(table).where(table.c.state == "held")
            ).scalar_one()
            self._must(not kept, f"{kept} rows of {table.name} are held for ever")

    def _losses(self) -> None:
        """What is lost was given away without asking, by a till that may be named, and is somebody's."""
        granted = {row.lease_id: row for row in self._all(select(LEASE))}
        for row in self.losses:
            what = f"{row.kind} of {row.transaction_id}"
            self._must(row.owner == OWNER and row.amount_minor > 0, f"{what} has no owner or amount")
            self._must(row.lease_id in granted, f"given away twice with the hub's word: {what}")
            used = [one for one in spends(self.facts.sales.get(row.transaction_id, {"tenders": ()}))
                    if one[:2] == (row.lease_id, row.kind)]  # fmt: skip
            most = sum(amount for *_named, amount in used)
            self._must(used and row.amount_minor <= most, f"{what}: {row.amount_minor} lost of {most}")

    def _leases(self) -> None:
        granted = {row.lease_id: row for row in self._all(select(LEASE))}
        spent: Counter[str] = Counter()
        for sale_id, sale in self.facts.sales.items():
            for lease_id, kind, _right, amount in spends(sale):
                row = granted.get(lease_id)
                if not lease_id:
                    continue
                spent[lease_id] += amount
                if row is None or (row.store_id, row.terminal_id) != self.facts.places[sale_id]:
                    self.faults.append(f"{kind} of {sale_id} under a lease of somebody else")
        over = [name for name, amount in spent.items() if name in granted and amount > granted[name].amount]
        self._must(not over, f"{len(over)} leases were spent beyond their amount")
        for name, row in granted.items():
            self._must(spent[name] == row.settled, f"lease: {spent[name]} spent, {row.settled} settled")

    def _codes(self) -> None:
        for till in self._tills:
            for age_ms, unsure_ms in till.code_ages:
                most = unsure_ms + 2 * STEP_MS + CLOCK_OFF_MS + _LOST_MS
                self._must(-most < age_ms < most, f"a member code was taken {age_ms // 60_000} min late")
