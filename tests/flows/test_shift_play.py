from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.facts import DrawerCounted, OverrideGiven, ShiftOpened, ShiftSettled
from posapp.domain.paper import TextRow
from posapp.flows.effects import Commit, KickDrawer, Print, PrintNow
from posapp.flows.intents import (
    Approve,
    Back,
    ChooseReason,
    CloseShift,
    GoTo,
    KeyIn,
    MarkDenomination,
    NextDenomination,
    OpenShift,
    PrintReport,
    Recount,
    ResumePrinting,
    SelectOperator,
    ShiftRead,
    ShopChanged,
    ShowX,
    SignOff,
    StartCount,
    SubmitCount,
    SwitchLanguage,
)
from posapp.flows.refusals import Refusal
from posapp.flows.state import Counting, Reporting
from tests.domain.shops import CNY, LIN, SHOP, shop
from tests.flows.fakes import COLA, MILK
from tests.flows.world import World, labels


@pytest.fixture
def world() -> World:
    """A shift with one sale of 16.50 (rounded) in cash: 316.50 in the drawer."""
    world = World().open_shift()
    world.scan(COLA, MILK)
    world.pay("20")
    world.do(GoTo("sell"))
    return world


def count(world: World, pieces: dict[int, str]) -> None:
    """Count pieces by the place of their denomination."""
    world.do(StartCount())
    for place, keyed in pieces.items():
        world.do(MarkDenomination(place))
        world.key(keyed)


EXACT = {0: "3", 3: "1", 4: "1", 5: "1", 6: "1"}  # 300 + 10 + 5 + 1 + 0.5
SHORT = {0: "3"}  # 16.50 too little


def test_opening_with_a_float() -> None:
    world = World()
    world.sign_on()
    assert "300.00" in labels(world.terminal.view())
    world.key("250.5")
    world.do(OpenShift())
    (fact,) = [fact for fact in world.store.facts if isinstance(fact, ShiftOpened)]
    assert (fact.float_minor, fact.number, fact.business_date) == (25_050, 1, "2026-05-29")
    world.key("1")
    assert world.refused == Refusal.NotNow.sentence


def test_opening_that_cannot_be_stored() -> None:
    world = World()
    world.sign_on()
    world.trouble = "read_only"
    world.do(OpenShift())
    assert world.at == "CommitStuck"
    assert "磁盘只能读" in labels(world.terminal.view())


def test_x_shows_and_prints_the_running_figures(world: World) -> None:
    world.do(ShowX())
    text = labels(world.terminal.view())
    assert "班中小结" in text
    assert "316.50" in text
    outcome = world.do(PrintReport())
    (effect,) = outcome.effects
    assert isinstance(effect, PrintNow)
    assert effect.request.kind == "x_report"
    rows = effect.request.document.rows
    assert TextRow("应有现金", "316.50", bold=True) in rows
    assert not any(isinstance(row, TextRow) and row.left == "已点" for row in rows)
    world.do(CloseShift())
    assert world.refused == Refusal.NotNow.sentence
    world.do(ChooseReason("Not known"))
    assert world.refused == Refusal.NotNow.sentence
    world.do(Recount(), Back())
    assert world.at == "Selling"


def test_the_count_is_blind_until_it_is_submitted(world: World) -> None:
    count(world, EXACT)
    kick = max(n for n, effect in enumerate(world.effects) if isinstance(effect, KickDrawer))
    opened = world.effects[kick - 1]
    assert isinstance(opened, Commit)
    assert [(type(fact).__name__, fact.reason) for fact in opened.facts] == [("DrawerOpened", "count")]
    text = labels(world.terminal.view())
    assert "应有金额在提交后才显示" in text
    assert "已点\n316.50" in text
    assert "应有现金\n" not in text
    world.do(SubmitCount())
    assert "应有现金\n316.50" in labels(world.terminal.view())
    assert "在允许的 ±5.00 以内" in labels(world.terminal.view())


