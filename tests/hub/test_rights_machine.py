"""Any order of holds, sales, releases, returns and time: accounts are their entries, coupons are had once."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sync.hub.database import Database
from sync.hub.loyalty import coupons
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.compensation import losses
from sync.hub.schema.points import NEVER_MS
from tests.hub.conftest import NOW_MS
from tests.hub.rights_world import (
    ANN,
    BOB,
    DAY_MS,
    account,
    add_members,
    coupon,
    folded,
    give_coupons,
    give_points,
    goods_back,
    keep,
    released,
    sale,
)

MEMBERS = st.sampled_from((ANN, BOB))
SALES = st.sampled_from(tuple(f"sale-{number}" for number in range(5)))
COUPONS = st.sets(st.sampled_from(("C0", "C1", "C2")), max_size=2)
POINTS = st.integers(0, 60)
IDS = ("C0", "C1", "C2")


class Rights(RuleBasedStateMachine):
    """Two members, three coupons, five sales whose facts may come at any time and any number of times."""

    model: Path

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "hub.db"
        shutil.copy(self.model, path)
        self.database = Database(path)
        self.now_ms = NOW_MS
        self.holds = 0
        self.facts: dict[str, bytes] = {}

    @initialize(points=st.integers(0, 100))
    def begin(self, points: int) -> None:
        add_members(self.database, ANN, BOB)
        give_coupons(self.database, *IDS)
        for member_id in (ANN, BOB) if points else ():
            give_points(self.database, member_id, points, ends_ms=NOW_MS + 20 * DAY_MS)
            give_points(self.database, member_id, points + 1, ends_ms=NEVER_MS)

    @rule(sale_id=SALES, member_id=MEMBERS, wanted=COUPONS, points=POINTS)
    def hold(self, sale_id: str, member_id: str, wanted: set[str], points: int) -> None:
        self.holds += 1
        hold_id = f"h{self.holds}"
        more = {"member_id": member_id, "points": points, "hold_id": hold_id, "now_ms": self.now_ms}
        reply = keep(self.database, sale_id, *sorted(wanted), **more)  # type: ignore[arg-type]
        assert {*reply.coupons, *(one.coupon_id for one in reply.refused)} == wanted
        assert all(one.why in ("used", "locked", "expired") for one in reply.refused)
        assert reply.points in (0, points)
        assert all(coupon(self.database, one).locked_by == sale_id for one in reply.coupons)

    @rule(sale_id=SALES, member_id=MEMBERS, used_up=COUPONS, used=POINTS, earned=POINTS)
    def sell(self, sale_id: str, member_id: str, used_up: set[str], used: int, earned: int) -> None:
        told = self.facts.setdefault(
            sale_id,
            sale(sale_id, *sorted(used_up), member_id=member_id, used=used, earned=earned, at_ms=self.now_ms),
        )
        folded(self.database, told, told, now_ms=self.now_ms)

    @rule(sale_id=SALES, number=st.integers(0, 2), back=POINTS, taken=POINTS, coupons_back=COUPONS)
    def give_back(self, sale_id: str, number: int, back: int, taken: int, coupons_back: set[str]) -> None:
        return_id = f"back-{sale_id}-{number}"
        told = self.facts.setdefault(
            return_id, goods_back(return_id, sale_id, *sorted(coupons_back), back=back, taken=taken)
        )
        folded(self.database, told, now_ms=self.now_ms)

    @rule(sale_id=SALES, number=st.integers(1, 12))
    def release(self, sale_id: str, number: int) -> None:
        folded(self.database, released(sale_id, f"h{number}"), now_ms=self.now_ms)

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now_ms += days * DAY_MS
        pass_time(self.database, self.now_ms)

    @invariant()
    def accounts_are_their_entries(self) -> None:
        # Each looks at its sums, its buckets, and that nothing is below 0.
        account(self.database, ANN)
        account(self.database, BOB)

    @invariant()
    def no_coupon_is_had_twice(self) -> None:
        with self.database.reading() as connection:
            for coupon_id in IDS:
                rows = coupons.events_of(connection, coupon_id)
                assert [row.change_no for row in rows] == list(range(1, len(rows) + 1))
                kinds = Counter(row.kind for row in rows)
                assert 0 <= kinds["redeemed"] - kinds["reissued"] <= 1
            lost = {(one.loss.transaction_id, one.loss.right_id) for one in losses(connection)}
        assert len(lost) <= 3 * 5 * 2

    def teardown(self) -> None:
        self.database.close()
        self._folder.cleanup()


@pytest.mark.usefixtures("tmp_path")
def test_rights_hold_in_any_order(sqlite_model: Path) -> None:
    Rights.model = sqlite_model
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Rights,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
