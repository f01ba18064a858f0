"""Rights in the ledger: leases spent with the sale that spends them, joins apart from facts, codes' steps."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.facts import MemberJoined, TransactionCompleted
from posapp.domain.member_facts import CouponUsed, LeaseClosed, MemberIdentified, SaleMember
from posapp.domain.members.clock import HubClock
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import CodeRules
from posapp.domain.members.terms import Joining
from posapp.flows.member_effects import KeepJoin
from posapp.store.engine import open_ledger
from posapp.store.epochs import mark_restored
from posapp.store.hub_time import HubTimeKeeper
from posapp.store.joins import count_joins
from posapp.store.leases import GrantedLease, HeldLeases, held_leases, take_leases
from posapp.store.ledger import Ledger
from posapp.store.recovery import recover
from posapp.store.rights_store import RightsStore
from posapp.store.serials import SqliteSoldReader
from posapp.store.writer import LedgerWriter, Patience
from sync.engine.ports import Beginning, StoreUnavailable
from tests.store.conftest import (
    PLACE,
    Answers,
    FailingConnection,
    LedgerKit,
    RealClock,
    commit_of,
    committed,
    sale,
    shift_opened,
)

HOUR_MS = 3_600_000


def granted(lease_id: str, kind: Any = "points", amount: int = 500, until_ms: int = HOUR_MS) -> GrantedLease:
    return GrantedLease(Lease(lease_id, kind, amount, until_ms), "{}", "key", "signature")


def take(ledger: Ledger, *leases: GrantedLease, epoch: int = 1, now_ms: int = 0) -> None:
    def work(connection: Any) -> None:
        take_leases(connection, leases, epoch=epoch, worst_minor=(900, 300), now_ms=now_ms)

    assert ledger.write(work) is None


def held(ledger: Ledger) -> HeldLeases:
    return held_leases(ledger.connection())


def spending(number: int, *, points: int = 0, coupon_minor: int = 0, gift_minor: int = 0) -> Any:
    """A sale that gives away rights without having asked."""
    plain: TransactionCompleted = sale(transaction_id=f"sale-{number}")
    member = SaleMember("M1", "code", points_used=points, points_minor=points, points_lease_id="L-points")
    tenders = (replace(plain.tenders[0], amount_minor=plain.tenders[0].amount_minor - gift_minor),)
    if gift_minor:
        card = replace(
            tenders[0], tender_no=2, kind="gift", amount_minor=gift_minor, reference="G1", lease_id="L-gift"
        )
        tenders = (*tenders, card)
    return replace(
        plain,
        member=member if points else None,
        coupons=(CouponUsed("C1", "B1", coupon_minor, "L-coupons"),) if coupon_minor else (),
        tenders=tenders,
    )


def test_what_a_sale_gives_away_is_counted_in_its_own_transaction(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(
        ledger, granted("L-points"), granted("L-coupons", "coupons", 5_000), granted("L-gift", "gift", 9_000)
    )
    committed(ledger.commit(commit_of(spending(1, points=120, coupon_minor=300, gift_minor=450))))
    committed(ledger.commit(commit_of(spending(2, points=80))))
    committed(ledger.commit(commit_of(sale(transaction_id="sale-3"))))
    spent = {lease.lease_id: lease.spent for lease in held(ledger).open}
    assert spent == {"L-points": 200, "L-coupons": 300, "L-gift": 450}


def test_a_sale_that_is_asked_again_spends_once(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    commit = commit_of(spending(1, points=120))
    assert committed(ledger.commit(commit)) == committed(ledger.commit(commit))
    again = kit.ledger()
    committed(again.commit(commit))
    assert held(again).open[0].spent == 120


@pytest.mark.parametrize("fail_at", range(1, 30))
def test_a_disk_that_fails_at_any_statement_leaves_sale_and_lease_agreeing(
    kit: LedgerKit, fail_at: int
) -> None:
    take(kit.ledger(), granted("L-points"))
    failing = FailingConnection(open_ledger(kit.path, busy_ms=20))
    ledger = kit.ledger(lambda: failing, with_shift=False)
    commit = commit_of(spending(1, points=120))
    failing.fail_at = fail_at
    ledger.commit(commit)
    stored = kit.one("SELECT count(*) FROM retail_transaction")
    assert kit.one("SELECT spent FROM lease") == 120 * stored


def test_a_sale_is_stored_whatever_is_left_of_its_lease(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points", amount=100))
    committed(ledger.commit(commit_of(spending(1, points=300))))
    assert (held(ledger).open[0].spent, held(ledger).open[0].left) == (300, 0)
    assert ledger.write(lambda connection: connection.execute("DELETE FROM lease") and None) is None
    committed(ledger.commit(commit_of(spending(2, points=10))))


def test_a_closed_lease_stays_closed_and_is_told_with_what_was_spent(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"), granted("L-gift", "gift"))
    committed(ledger.commit(commit_of(spending(1, points=120))))
    assert ledger.record([LeaseClosed("L-points", 120, 5)]) is None
    assert [lease.lease_id for lease in held(ledger).open] == ["L-gift"]
    assert held(ledger).closed == (("L-points", 120),)
    take(ledger, granted("L-points", amount=9_999), granted("L-new"))
    assert [lease.lease_id for lease in held(ledger).open] == ["L-new"]
    assert dict(held(ledger).closed) == {"L-points": 120, "L-gift": 0}
    assert held(ledger).worst_minor == (900, 300)
    assert (
        json.loads(kit.rows("SELECT body FROM journal ORDER BY journal_no")[-1][0])["kind"] == "LeaseClosed"
    )


def test_a_lease_that_is_granted_again_keeps_what_was_spent(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    committed(ledger.commit(commit_of(spending(1, points=120))))
    take(ledger, granted("L-points", amount=700, until_ms=2 * HOUR_MS))
    assert held(ledger).open == (Lease("L-points", "points", 700, 2 * HOUR_MS, 120),)


def test_closed_leases_are_forgotten_long_after_their_end(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    take(ledger, now_ms=HOUR_MS)
    assert held(ledger).closed == (("L-points", 0),)
    take(ledger, now_ms=26 * HOUR_MS)
    assert held(ledger).closed == ()


def test_a_ledger_that_begins_another_life_has_no_leases(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    ledger.have_leases_changed()
    assert ledger.begin(Beginning("set_up", 1, 0, 500, 5)) is not None
    assert len(held(ledger).open) == 1
    ledger.begin(Beginning("restored", 1, 7, 0, 0))
    assert held(ledger).open == ()
    assert ledger.have_leases_changed()
    take(ledger, granted("L-points"), epoch=1)
    assert held(ledger).open == ()
    take(ledger, granted("L-points"), epoch=held(ledger).epoch)
    assert len(held(ledger).open) == 1


def test_a_ledger_that_was_put_back_has_none_from_its_first_moment_without_a_network(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    assert ledger.write(mark_restored) is None
    assert recover(ledger.connection(), now_ms=0).leases == (Lease("L-points", "points", 500, HOUR_MS),)
    again = kit.ledger()
    again.begin_if_restored()
    assert recover(again.connection(), now_ms=0).leases == ()


def test_what_was_kept_comes_back_at_the_start(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    take(ledger, granted("L-points"))
    committed(ledger.commit(commit_of(spending(1, points=120))))
    found = recover(kit.ledger().connection(), now_ms=0)
    assert found.leases == (Lease("L-points", "points", 500, HOUR_MS, 120),)
    assert found.lease_worst_minor == (900, 300)
    assert not found.programme.is_on


def test_a_step_of_a_code_is_kept_with_its_fact(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    seen = MemberIdentified("M1", "code", "sale-1", "op-1", 5, step=40)
    assert ledger.record([seen, replace(seen, step=38), replace(seen, member_id="M2", step=7)]) is None
    assert kit.rows("SELECT member_id, step FROM code_step ORDER BY 1") == [("M1", 40), ("M2", 7)]


# --- through the writer's thread ----------------------------------------------------------------

JOINING = Joining("J1", "T000000000001", "+8613800006027", "陈思雨", consents={"terms": "1"}, at_ms=9)
JOINED = MemberJoined("J1", "T000000000001", (("terms", "1"),), "op-1", 9)


class Till:
    """A ledger with its writer, what was told of leases, and the store of rights over both."""

    def __init__(self, kit: LedgerKit) -> None:
        ledger = Ledger(lambda: open_ledger(kit.path, busy_ms=20), place=PLACE, clock=kit.clock, ids=kit.ids)
        self.writer = LedgerWriter(
            ledger, RealClock(), on_draft_failed=lambda _trouble: None, patience=Patience(0.02, 0.02)
        )
        self.told: list[Any] = []
        self.writer.on_leases = lambda held: self.told.append([lease.spent for lease in held.open])
        self.store = RightsStore(kit.path, self.writer)
        self.answers = Answers()
        self.writer.start()
        self.commit(shift_opened())

    def commit(self, fact: Any) -> None:
        count = len(self.answers.values) + 1
        commit = commit_of(fact) if isinstance(fact, TransactionCompleted) else None
        self.writer.commit(commit or _opening(fact), self._answered)
        self.answers.wait(count)

    def _answered(self, answer: Any) -> None:
        self.told.append("committed")
        self.answers(committed(answer))

    def close(self) -> None:
        self.store.close()
        self.writer.close()


def _opening(fact: Any) -> Any:
    from posapp.flows.effects import Commit

    return Commit("open", (fact,))


@pytest.fixture
def till(kit: LedgerKit) -> Iterator[Till]:
    made = Till(kit)
    yield made
    made.close()


def test_a_till_knows_the_coupons_that_its_sales_used_up(till: Till, kit: LedgerKit) -> None:
    till.commit(spending(1, coupon_minor=500))
    known = SqliteSoldReader(kit.path)
    assert known.sold_at_ms("coupon", "C1") is not None
    assert known.sold_at_ms("coupon", "C2") is None
    known.close()


def test_a_wish_to_join_is_stored_with_its_fact_and_the_fact_holds_no_person(
    till: Till, kit: LedgerKit
) -> None:
    till.writer.keep_join(KeepJoin(JOINING, JOINED), till.answers)
    kept = till.answers.wait(2)[1]
    assert (kept.join_id, kept.trouble) == ("J1", "")
    (request,) = till.store.pending_joins()
    assert (request.phone, request.name, request.consents) == ("+8613800006027", "陈思雨", {"terms": "1"})
    line = kit.rows("SELECT body FROM journal WHERE kind = 'MemberJoined'")[0][0].decode()
    assert "T000000000001" in line
    assert "6027" not in line
    assert "陈" not in line


def test_a_wish_that_the_hub_has_leaves_nothing_in_the_file(till: Till, kit: LedgerKit) -> None:
    till.writer.keep_join(KeepJoin(JOINING, JOINED), till.answers)
    till.answers.wait(2)
    till.store.forget_join("J1")
    assert till.store.pending_joins() == []
    till.close()
    last = open_ledger(kit.path)
    assert count_joins(last) == 0
    last.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    last.close()
    assert b"8613800006027" not in kit.path.read_bytes()


def test_many_wishes_leave_nothing_in_file_and_log_while_the_till_goes_on(till: Till, kit: LedgerKit) -> None:
    """Pages are split by so many, and every page of them was in the log."""
    phones = [f"+86138{number:04d}7777" for number in range(60)]
    for number, phone in enumerate(phones):
        joining = Joining(f"J{number}", f"T{number:012d}", phone, "陈思雨", consents={"terms": "1"}, at_ms=1)
        fact = MemberJoined(joining.join_id, joining.member_id, (), "1", 1)
        till.writer.keep_join(KeepJoin(joining, fact), till.answers)
    till.answers.wait(len(phones) + 1)
    files = [kit.path, kit.path.with_name(kit.path.name + "-wal")]

    def left() -> int:
        found = b"".join(each.read_bytes() for each in files)
        return sum(text.encode() in found for text in (*phones, "陈思雨"))

    assert left() == len(phones) + 1
    order = list(range(len(phones)))
    random.Random(3).shuffle(order)
    for number in order:
        till.store.forget_join(f"J{number}")
    pause, tries = threading.Event(), 0
    while left() and tries < 500:
        pause.wait(0.02)
        tries += 1
    assert left() == 0
    assert till.store.pending_joins() == []


def test_leases_are_told_before_the_sale_that_spent_them_is_answered(till: Till) -> None:
    till.store.take_leases([granted("L-points")], epoch=1, worst_minor=(1, 1), now_ms=0)
    till.told.clear()
    till.commit(sale(transaction_id="sale-1"))
    till.commit(spending(2, points=30))
    assert till.told == ["committed", [30], "committed"]
    till.store.close_leases([LeaseClosed("L-points", 30, 1)])
    assert till.told[-1] == []
    assert till.store.leases().closed == (("L-points", 30),)


def test_a_ledger_that_takes_nothing_says_so_and_keeps_its_leases(till: Till, kit: LedgerKit) -> None:
    till.store.take_leases([granted("L-points")], epoch=1, worst_minor=(1, 1), now_ms=0)
    locking = open_ledger(kit.path)
    locking.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        till.store.close_leases([LeaseClosed("L-points", 0, 1)])
    locking.execute("ROLLBACK")
    locking.close()
    assert len(till.store.leases().open) == 1


def test_the_hubs_time_outlives_a_restart_and_no_jump_of_the_wall_clock_moves_it(
    till: Till, kit: LedgerKit
) -> None:
    wall, steady = [1_000_000], [50]
    keeper = HubTimeKeeper(till.writer, CodeRules, wall=lambda: wall[0], steady=lambda: steady[0])
    keeper.load(kit.path)
    assert keeper.now().unsure_ms == 600_000
    keeper.told(5_000_000)
    wall[0] -= 900_000
    steady[0] += 1_000
    assert (keeper.now().now_ms, keeper.now().unsure_ms) == (5_001_000, 90_000)
    till.writer.flush()
    wall[0], steady[0] = 1_100_000, 0
    again = HubTimeKeeper(till.writer, CodeRules, wall=lambda: wall[0], steady=lambda: steady[0])
    again.load(kit.path)
    assert (again.now().now_ms, again.now().unsure_ms) == (5_100_000, 600_000)
    wall[0] = 0
    assert again.now().now_ms == 5_000_000
    assert HubClock(5_000_000, 4_000_000) == again._kept


def test_contacts_one_after_the_other_do_not_write_each_time(till: Till, kit: LedgerKit) -> None:
    wall, steady = [1_000_000], [0]
    keeper = HubTimeKeeper(till.writer, CodeRules, wall=lambda: wall[0], steady=lambda: steady[0])
    keeper.told(2_000_000)
    for _contact in range(20):
        wall[0] += 10_000
        keeper.told(wall[0] + 1_000_300)
    till.writer.flush()
    assert kit.rows("SELECT floor_ms, offset_ms FROM clock") == [(2_000_000, 1_000_000)]