def test_closing(world: World) -> None:
    count(world, EXACT)
    world.holds_commits = True
    world.do(SubmitCount(), CloseShift())
    prints = [effect for effect in world.effects if isinstance(effect, Print)]
    assert len(prints) == 1  # the receipt's
    world.answer_commit()
    assert sum(isinstance(effect, Print) for effect in world.effects) == 2
    assert isinstance(world.phase, Reporting)
    assert world.phase.settled
    (fact,) = [fact for fact in world.store.facts if isinstance(fact, ShiftSettled)]
    assert (fact.variance_minor, fact.expected_minor, fact.counted_minor) == (0, 31_650, 31_650)
    assert fact.counts == ((10_000, 3), (1000, 1), (500, 1), (100, 1), (50, 1))
    assert world.desk.shift is None
    commit = next(e for e in reversed(world.effects) if isinstance(e, Commit))
    rows = commit.prints[0].document.rows
    assert TextRow("差额", "0.00", bold=True) in rows
    world.scan(COLA)
    assert world.refused == Refusal.ReportOpen.sentence
    world.do(CloseShift())
    assert world.refused == Refusal.NotNow.sentence
    world.do(Recount())
    assert world.refused == Refusal.NotNow.sentence
    world.do(StartCount())
    assert world.refused == Refusal.NoOpenShift.sentence
    world.do(Back())
    assert world.at == "ShiftClosed"
    world.holds_commits = False
    world.do(OpenShift())
    assert world.desk.shift.number == 2


def test_a_copy_of_the_z_is_the_z(world: World) -> None:
    count(world, EXACT)
    world.do(SubmitCount(), CloseShift())
    first = next(e for e in reversed(world.effects) if isinstance(e, Commit)).prints[0].document
    world.hands.pass_by(3_600_000)
    (effect,) = world.do(PrintReport()).effects
    assert isinstance(effect, PrintNow)
    copy = effect.request.document
    assert copy.rows[0] == TextRow("副本", align="center", bold=True)
    assert copy.rows[1:] == first.rows
    world.do(SwitchLanguage("en"), SignOff())
    assert world.at == "SignedOff"


def test_a_difference_needs_a_reason_and_a_manager(world: World) -> None:
    count(world, SHORT)
    world.do(SubmitCount(), CloseShift())
    assert world.refused == Refusal.NoReason.sentence
    assert "−" in labels(world.terminal.view())
    world.do(ChooseReason("Wrong change given"), CloseShift())
    assert world.at == "AwaitingOverride"
    assert "带差额" in labels(world.terminal.view())
    world.do(Back(), CloseShift(), SelectOperator("1009"))
    world.key("8642")
    world.do(Approve())
    given, settled = world.store.facts[-2:]
    assert isinstance(given, OverrideGiven)
    assert isinstance(settled, ShiftSettled)
    assert (given.permission, given.amount_minor) == ("close_with_variance", -1650)
    assert given.reason == settled.variance_reason == "Wrong change given"
    assert settled.variance_minor == -1650
    commit = next(e for e in reversed(world.effects) if isinstance(e, Commit))
    assert TextRow("原因", "找零找错了") in commit.prints[0].document.rows


def test_closing_without_the_right_needs_an_approval_with_its_own_reason() -> None:
    world = World(shop(permissions={**SHOP.permissions, LIN.role: frozenset()}))
    world.sign_on(SHOP.operators[3])
    world.do(OpenShift(), SignOff())
    world.sign_on(LIN)
    count(world, {0: "3"})
    world.do(SubmitCount(), CloseShift())
    assert world.at == "AwaitingOverride"
    assert "同意关班" in labels(world.terminal.view())
    world.do(SelectOperator("1010"))
    world.key("9753")
    world.do(Approve())
    assert world.refused == Refusal.ChooseReason.sentence
    world.do(ChooseReason("Not known"), Approve())
    given = world.store.facts[-2]
    assert isinstance(given, OverrideGiven)
    assert (given.permission, given.reason) == ("close_shift", "Not known")


def test_counting_step_by_step(world: World) -> None:
    world.do(StartCount())
    world.key("12")
    world.do(NextDenomination(), KeyIn("3"), MarkDenomination(0))
    assert isinstance(world.phase, Counting)
    assert (world.phase.entry, world.phase.counts) == ("12", {10_000: 12, 5000: 3})
    world.do(KeyIn("back"), KeyIn("."), MarkDenomination(99), MarkDenomination(-1))
    assert world.phase.counts == {10_000: 1, 5000: 3}
    for _ in CNY.denominations_minor:
        world.do(NextDenomination())
    assert world.phase.index == 0
    world.scan(COLA)
    assert world.scans()[3].refusal == "CountOpen"
    world.do(Recount())
    assert world.phase.counts == {}
    world.do(Back())
    assert world.at == "Selling"


