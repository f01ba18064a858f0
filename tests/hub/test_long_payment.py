"""A payment that stays open far beyond what the hub keeps rights for: a till's own flows and the real hub."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from posapp.domain.facts import TransactionCompleted
from posapp.exchange.outgoing import Place, Position, envelope_bytes
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import ChooseTender, LinkStatus, Lock, Settle, StartTender, Tick
from posapp.flows.member_effects import HoldRights
from posapp.rights_desk.questions import question_of
from sync.hub.database import Database
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.clock_work import TURN_MS, pass_time
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.coupons import Batch, NewCoupon, coupon_of, issue, put_batch
from sync.hub.loyalty.folding import fold
from sync.hub.loyalty.holds import hold_rights
from sync.hub.loyalty.points import Account, Cause, adjust, take_accounts
from sync.hub.schema.events import PROGRESS
from sync.hub.schema.points import NEVER_MS
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.loyalty import HoldReply, HoldRequest
from tests.flows.offers import promotions
from tests.flows.picture import CHEN, COUPON, OFFERS, picture_sale
from tests.flows.world import World

PLACE = ("S1", "T03")
OTHER = ("S2", "T1")
MINUTE_MS = 60_000
#: All numbers of the till are here from the start: nothing but its word keeps its hold.
TOLD = 9


class Counter:
    """A till whose questions go straight into the hub's database, and a hub that hears it at every turn."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world = database, world
        self.is_online = True
        with database.writing() as connection:
            take_accounts(connection, (CHEN.member_id,))
            cause = Cause("opening")
            adjust(connection, cause, CHEN.member_id, 2_860, ends_ms=NEVER_MS, now_ms=self.now_ms)
            batch = Batch(COUPON.batch, {"en": "20 off"})
            put_batch(connection, batch, who="test", now_ms=self.now_ms)
            issue(
                connection, batch, [NewCoupon(COUPON.coupon_id, member_id=CHEN.member_id)], who="test",
                now_ms=self.now_ms,
            )  # fmt: skip
            figures: dict[str, Any] = {
                column.name: "" if str(column.type) == "TEXT" else 0 for column in TERMINAL_STATUS.c
            }
            named = {"store_id": PLACE[0], "terminal_id": PLACE[1], "epoch": 1}
            connection.execute(insert(TERMINAL_STATUS), figures | named | {"seq": TOLD})
            row = named | {"acked_through": TOLD, "received_at_ms": 0, "backed_up_through": 0}
            connection.execute(insert(PROGRESS), row)

    @property
    def now_ms(self) -> int:
        return self.world.hands.now_ms()

    def hold(self, request: HoldRequest) -> HoldReply:
        """A question over the link."""
        return self.database.write(
            lambda connection: hold_rights(connection, request, PLACE, now_ms=self.now_ms)
        )

    def do(self, *intents: Any) -> None:
        """Press, and answer what the hub is asked while it can be."""
        for intent in intents:
            for effect in self.world.do(intent).effects:
                if isinstance(effect, HoldRights) and self.is_online:
                    link: Any = self
                    self.world.do(question_of(effect, currency="CNY").ask(link))

    def wait(self, minutes: int) -> None:
        """Time goes by at both ends."""
        for _turn in range(minutes):
            self.world.hands.pass_by(MINUTE_MS)
            if self.is_online:
                with self.database.writing() as connection:
                    connection.execute(TERMINAL_STATUS.update().values(last_seen_ms=self.now_ms))
            # The worst order: the hub looks before the till has asked.
            if self.now_ms % TURN_MS < MINUTE_MS:
                pass_time(self.database, self.now_ms)
                assert self.other_till_gets() == ((), 0)
            self.do(Tick())

    def network(self, is_there: bool) -> None:
        """It comes or goes."""
        self.is_online = is_there
        self.do(LinkChanged(LinkStatus("online" if is_there else "offline")))

    def other_till_gets(self) -> tuple[tuple[str, ...], int]:
        """What another till would be given of the same."""
        asked = HoldRequest(
            f"other-{self.now_ms}", "other", CHEN.member_id, "code", coupons=(COUPON.coupon_id,), points=2_000
        )
        reply = self.database.write(
            lambda connection: hold_rights(connection, asked, OTHER, now_ms=self.now_ms)
        )
        return reply.coupons, reply.points

    def settle(self) -> TransactionCompleted:
        """Pay, and let the hub have the sale."""
        self.do(ChooseTender("cash"), Settle())
        (sale,) = self.world.store.sales()
        line = envelope_bytes(sale, Place(*PLACE, 1), Position("e", 1, 99), business_date="2026-05-29")
        self.database.write(lambda connection: fold(connection, [line], self.now_ms))
        return sale


@pytest.mark.parametrize("story", ["open", "locked", "outage", "outages"])
def test_what_an_open_payment_uses_is_nobody_elses(hub_database: Database, story: str) -> None:
    counter = Counter(hub_database, picture_sale())
    world = counter.world
    counter.do(StartTender())
    assert world.at == "Tendering"
    if story == "locked":
        counter.do(Lock())
    if story.startswith("outage"):
        for _outage in range(2 if story == "outages" else 1):
            counter.network(False)
            # The first minute after it is one in which the hub looks.
            counter.wait(118)
            counter.network(True)
            counter.wait(7)
    else:
        counter.wait(125)
    assert counter.other_till_gets() == ((), 0)
    if story == "locked":
        return
    sale = counter.settle()
    assert [each.coupon_id for each in sale.coupons] == [COUPON.coupon_id]
    used = 0 if sale.member is None else sale.member.points_used
    assert used == 1_300
    with hub_database.reading() as connection:
        assert losses(connection, is_open=None) == []
        row = coupon_of(connection, COUPON.coupon_id)
        after = account_of(connection, CHEN.member_id)
    assert row is not None
    assert (row.state, row.redeemed_by) == ("redeemed", sale.transaction_id)
    assert (after.active, after.held) == (2_860 - used, 0)


def test_goods_that_cost_nothing_are_a_sale_that_earns_nothing(hub_database: Database) -> None:
    world = picture_sale()
    counter = Counter(hub_database, world)
    free = {"id": "free", "kind": {"type": "pct", "pct": 100}}
    world.do(promotions(*OFFERS, free))
    assert world.desk.prices is not None
    assert world.desk.prices.paid_minor == 0
    counter.do(StartTender())
    sale = counter.settle()
    assert (sale.total_minor, sale.member is not None) == (0, True)
    assert sale.member is not None
    assert (sale.member.points_earned, sale.member.points_used, sale.coupons) == (0, 0, ())
    with hub_database.reading() as connection:
        assert account_of(connection, CHEN.member_id) == Account(2_860)
        assert losses(connection, is_open=None) == []
