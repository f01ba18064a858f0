"""Becoming a member at the till in five actions, with and without the network, and binding a card."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from posapp.domain.member_facts import MemberJoined
from posapp.domain.members.member_codes import is_member_id
from posapp.domain.members.terms import MemberCard
from posapp.exchange.members import join_request
from posapp.flows.intents import Back, EnterText, Intent, KeyIn, Lock, ScanCode, SignOn, SwitchLanguage
from posapp.flows.member_answers import JoinAnswered, JoinKept, MembersChanged
from posapp.flows.member_wishes import (
    ConfirmJoin,
    LookUpMember,
    OpenMember,
    StartJoin,
    ToggleConsent,
)
from posapp.flows.refusals import Refusal
from tests.domain.shops import LIN
from tests.flows.fakes import COLA
from tests.flows.shoppers import CHEN, CHEN_CARD, CHEN_PHONE, NEW_CARD, NEW_PHONE, PROGRAMME, MemberWorld
from tests.flows.world import labels

HUBS = "M0NEWNEWNEWNE"


def keyed(text: str) -> list[Intent]:
    return [KeyIn(sign) for sign in text]


def joined(world: MemberWorld, *more: Intent) -> MemberWorld:
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember(), ToggleConsent("terms"), *more, ConfirmJoin())
    return world


def key_of(world: MemberWorld, name: str) -> Intent:
    """What a key of the keyboard means now."""
    view = world.terminal.view()
    if name == view.anchor.primary.key and view.anchor.primary.enabled:
        return view.anchor.primary.intent
    return dict(view.keys)[name]


@pytest.mark.parametrize("online", [True, False])
def test_five_actions_make_a_member(online: bool) -> None:
    world = MemberWorld(online=online)
    world.scan(COLA)
    world.do(key_of(world, "F3"))  # 1
    world.key(NEW_PHONE)  # 2
    world.do(key_of(world, "Enter"))  # 3
    assert world.at == "JoiningMember"
    assert world.phase.phone == NEW_PHONE, "the number that nobody has is filled in"
    world.do(ToggleConsent("terms"))  # 4
    world.do(key_of(world, "Enter"))  # 5
    assert world.at == "Selling"
    assert world.member.startswith("T")
    assert is_member_id(world.member)
    (wish,) = world.joins
    assert (wish.joining.phone, wish.joining.member_id) == (f"+86{NEW_PHONE}", world.member)
    (fact,) = [one for one in world.store.facts if isinstance(one, MemberJoined)]
    assert fact == MemberJoined(
        wish.joining.join_id, world.member, (("terms", "2026-1"),), LIN.operator_id, fact.at_ms
    )
    assert world.visits()[-1].member_id == world.member
    assert ("sent when the network is back" in world.desk.told.msgid) is not online


def test_texts_are_those_of_the_programme_and_only_the_terms_are_needed() -> None:
    world = MemberWorld()
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember())
    for language, words in (
        ("zh_CN", ("会员条款", "接收优惠信息")),
        ("en", ("Terms of the programme", "Offers")),
    ):
        world.do(SwitchLanguage(language))
        shown = labels(world.terminal.view())
        assert all(word in shown for word in words)
    world.do(ToggleConsent("marketing"), ConfirmJoin())
    assert (world.at, world.refused, world.joins) == ("JoiningMember", Refusal.NotAgreed.sentence, [])
    world.do(ToggleConsent("terms"), ToggleConsent("nothing of ours"), ConfirmJoin())
    assert world.joins[0].joining.consents == {"terms": "2026-1", "marketing": "2026-2"}


def test_a_programme_without_texts_asks_for_none() -> None:
    world = MemberWorld(programme=replace(PROGRAMME, consents=()))
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember(), ConfirmJoin())
    assert world.member.startswith("T")


def test_who_is_found_does_not_join() -> None:
    world = MemberWorld()
    world.do(OpenMember(), *keyed(CHEN_PHONE), LookUpMember())
    assert (world.at, world.member, world.joins) == ("Selling", CHEN, [])


def test_a_name_and_a_card_may_be_told_and_the_name_is_masked_at_once() -> None:
    world = MemberWorld()
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember(), EnterText("李小雨"), ScanCode(NEW_CARD))
    world.do(ToggleConsent("terms"), ConfirmJoin())
    (wish,) = world.joins
    assert (wish.joining.name, wish.joining.card_no) == ("李小雨", NEW_CARD)
    assert (world.card.name, world.card.phone_tail) == ("李**", NEW_PHONE[-4:])
    for written in (repr(world.store.facts), repr(wish), world.store.draft[1].decode()):  # type: ignore[index]
        assert "小雨" not in written
        assert NEW_PHONE not in written


def test_goods_wait_while_somebody_joins_and_nothing_is_lost() -> None:
    world = MemberWorld()
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember())
    world.scan(COLA)
    assert (world.at, world.refused, world.phase.phone) == (
        "JoiningMember",
        Refusal.JoinOpen.sentence,
        NEW_PHONE,
    )
    world.scan(CHEN_CARD)
    assert world.refused == Refusal.JoinOpen.sentence, "a card that is somebody's is nobody else's"
    world.do(Back())
    assert (world.at, world.member) == ("Selling", "")


def test_a_number_that_is_none_has_a_sentence() -> None:
    world = MemberWorld()
    world.do(OpenMember(), StartJoin(), ToggleConsent("terms"), *keyed("12"), ConfirmJoin())
    assert (world.at, world.refused) == ("JoiningMember", Refusal.NotAPhone.sentence)


def test_a_wish_that_cannot_be_stored_is_none() -> None:
    world = MemberWorld()
    world.trouble_at_joining = "disk_full"
    joined(world)
    assert (world.at, world.member, world.refused) == ("JoiningMember", "", Refusal.JoinNotStored.sentence)
    world.trouble_at_joining = ""
    world.do(ConfirmJoin())
    assert (world.at, world.member[:1]) == ("Selling", "T")
    assert len({wish.joining.join_id for wish in world.joins}) == 2


def test_nothing_is_claimed_before_it_is_stored() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember())
    world.do(world.found(world.finds[0]))
    world.do(ToggleConsent("terms"), ConfirmJoin(), ConfirmJoin(), Back())
    assert (world.at, world.member, len(world.joins)) == ("JoiningMember", "", 1)
    assert world.terminal.view().anchor.primary.busy
    world.do(JoinKept("of another wish"))
    assert world.member == ""
    world.do(JoinKept(world.joins[0].joining.join_id))
    assert world.member == world.joins[0].joining.member_id


def test_a_wish_that_is_stored_under_a_lock_is_taken() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.do(OpenMember(), *keyed(NEW_PHONE), LookUpMember())
    world.do(world.found(world.finds[0]))
    world.do(ToggleConsent("terms"), ConfirmJoin(), Lock())
    world.do(JoinKept(world.joins[0].joining.join_id))
    assert world.member.startswith("T")
    world.holds_answers = False
    world.key(LIN.pin_hash.removeprefix("hash of "))
    world.do(SignOn())
    assert world.at == "Selling"


@pytest.mark.parametrize("is_merged", [True, False])
def test_the_hubs_member_takes_the_place_of_ours(is_merged: bool) -> None:
    world = joined(MemberWorld())
    world.scan(COLA)
    card = MemberCard(HUBS, "李**", "1234", "gold", points=77, as_of_ms=world.hands.now_ms())
    world.do(JoinAnswered(world.joins[0].joining.join_id, card, is_merged))
    assert (world.member, world.card.points) == (HUBS, 77)
    assert ("was a member already" in world.desk.told.msgid) is is_merged


def test_after_a_restart_the_member_is_known_by_either_id() -> None:
    world = joined(MemberWorld(online=False))
    world.scan(COLA)
    ours = world.member
    world.restart()
    world.sign_on()
    assert world.member == ours
    world.here.add(MemberCard(HUBS, "李**", "1234", points=77, as_of_ms=world.hands.now_ms()))
    world.here.aliases[ours] = HUBS
    world.do(MembersChanged())
    assert (world.member, world.card.points) == (HUBS, 77)


def test_an_answer_for_another_sale_changes_nothing() -> None:
    world = joined(MemberWorld())
    world.scan(COLA)
    world.pay()
    world.scan(world.app_code())
    card = MemberCard(HUBS, "李**", "1234", as_of_ms=world.hands.now_ms())
    world.do(JoinAnswered(world.joins[0].joining.join_id, card))
    assert world.member == CHEN


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("\ud800李\udfff", "李"), ("a\u202eb\u2066", "ab"), ("\x1b[31mAnn\x00", "[31mAnn"),
        ("李\r\n小  雨", "李 小 雨"), ("\u200b\ufeff", ""), ("长" * 10_000, "长" * 40), ("😀", "😀"),
    ],
)  # fmt: skip
def test_signs_that_cannot_be_shown_go_nowhere(name: str, kept: str) -> None:
    world = joined(MemberWorld(), EnterText(name))
    (wish,) = world.joins
    assert wish.joining.name == kept
    msgspec.json.encode(join_request(wish.joining))
    other = MemberWorld()
    other.do(OpenMember(), EnterText(name))
    assert [each.text for each in other.finds] == ([kept] if kept else [])


def test_a_card_is_bound_by_the_phone_that_is_the_members() -> None:
    world = MemberWorld()
    world.do(EnterText(CHEN_PHONE), OpenMember(), ScanCode(NEW_CARD))
    # Anybody may know a phone number: with a card of theirs it would spend the member's points.
    assert world.refused == Refusal.BindUnproved.sentence
    world.scan(world.app_code())
    world.do(OpenMember(), ScanCode(NEW_CARD))
    assert (world.at, world.terminal.view().typing) == ("ShowingMember", "entry")
    world.do(*keyed("13700131234"), LookUpMember())
    assert (world.refused, world.joins) == (Refusal.OtherPhone.sentence, [])
    world.do(KeyIn("clear"), *keyed(CHEN_PHONE), LookUpMember())
    (wish,) = world.joins
    assert (wish.joining.phone, wish.joining.card_no) == (f"+86{CHEN_PHONE}", NEW_CARD)
    assert wish.joining.proof == "code"
    assert (world.at, world.member) == ("Selling", CHEN)
    linked = replace(world.here.cards[CHEN], is_linked=True, points=1)
    world.do(JoinAnswered(wish.joining.join_id, linked, True))
    assert world.card.points == 1
    assert "already" not in world.desk.told.msgid, "binding a card is no joining"
