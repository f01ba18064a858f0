from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.facts import OperatorSignedOff, OperatorSignedOn, SignOnRefused
from posapp.flows.effects import VerifyPin
from posapp.flows.intents import (
    GoTo,
    KeyIn,
    Lock,
    OpenShift,
    PinChecked,
    ScanCode,
    SelectOperator,
    Settle,
    ShopChanged,
    SignOff,
    SignOn,
    StartTender,
)
from posapp.flows.refusals import Refusal
from posapp.flows.state import Locked
from tests.domain.shops import HE, LIN, SHOP, SUN, ZHOU
from tests.flows.fakes import COLA
from tests.flows.world import World, labels


def test_a_badge_chooses_and_a_pin_signs_on() -> None:
    world = World()
    world.do(ScanCode(LIN.badge))
    world.key("1357")
    view = world.terminal.view()
    assert view.anchor.dots == (4, 4)
    assert view.anchor.primary.enabled
    world.do(SignOn())
    assert world.at == "ShiftClosed"
    assert world.desk.operator == LIN
    (fact,) = world.store.facts
    assert isinstance(fact, OperatorSignedOn)
    assert (fact.operator_id, fact.session_id) == ("1001", world.desk.session_id)
    assert world.scans() == {}


def test_a_pin_is_never_in_a_view_or_a_representation() -> None:
    world = World()
    world.do(SelectOperator("1002"))
    world.key("2468")
    assert "2468" not in labels(world.terminal.view())
    assert "2468" not in repr(world.terminal.state)


def test_keys_edit_the_pin() -> None:
    world = World()
    world.do(SelectOperator("1001"))
    world.key("13579")
    world.do(KeyIn("back"), SignOn())
    assert world.at == "ShiftClosed"


@pytest.mark.parametrize(
    ("presses", "why"),
    [
        ((KeyIn("1"),), Refusal.ChooseSomebody),
        ((SignOn(),), Refusal.ChooseSomebody),
        ((SelectOperator("1001"), KeyIn("1"), SignOn()), Refusal.ShortPin),
        ((SelectOperator("nobody"),), Refusal.NotNow),
        ((OpenShift(),), Refusal.NobodySignedOn),
        ((ScanCode(COLA),), Refusal.NobodySignedOn),
    ],
)
def test_what_cannot_be_done_before(presses: tuple[KeyIn, ...], why: Refusal) -> None:
    world = World()
    world.do(*presses)
    assert world.refused == why.sentence
    assert world.at == "SignedOff"


def wrong(world: World, times: int, pin: str = "0000") -> None:
    """Key a wrong PIN some times."""
    for _ in range(times):
        world.key(pin)
        world.do(SignOn())


def test_wrong_pins_outlive_a_restart() -> None:
    world = World()
    world.do(SelectOperator("1001"))
    wrong(world, 2)
    world.restart()
    world.do(SelectOperator("1001"))
    wrong(world, 1)
    assert world.refused == Refusal.LockedOut.sentence


def test_three_wrong_pins_lock_a_person_out_for_a_while() -> None:
    world = World()
    world.do(SelectOperator("1001"))
    wrong(world, 1)
    assert world.refused == Refusal.WrongPin.sentence
    assert "2" in world.desk.refusal.params["left"]
    wrong(world, 2)
    assert world.refused == Refusal.LockedOut.sentence
    refusals = [fact for fact in world.store.facts if isinstance(fact, SignOnRefused)]
    assert [bool(fact.locked_until_ms) for fact in refusals] == [False, False, True]
    world.sign_on(LIN)
    assert (world.at, world.refused) == ("SignedOff", Refusal.LockedOut.sentence)
    assert "锁定到" in labels(world.terminal.view())
    world.restart()
    world.sign_on(LIN)
    assert world.at == "SignedOff"
    world.sign_on(SUN)
    assert world.desk.operator == SUN
    world.do(SignOff())
    world.hands.pass_by(5 * 60_000)
    world.sign_on(LIN)
    assert world.desk.operator == LIN


def test_a_right_pin_forgets_the_wrong_ones() -> None:
    world = World()
    world.do(SelectOperator("1001"))
    wrong(world, 2)
    world.sign_on(LIN)
    world.do(SignOff(), SelectOperator("1001"))
    wrong(world, 2)
    assert world.refused == Refusal.WrongPin.sentence


