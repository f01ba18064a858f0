from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.facts import OverrideGiven, SignOnRefused, TransactionVoided
from posapp.flows.effects import Commit
from posapp.flows.intents import (
    Approve,
    Back,
    ChooseReason,
    KeyIn,
    PinChecked,
    ScanCode,
    SelectOperator,
    ShopChanged,
    VoidCart,
    VoidLine,
)
from posapp.flows.refusals import Refusal
from tests.domain.shops import HE, LIN, SHOP, WU, ZHOU
from tests.flows.fakes import COLA, MILK
from tests.flows.world import World, intents_in, labels


@pytest.fixture
def world() -> World:
    """A sale that a cashier wants to void."""
    world = World().open_shift()
    world.scan(COLA, MILK)
    world.do(VoidCart())
    assert world.at == "AwaitingOverride"
    return world


def approve(world: World, pin: str = "8642") -> None:
    """Zhou agrees, with a reason."""
    world.do(SelectOperator("1009"), ChooseReason("Wrong items"))
    world.key(pin)
    world.do(Approve())


def test_a_manager_agrees_and_it_is_one_commit(world: World) -> None:
    world.holds_commits = True
    approve(world)
    (commit,) = world.held
    given, voided = commit.facts
    assert isinstance(given, OverrideGiven)
    assert isinstance(voided, TransactionVoided)
    assert (given.permission, given.operator_id, given.approver_id) == ("void_sale", "1001", "1009")
    assert (given.reason, given.amount_minor) == ("Wrong items", 1645)
    assert given.transaction_id == voided.transaction_id == commit.drops_draft
    assert (voided.goods_minor, len(voided.lines), len(voided.scans)) == (1645, 2, 2)
    assert world.desk.cart is not None  # still there until it is stored
    world.answer_commit()
    assert (world.at, world.desk.cart) == ("Selling", None)
    assert world.store.receipts == 0
    assert world.store.draft is None


def test_nothing_happens_before_and_refusing_changes_nothing(world: World) -> None:
    assert not any(isinstance(e, Commit) for e in world.effects if isinstance(e, Commit) and e.drops_draft)
    world.do(Back())
    assert (world.at, len(world.lines())) == ("Selling", 2)


def test_a_badge_chooses_the_manager(world: World) -> None:
    world.do(ScanCode(ZHOU.badge), ChooseReason("Other"))
    world.key("8642")
    world.do(Approve())
    assert world.desk.cart is None
    assert all(scan.code != ZHOU.badge for scan in world.scans().values())


@pytest.mark.parametrize("who", [LIN, HE])
def test_the_approver_is_a_manager_and_somebody_else(world: World, who: object) -> None:
    operator = LIN if who is LIN else HE
    world.do(SelectOperator(operator.operator_id))
    assert world.refused == Refusal.CannotApprove.sentence
    world.do(ScanCode(operator.badge))
    assert world.refused == Refusal.CannotApprove.sentence
    assert SelectOperator(operator.operator_id) not in intents_in(world.terminal.view())


def test_a_manager_needs_no_approval_but_never_approves_themselves() -> None:
    world = World(replace(SHOP, permissions={**SHOP.permissions, ZHOU.role: frozenset()})).open_shift()
    world.scan(COLA)
    world.do(VoidCart())
    assert world.at == "AwaitingOverride"
    world = World().open_shift(ZHOU)
    world.scan(COLA)
    world.do(VoidCart())
    assert (world.at, world.desk.cart) == ("Selling", None)
    assert not any(isinstance(fact, OverrideGiven) for fact in world.store.facts)


def test_an_empty_cart_is_nobodys_loss() -> None:
    world = World().open_shift()
    world.do(VoidCart())
    assert world.refused == Refusal.NothingToVoid.sentence
    world.scan(COLA)
    world.do(VoidLine(), VoidCart())
    assert world.at == "AwaitingOverride"  # line by line is no way around the approval
    assert not any(isinstance(fact, TransactionVoided) for fact in world.store.facts)


def test_what_is_missing_is_said(world: World) -> None:
    world.do(Approve())
    assert world.refused == Refusal.ChooseSomebody.sentence
    world.do(KeyIn("1"))
    assert world.refused == Refusal.ChooseSomebody.sentence
    world.do(SelectOperator("1009"), Approve())
    assert world.refused == Refusal.ChooseReason.sentence
    world.do(ChooseReason("Other"), Approve())
    assert world.refused == Refusal.ShortPin.sentence
    assert "周敏" in labels(world.terminal.view())


def test_wrong_pins_lock_the_approver_out(world: World) -> None:
    approve(world, "0000")
    assert world.refused == Refusal.WrongPin.sentence
    for _ in range(2):
        approve(world, "0000")
    assert world.refused == Refusal.TooManyTries.sentence
    approve(world)
    assert (world.at, world.refused) == ("AwaitingOverride", Refusal.TooManyTries.sentence)
    assert sum(isinstance(fact, SignOnRefused) for fact in world.store.facts) == 3
    world.do(SelectOperator("1010"))
    world.key(WU.pin_hash.removeprefix("hash of "))
    world.do(Approve())
    assert world.desk.cart is None


def test_goods_wait_outside(world: World) -> None:
    world.scan(COLA)
    assert world.refused == Refusal.ApprovalOpen.sentence
    assert world.scans()[3].refusal == "ApprovalOpen"
    approve(world)
    fact = world.store.facts[-1]
    assert isinstance(fact, TransactionVoided)
    assert len(fact.scans) == 3


def test_while_the_pin_is_compared_nothing_moves(world: World) -> None:
    world.holds_answers = True
    approve(world)
    before = world.phase
    world.do(KeyIn("1"), Approve())
    assert world.phase == before
    world.do(SelectOperator("1010"))
    assert world.refused == Refusal.CannotApprove.sentence
    world.do(PinChecked("1010", True))
    assert (world.at, len(world.lines())) == ("AwaitingOverride", 2)


def test_an_approver_who_is_dismissed_meanwhile_approves_nothing(world: World) -> None:
    world.holds_answers = True
    approve(world)
    world.do(ShopChanged(replace(SHOP, operators=(LIN, WU))), PinChecked("1009", True))
    assert (world.at, len(world.lines())) == ("AwaitingOverride", 2)


def test_a_void_that_cannot_be_stored(world: World) -> None:
    world.trouble = "disk_full"
    approve(world)
    assert world.at == "CommitStuck"
    assert "这一步还没存下来" in labels(world.terminal.view())
    assert len(world.lines()) == 2
