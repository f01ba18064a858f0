"""Who is at the till: codes, cards and phones that make a sale somebody's, and every reason why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.facts import ScanRefused
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.programme import Programme
from posapp.domain.members.sale_rights import Hold
from posapp.domain.members.terms import MemberCard
from posapp.flows.intents import (
    EnterText,
    NextSale,
    Resume,
    StartTender,
    Suspend,
)
from posapp.flows.member_answers import MembersChanged, MembersFound
from posapp.flows.member_wishes import (
    OpenMember,
    RemoveMember,
)
from posapp.flows.refusals import Refusal
from tests.domain.shops import LIN
from tests.flows.fakes import COLA, MILK, UNKNOWN
from tests.flows.shoppers import (
    CHEN,
    CHEN_CARD,
    CHEN_PHONE,
    GONE,
    NEW_CARD,
    NEW_PHONE,
    OTHERS,
    WANG,
    WANG_PHONE,
    MemberWorld,
    static_code,
)

DAY_MS = 86_400_000


def test_a_code_makes_the_sale_theirs_and_a_sale_is_opened_for_it() -> None:
    world = MemberWorld()
    world.scan(world.app_code())
    assert (world.at, world.member, world.card.name) == ("Selling", CHEN, "陈**")
    world.scan(COLA)
    (visit,) = world.visits()
    sale = world.desk.cart.transaction_id
    assert (visit.member_id, visit.proof, visit.transaction_id, visit.operator_id) == (
        CHEN,
        "code",
        sale,
        LIN.operator_id,
    )
    assert visit.step == world.hands.now_ms() // 60_000
    assert world.scans()[1].code == COLA, "a member's code is no scan of goods and takes no number"


def test_the_member_outlives_a_power_cut_and_goes_with_a_parked_sale() -> None:
    world = MemberWorld()
    world.scan(world.app_code(), COLA)
    world.restart()
    world.sign_on()
    assert world.member == CHEN
    world.do(Suspend())
    assert world.member == ""
    (parked,) = world.store.parked.values()
    world.do(Resume(parked.transaction_id))
    assert (world.member, world.card.points) == (CHEN, 2860)


@pytest.mark.parametrize("online", [True, False])
def test_a_member_that_this_till_does_not_know_is_attached_by_id_and_named_by_the_hub(online: bool) -> None:
    world = MemberWorld(online=online)
    del world.here.cards[CHEN]
    world.holds_answers = True
    world.scan(world.app_code())
    assert (world.member, world.card.as_of_ms) == (CHEN, None)
    asked = [(ask.by, ask.text, ask.at_hub) for ask in world.finds]
    assert asked == ([("id", CHEN, True)] if online else [])
    if online:
        world.do(world.found(world.finds[0]))
        assert world.card.points == 2860
    else:
        strip = world.terminal.view().main.member
        assert strip is not None
        assert "CHE" in strip.title


def test_points_that_changed_at_the_hub_come_in_by_themselves() -> None:
    world = MemberWorld()
    world.hub.cards[CHEN] = replace(world.hub.cards[CHEN], points=5)
    world.scan(world.app_code())
    assert world.card.points == 5
    world.here.cards[CHEN] = replace(world.hub.cards[CHEN], points=7, as_of_ms=world.hands.now_ms() + 1)
    world.do(MembersChanged())
    assert world.card.points == 7
    world.here.cards[CHEN] = replace(world.hub.cards[CHEN], points=9, as_of_ms=1)
    world.do(MembersChanged())
    assert world.card.points == 7, "what is older than what is shown is no news"


def test_an_answer_about_an_earlier_sale_is_left() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.scan(world.app_code(), COLA)
    world.pay()
    late = MembersFound(world.finds[0].ask_id, (replace(world.here.cards[CHEN], points=1),), "yes")
    world.do(NextSale())
    world.scan(world.app_code(WANG))
    world.do(late)
    assert (world.member, world.card.points) == (WANG, 10)


def test_prices_that_are_locked_do_not_move_with_a_late_answer() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.scan(world.app_code(), COLA)
    world.do(StartTender())
    before = world.desk.cart
    changed = replace(world.here.cards[CHEN], points=1, as_of_ms=world.hands.now_ms() + 5)
    world.do(MembersFound(world.finds[0].ask_id, (changed,), "yes"), MembersChanged())
    assert world.desk.cart == before


# --- codes that do not count ----------------------------------------------------------------------


def _refused(world: MemberWorld, code: str) -> str:
    world.scan(code)
    assert world.member == ""
    refused = [fact for fact in world.store.facts if isinstance(fact, ScanRefused)]
    assert refused[-1].scan.refusal is not None
    assert code[-20:] not in refused[-1].scan.code, "the seal is not written down"
    return world.refused


def test_every_code_that_does_not_count_has_its_sentence() -> None:
    world = MemberWorld()
    assert _refused(world, world.app_code(steps_ago=5)) == Refusal.MemberCodeOld.sentence
    assert _refused(world, world.app_code(key=OTHERS)) == CodeRefusal.BadSignature.sentence
    assert _refused(world, world.app_code()[:-3] + "AAA") == CodeRefusal.BadSignature.sentence
    assert _refused(world, world.app_code(key_id="AB12")) == Refusal.MemberKeyUnknown.sentence
    assert _refused(world, static_code()) == CodeRefusal.BadSignature.sentence
    assert _refused(world, world.app_code(steps_ago=-9)) == Refusal.ClockSlow.sentence
    assert world.desk.refusal.params["time"].params == {"n": "8"}
    world.here.revoked[CHEN] = world.hands.now_ms() + 1
    assert _refused(world, world.app_code()) == Refusal.MemberCodeRevoked.sentence
    world.here.revoked.clear()
    world.here.cards[CHEN] = replace(world.here.cards[CHEN], is_blocked=True)
    assert _refused(world, world.app_code()) == Refusal.MemberBlocked.sentence
    assert world.visits() == []


def test_yesterdays_photograph_is_refused_whatever_the_wall_clock_says() -> None:
    world = MemberWorld()
    photograph = world.app_code()
    world.hands.pass_by(DAY_MS)
    assert _refused(world, photograph) == Refusal.MemberCodeOld.sentence
    world.hands.wall_ms -= DAY_MS
    world.here.offset_ms += DAY_MS  # the hub's time is carried on by a clock that nobody sets
    assert _refused(world, photograph) == Refusal.MemberCodeOld.sentence


def test_a_code_counts_once_but_may_be_shown_again_in_the_same_sale() -> None:
    world = MemberWorld()
    code = world.app_code()
    world.scan(code, COLA, code)
    assert (world.refused, len(world.visits())) == ("", 1)
    world.pay()
    assert _refused(world, code) == Refusal.MemberCodeUsed.sentence
    world.hands.pass_by(60_000)
    world.scan(world.app_code())
    assert world.member == CHEN


def test_a_code_that_the_store_has_not_written_yet_counts_once_all_the_same() -> None:
    world = MemberWorld()
    world.here.last_step = lambda member_id: None  # type: ignore[method-assign]
    code = world.app_code()
    world.scan(code, COLA)
    world.pay()
    assert _refused(world, code) == Refusal.MemberCodeUsed.sentence


def test_without_the_hubs_time_and_without_a_programme_there_is_a_sentence() -> None:
    world = MemberWorld()
    world.here.hub_now_ms = lambda: (0, 0)  # type: ignore[method-assign]
    assert _refused(world, world.app_code()) == Refusal.HubTimeUnknown.sentence
    off = MemberWorld(programme=Programme())
    assert _refused(off, off.app_code()) == Refusal.MemberCode.sentence
    off.do(OpenMember())
    assert (off.at, off.refused) == ("Selling", Refusal.MemberCode.sentence)
    assert off.terminal.view().main.member is None


def test_a_member_found_to_be_blocked_goes_off_the_sale() -> None:
    world = MemberWorld()
    world.hub.cards[CHEN] = replace(world.hub.cards[CHEN], is_blocked=True)
    world.scan(COLA, world.app_code())
    assert (world.member, world.refused) == ("", Refusal.MemberBlocked.sentence)
    assert world.lines() == [("cola", 1, 350)]


# --- somebody else, and nobody again --------------------------------------------------------------


def test_another_member_takes_the_place_unless_the_hub_keeps_something() -> None:
    world = MemberWorld()
    world.scan(COLA, world.app_code(), world.app_code(WANG))
    assert (world.member, world.refused) == (WANG, "")
    world.with_hold(Hold("h1", 9, ("K1",), 5))
    world.hands.pass_by(60_000)
    world.scan(world.app_code(CHEN))
    assert (world.member, world.refused) == (WANG, Refusal.OtherMember.sentence)
    world.do(RemoveMember())
    (let_go,) = [fact for fact in world.store.facts if isinstance(fact, RightsReleased)]
    assert (let_go.hold_id, let_go.reason, world.member) == ("h1", "changed", "")
    world.hands.pass_by(60_000)
    world.scan(world.app_code(CHEN))
    assert world.member == CHEN


def test_a_better_proof_counts_and_a_weaker_one_takes_nothing_away() -> None:
    world = MemberWorld()
    world.do(EnterText(CHEN_PHONE))
    assert world.desk.cart.rights.member.proof == "typed"
    world.scan(CHEN_CARD)
    assert world.desk.cart.rights.member.proof == "card"
    world.scan(world.app_code())
    assert world.desk.cart.rights.member.proof == "code"
    world.do(EnterText(CHEN_PHONE))
    assert world.desk.cart.rights.member.proof == "code"
    assert [visit.proof for visit in world.visits()] == ["typed", "card", "code"]


def test_a_fresh_code_lifts_what_the_hub_refused_an_old_one() -> None:
    world = MemberWorld()
    world.scan(COLA, world.app_code())
    state = world.terminal.state
    cart = state.desk.cart
    assert cart is not None
    rights = replace(cart.rights, points_most=0, points_why="used")
    world.terminal.state = replace(state, desk=replace(state.desk, cart=replace(cart, rights=rights)))
    world.hands.pass_by(60_000)
    world.scan(world.app_code())
    assert (world.desk.cart.rights.points_most, world.desk.cart.rights.points_why) == (None, "")


def test_a_sale_of_a_member_alone_is_none_once_they_are_taken_off() -> None:
    world = MemberWorld()
    world.scan(world.app_code())
    assert world.store.draft is not None
    world.do(RemoveMember())
    assert world.desk.cart is None
    kept = cart_from_bytes(world.store.draft[1])
    assert kept is not None
    assert kept.is_empty, "a power cut does not bring them back"
    world.restart()
    world.sign_on()
    assert world.desk.cart is None
    world.do(RemoveMember())
    assert world.refused == Refusal.NobodyHere.sentence


# --- cards and phones -----------------------------------------------------------------------------


def test_a_card_is_known_here_or_asked_of_the_hub_without_stopping_the_sale() -> None:
    world = MemberWorld()
    world.scan(CHEN_CARD)
    assert (world.member, world.desk.cart.rights.member.proof) == (CHEN, "card")
    other = MemberWorld()
    other.hub.add(MemberCard(GONE, "李**", "0001", as_of_ms=1), card_no=NEW_CARD)
    other.holds_answers = True
    other.scan(COLA, NEW_CARD, MILK)
    assert (other.member, len(other.lines()), other.finds[-1].by) == ("", 2, "card")
    other.do(other.found(other.finds[-1]))
    assert (other.member, other.desk.cart.rights.member.proof) == (GONE, "card")


def test_a_card_of_nobody_has_a_sentence_online_and_offline() -> None:
    world = MemberWorld()
    world.scan(NEW_CARD)
    assert (world.refused, world.desk.refusal.params["tail"]) == (Refusal.CardUnknown.sentence, "9999")
    world.link(False)
    world.scan(NEW_CARD)
    assert world.refused == Refusal.CardNotHere.sentence


def test_a_phone_in_the_scan_field_is_a_member_and_a_mistyped_code_of_goods_is_not() -> None:
    world = MemberWorld()
    world.do(EnterText(WANG_PHONE))
    assert (world.at, world.member, world.desk.cart.rights.member.proof) == ("Selling", WANG, "typed")
    for mistyped in (UNKNOWN, UNKNOWN[:-1] + "0", "4006381333931", "40063813"):
        world.do(EnterText(mistyped))
        assert world.at == "Selling"
        assert world.refused in (Refusal.UnknownCode.sentence, CodeRefusal.BadCheckDigit.sentence)
    assert world.finds[1:] == []


def test_a_typed_member_code_is_as_good_as_a_scanned_one() -> None:
    world = MemberWorld()
    world.do(EnterText(world.app_code()))
    assert (world.member, world.desk.cart.rights.member.proof) == (CHEN, "code")
    world.do(EnterText(world.app_code(WANG, key=OTHERS)))
    assert world.refused == CodeRefusal.BadSignature.sentence


def test_a_phone_number_that_is_scanned_names_its_member_and_proves_no_more_than_keyed() -> None:
    world = MemberWorld(online=False)
    world.scan(COLA, CHEN_PHONE)
    assert world.member == CHEN
    assert world.desk.cart.rights.member.proof == "typed"
    assert world.lines() == [("cola", 1, 350)]
    world.scan(NEW_PHONE)
    assert "No item" in world.refused