def test_while_a_pin_is_compared_nothing_moves() -> None:
    world = World()
    world.holds_answers = True
    world.sign_on(LIN)
    before = world.phase
    world.do(KeyIn("9"), SignOn())
    assert world.phase == before
    world.do(SelectOperator("1002"))
    assert world.refused == Refusal.NotNow.sentence
    world.do(ScanCode(SUN.badge))
    assert [scan.code for scan in world.scans().values()] == ["badge"]
    assert [type(asked) for asked in world.asked] == [VerifyPin]
    world.do(PinChecked("1002", True))
    assert world.at == "SignedOff"  # the answer to another question signs nobody on
    world.do(PinChecked("1001", True))
    assert world.at == "SignedOff"


def test_signing_off_leaves_nothing_behind() -> None:
    world = World().open_shift()
    session = world.desk.session_id
    world.do(SignOff())
    assert (world.at, world.desk.operator) == ("SignedOff", None)
    assert world.store.facts[-1] == OperatorSignedOff(session, "1001", world.hands.wall_ms)


def test_an_open_sale_must_be_ended_first() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(SignOff())
    assert (world.at, world.refused) == ("Selling", Refusal.SaleOpen.sentence)


def test_a_clerk_may_not_open_a_shift() -> None:
    world = World()
    world.sign_on(HE)
    world.do(OpenShift())
    assert (world.at, world.refused) == ("ShiftClosed", Refusal.MayNotOpenShift.sentence)


def test_a_lock_keeps_the_sale_and_the_payment() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(StartTender(), KeyIn("5"))
    before = world.phase
    world.do(Lock())
    assert world.at == "Locked"
    assert "2468" not in labels(world.terminal.view())
    world.do(Settle(), GoTo("sell"))
    assert world.refused == Refusal.TerminalLocked.sentence
    world.scan(COLA)
    assert world.scans()[2].refusal == "TerminalLocked"
    wrong(world, 1)
    assert world.at == "Locked"
    world.key("1357")
    world.do(SignOn())
    assert world.phase == before


def test_another_cashier_cannot_unlock_but_a_manager_takes_over() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(Lock(), SelectOperator("1002"))
    world.key("2468")
    world.do(SignOn())
    assert (world.at, world.refused) == ("Locked", Refusal.TerminalLocked.sentence)
    world.sign_on(ZHOU)
    assert (world.at, world.desk.operator) == ("Selling", ZHOU)
    left, came = world.store.facts[-2:]
    assert isinstance(left, OperatorSignedOff)
    assert isinstance(came, OperatorSignedOn)
    assert (left.operator_id, came.operator_id) == ("1001", "1009")
    world.pay()
    assert world.store.sales()[0].operator_id == "1009"


def test_somebody_who_left_the_shop_is_not_chosen_any_more() -> None:
    world = World()
    world.holds_answers = True
    world.sign_on(LIN)
    world.do(ShopChanged(replace(SHOP, operators=(SUN, ZHOU))))
    assert world.phase.chosen is None  # type: ignore[union-attr]
    world.do(PinChecked("1001", True))
    assert world.at == "SignedOff"


def test_locked_with_an_answer_that_fits_no_question() -> None:
    world = World().open_shift()
    world.do(Lock(), PinChecked("1001", True))
    assert isinstance(world.phase, Locked)


@pytest.mark.parametrize("prefix", ["", "]Q1", "]C0", "\\000026", "QR:"])
@pytest.mark.parametrize("damage", ["", "9", ".", " 1"])
def test_an_operators_signed_code_is_not_written_down(prefix: str, damage: str) -> None:
    code = make_own(OwnCode("operator", "S0217", "2041"), lambda message: message[:20])
    world = World()
    world.scan(f"{prefix}{code}{damage}", code.lower())
    world.open_shift()
    world.scan(f"{prefix}{code}{damage}")
    world.scan(COLA, f"{prefix}{code}{damage}")
    codes = [scan.code for scan in world.scans().values()]
    assert codes == ["badge", "badge", "badge", COLA, "badge"]
