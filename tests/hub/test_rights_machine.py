"""Any order of holds, sales, releases, returns and time: accounts are their entries, coupons are had once."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from sync.hub.database import Database
from sync.hub.loyalty import accounts, coupons, fact_folding, holds, points
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.compensation import losses
from sync.hub.schema.coupons import COUPON
from sync.hub.schema.points import NEVER_MS, POINTS_ACCOUNT
from sync.hub.schema.rights import HELD, RIGHTS_HOLD
from tests.hub.conftest import NOW_MS
from tests.hub.postgres import Databases
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
    server: Databases | None = None

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.database = Database(self._fresh())
        self.now_ms = NOW_MS
        self.holds = 0
        self.facts: dict[str, bytes] = {}

    def _fresh(self) -> Path | str:
        if self.server is not None:
            return self._stack.enter_context(self.server.fresh())
        path = Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "hub.db"
        shutil.copy(self.model, path)
        return path

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

    @invariant()
    def what_is_kept_is_kept_for_one(self) -> None:
        kept: Counter[str] = Counter()
        with self.database.reading() as connection:
            rows = connection.execute(select(RIGHTS_HOLD).where(RIGHTS_HOLD.c.state == HELD)).all()
        for row in rows:
            kept[row.member_id] += row.points
            for coupon_id in msgspec.json.decode(row.coupons):
                assert coupon(self.database, coupon_id).locked_by == row.transaction_id
        held = {one for row in rows for one in msgspec.json.decode(row.coupons)}
        assert {one for one in IDS if coupon(self.database, one).state == "locked"} == held
        for member_id in (ANN, BOB):
            assert account(self.database, member_id).held == kept[member_id]

    def teardown(self) -> None:
        self.database.close()
        self._stack.close()


def run(examples: int, *, derandomize: bool = False) -> None:
    """Run the machine so often."""
    run_state_machine_as_test(
        Rights,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, derandomize=derandomize,
            database=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,) if derandomize else tuple(Phase),
        ),
    )  # fmt: skip


@pytest.mark.usefixtures("tmp_path")
def test_rights_hold_in_any_order(sqlite_model: Path) -> None:
    Rights.model, Rights.server = sqlite_model, None
    run(15)


@pytest.mark.needs_postgres
def test_rights_hold_in_any_order_on_postgresql(postgres_databases: Databases) -> None:
    Rights.server = postgres_databases
    run(3)


# ------------------------------------------------------------------ planted faults
def lock_of_any() -> list[AbstractContextManager[Any]]:
    """Whoever asks gets the coupon."""
    values = coupons._to("locked", locked_by=bindparam("sale"), locked_until_ms=bindparam("lock_until_ms"))
    taken: Update = update(COUPON).where(coupons._THIS).values(values)
    lock = taken.returning(COUPON.c.changes)
    return [patch.object(coupons, "_LOCK", lock), patch.object(coupons, "_refusal", lambda *_: None)]


def earned_each_time() -> list[AbstractContextManager[Any]]:
    """A fact that comes again is folded again, under another name in the book."""
    real: Any = accounts.enter

    def enter(*args: Any) -> None:
        connection, cause, *rest = args
        count = points._count(connection, cause.source_id, rest[0])
        real(connection, cause, *rest[:4], count)

    return [
        patch.object(fact_folding, "_claim", lambda *_, **__: True),
        patch.object(points, "is_entered", lambda *_: False),
        patch.object(points, "enter", enter),
    ]


def below_nothing() -> list[AbstractContextManager[Any]]:
    """Points are kept and used whether or not they are there."""
    free = update(POINTS_ACCOUNT).where(accounts.WHOSE)
    row, bind = POINTS_ACCOUNT.c, bindparam
    hold = free.values(held=row.held + bind("more"), changed_at_ms=bind("now_ms"))
    spend = free.values(
        active=row.active - bind("points"), held=row.held - bind("kept"), changed_at_ms=bind("now_ms")
    )
    return [patch.object(accounts, "_HOLD", hold), patch.object(points, "SPEND", spend)]


def hold_forgotten() -> list[AbstractContextManager[Any]]:
    """A hold that takes the place of another leaves what that one kept."""
    return [patch.object(holds, "release", lambda *_, **__: False)]


@pytest.mark.parametrize("fault", [lock_of_any, earned_each_time, below_nothing, hold_forgotten])
def test_the_machine_sees_planted_faults(
    sqlite_model: Path, fault: Callable[[], list[AbstractContextManager[Any]]]
) -> None:
    Rights.model, Rights.server = sqlite_model, None
    with ExitStack() as stack:
        for one in fault():
            stack.enter_context(one)
        with pytest.raises((AssertionError, IntegrityError, ExceptionGroup)):
            run(60, derandomize=True)
