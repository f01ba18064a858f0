from __future__ import annotations

import random

import pytest

from posapp.flows.effects import KickDrawer, Print
from posapp.flows.intents import (
    AddItem,
    Back,
    ChooseTender,
    CommitFailed,
    Committed,
    GoTo,
    KeyIn,
    Lock,
    NextSale,
    OfferAmount,
    Settle,
    StartTender,
    StoreAgain,
    Tick,
    VoidCart,
)
from posapp.flows.refusals import Refusal
from tests.flows.fakes import COLA, MILK, UNKNOWN
from tests.flows.world import World, labels


@pytest.fixture
def world() -> World:
    """A till with a sale of 19.95 on it, 20.00 in cash."""
    world = World().open_shift()
    world.scan(COLA, MILK)
    world.do(AddItem("cola"))
    return world


def test_scans_during_the_commit_wait_for_the_next_sale(world: World) -> None:
    world.holds_commits = True
    world.pay()
    world.do(Committed("another", None, None), CommitFailed("another", "locked"))
    assert world.at == "Committing"
    world.scan(MILK, UNKNOWN, COLA)
    assert world.refused == ""
    world.answer_commit()
    assert (world.at, world.lines()) == ("Selling", [("milk", 1, 1295), ("cola", 1, 350)])
    assert [scan.scan_no for scan in world.store.sales()[0].scans] == [1, 2]
    assert [scan.refusal for scan in world.scans().values()] == [None, None, None, "UnknownCode", None]
    assert sorted(world.scans()) == [1, 2, 3, 4, 5]
    assert "上一单 T03-000001" in labels(world.terminal.view())


def test_a_record_that_is_refused_for_good_leads_back(world: World) -> None:
    world.holds_commits = True
    world.pay("20")
    world.answer_commit("integrity")
    assert world.at == "CommitStuck"
    world.do(Back())
    assert world.at == "Tendering"
    assert not any(isinstance(effect, KickDrawer | Print) for effect in world.effects)
    world.do(Settle())
    world.answer_commit()
    assert (world.at, len(world.store.sales())) == ("Done", 1)


@pytest.mark.parametrize("trouble", ["disk_full", "locked", "read_only", "io_error"])
def test_a_sale_that_cannot_be_stored_waits(world: World, trouble: str) -> None:
    world.holds_commits = True
    world.pay("20")
    world.scan(MILK)
    world.answer_commit(trouble)  # type: ignore[arg-type]
    assert world.at == "CommitStuck"
    assert "还没存下来" in labels(world.terminal.view())
    world.scan(UNKNOWN)
    world.do(Settle(), Back(), Lock(), GoTo("shift"), NextSale())
    assert (world.at, world.refused) == ("CommitStuck", Refusal.NotStoredYet.sentence)
    assert not any(isinstance(effect, KickDrawer | Print) for effect in world.effects)
    world.do(StoreAgain(), StoreAgain())
    assert len(world.held) == 1
    assert world.at == "Committing"
    world.answer_commit()
    assert len(world.store.sales()) == 1
    assert world.lines() == [("milk", 1, 1295)]
    records = world.scans()
    assert sorted(records) == [1, 2, 3, 4]
    assert [records[n].code for n in (3, 4)] == [MILK, UNKNOWN]  # in the order they came
    assert records[4].refusal == "NotStoredYet"


def test_it_is_tried_again_by_itself_and_a_late_answer_counts(world: World) -> None:
    world.holds_commits = True
    world.pay()
    first = world.held[0]
    world.answer_commit("locked")
    world.hands.steady_ms = 5001
    world.do(Tick())
    assert world.held == [first]
    world.answer_commit("locked")
    world.hands.steady_ms = 6001
    world.do(Tick())
    assert world.at == "CommitStuck"
    world.do(Committed("another", None, None), CommitFailed("another", "locked"))
    assert world.at == "CommitStuck"
    world.do(world.store.commit(first))
    assert world.at == "Done"
    world.do(world.store.commit(first), CommitFailed(first.commit_id, "locked"))
    assert world.at == "Done"


def test_more_scans_than_can_wait_are_refused_on_record(world: World) -> None:
    world.holds_commits = True
    world.pay()
    world.scan(*["BAG"] * 501)
    assert world.refused == Refusal.NotStoredYet.sentence
    world.answer_commit()
    assert world.lines() == [("bag", 500, 50_000)]
    assert sorted(world.scans()) == list(range(1, 504))


@pytest.mark.parametrize("seed", range(6))
def test_six_hundred_hostile_presses_make_one_sale(seed: int) -> None:
    """Settle, Enter, Back and the like, again and again before, during and after the commit."""
    chance = random.Random(seed)
    world = World().open_shift()
    world.scan(COLA)
    world.do(StartTender())
    world.holds_commits = True
    others = [
        Back(),
        StoreAgain(),
        OfferAmount(350),
        KeyIn("clear"),
        VoidCart(),
        Tick(),
        ChooseTender("cash"),
    ]
    for _ in range(100):
        world.do(Settle(), Settle())
        if chance.random() < 0.3:
            world.do(chance.choice(others))
        if world.at == "Selling" and world.desk.cart is not None:
            world.do(StartTender())
        if world.at == "Locked":
            world.sign_on()
        if world.held and chance.random() < 0.1:
            world.answer_commit(chance.choice([None, "locked", "disk_full"]))  # type: ignore[arg-type]
    while world.held:
        world.answer_commit()
    assert world.at == "Done"
    assert len(world.store.sales()) == 1
    assert world.store.receipts == 1
    assert sum(isinstance(effect, KickDrawer) for effect in world.effects) == 1
    assert len([c for c in world.commits.values() if c.prints]) == 1


def test_the_power_goes_while_storing(world: World) -> None:
    world.holds_commits = True
    world.pay()
    lost = world.held[0]
    world.restart()
    world.sign_on()
    assert [line[0] for line in world.lines()] == ["cola", "milk", "cola"]
    world.pay()
    assert world.held[0].commit_id == lost.commit_id