def test_back_from_the_z_keeps_the_count(world: World) -> None:
    count(world, SHORT)
    world.do(SubmitCount(), Back())
    assert isinstance(world.phase, Counting)
    assert world.phase.counts == {10_000: 3}
    world.do(SubmitCount(), Recount())
    assert world.phase.counts == {}


def test_an_open_sale_is_ended_before_counting(world: World) -> None:
    world.scan(COLA)
    world.do(StartCount())
    assert (world.at, world.refused) == ("Selling", Refusal.SaleOpen.sentence)


def test_figures_that_cannot_be_read_again_do_not_stop_the_closing(world: World) -> None:
    world.holds_answers = True
    count(world, EXACT)
    world.do(SubmitCount(), CloseShift())
    assert world.refused == Refusal.StillReading.sentence
    world.do(ShiftRead(None), CloseShift())
    assert world.desk.shift is None


def test_the_figures_come_while_the_status_page_is_open(world: World) -> None:
    world.holds_answers = True
    count(world, EXACT)
    world.do(SubmitCount(), GoTo("status"))
    broken = replace(world.store.shift, quarantined=2)  # type: ignore[type-var]
    world.do(ShiftRead(broken))
    assert "2 条格式不对" in labels(world.terminal.view())
    world.do(GoTo("shift"))
    assert "有 2 条记录读不出来" in labels(world.terminal.view())
    world.do(CloseShift())
    assert world.desk.shift is None
    commit = next(e for e in reversed(world.effects) if isinstance(e, Commit))
    assert TextRow("待处理记录", "2", bold=True) in commit.prints[0].document.rows
    world.do(ShiftRead(None))  # late, and of no use any more
    assert world.phase.settled  # type: ignore[union-attr]


def test_places_of_the_rail(world: World) -> None:
    world.do(GoTo("shift"))
    assert world.at == "Reporting"
    world.do(GoTo("shift"), StartCount(), GoTo("shift"))
    assert world.at == "Counting"
    world.do(GoTo("status"), GoTo("status"), GoTo("shift"))
    assert world.at == "Counting"
    world.do(GoTo("status"), GoTo("sell"))
    assert world.at == "Selling"
    world.do(GoTo("status"), GoTo("shift"))
    assert world.at == "Reporting"
    world.scan(COLA)
    assert (world.at, world.lines()) == ("Selling", [("cola", 1, 350)])
    world.do(GoTo("status"))
    world.scan(COLA)
    assert (world.at, world.lines()) == ("Selling", [("cola", 2, 700)])


def test_before_a_shift_there_are_no_figures() -> None:
    world = World()
    world.sign_on()
    world.do(GoTo("shift"))
    assert world.at == "ShiftClosed"
    world.do(GoTo("status"), Back())
    assert world.at == "ShiftClosed"


def test_new_notes_and_coins_while_counting(world: World) -> None:
    world.do(StartCount())
    world.key("3")
    world.do(MarkDenomination(7), KeyIn("9"), GoTo("status"))
    fewer = replace(CNY, denominations_minor=(10_000, 500))
    world.do(ShopChanged(shop(cash=fewer)), Back())
    assert isinstance(world.phase, Counting)
    assert (world.phase.index, world.phase.counts) == (0, {10_000: 3})
    assert "300.00" in labels(world.terminal.view())
    world.do(ShopChanged(shop(cash=replace(fewer, float_minor=1))))
    assert world.phase.counts == {10_000: 3}


def test_printing_goes_on_after_mending(world: World) -> None:
    world.do(ShowX())
    assert len(world.do(ResumePrinting()).effects) == 1


def test_every_submitted_count_is_on_record(world: World) -> None:
    count(world, EXACT)
    world.do(SubmitCount(), Recount(), KeyIn("1"), SubmitCount())
    counts = [fact for fact in world.store.facts if isinstance(fact, DrawerCounted)]
    assert len(counts) == 2
    assert counts[0].counted_minor == 31650
    assert counts[1].counted_minor != 31650
