"""Members looked up by hand, their codes in other places, and what the screens tell of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.members.terms import MemberCard
from posapp.flows.intents import (
    Back,
    EnterText,
    KeyIn,
    Lock,
    ScanCode,
    Settle,
    SignOff,
    StartTender,
    SwitchLanguage,
)
from posapp.flows.member_effects import FindMember
from posapp.flows.member_wishes import (
    ChooseMember,
    LookUpMember,
    OpenMember,
    RemoveMember,
)
from posapp.flows.refusals import Refusal
from tests.flows.fakes import COLA, MILK
from tests.flows.shoppers import (
    CHEN,
    CHEN_PHONE,
    GONE,
    OTHERS,
    PROGRAMME,
    WANG,
    MemberWorld,
)
from tests.flows.world import labels, texts_in

DAY_MS = 86_400_000


# --- the sheet ------------------------------------------------------------------------------------


def test_a_tail_shows_who_it_may_be_and_one_is_tapped() -> None:
    world = MemberWorld()
    world.here.add(MemberCard(GONE, "李**", "6027", as_of_ms=world.hands.now_ms()))
    world.do(OpenMember())
    assert (world.at, world.terminal.view().typing) == ("FindingMember", "entry")
    world.key("6027")
    world.do(LookUpMember())
    shown = labels(world.terminal.view())
    assert "陈**" in shown
    assert "李**" in shown
    world.do(ChooseMember(GONE))
    assert (world.at, world.member, world.desk.cart.rights.member.proof) == ("Selling", GONE, "typed")


def test_one_of_a_tail_is_not_taken_without_asking() -> None:
    world = MemberWorld()
    world.do(OpenMember())
    world.key("6027")
    world.do(LookUpMember())
    assert (world.at, world.member) == ("FindingMember", "")


def test_a_name_is_typed_into_the_scan_field() -> None:
    world = MemberWorld()
    world.do(OpenMember(), EnterText("王芳"))
    assert world.finds[-1].by == "name"
    world.do(ChooseMember(WANG))
    assert world.member == WANG


def test_offline_the_sheet_says_how_old_its_members_are() -> None:
    world = MemberWorld(online=False)
    world.hands.pass_by(5_000)
    world.do(OpenMember())
    world.key("6027")
    world.do(LookUpMember())
    world.terminal.state = replace(world.terminal.state, desk=replace(world.desk, language="en"))
    assert "As of " in labels(world.terminal.view())
    world.do(KeyIn("clear"))
    world.key("0000")
    world.do(LookUpMember())
    assert "The hub cannot be asked" in labels(world.terminal.view())


def test_what_cannot_be_looked_up_has_a_sentence() -> None:
    world = MemberWorld()
    world.do(OpenMember(), LookUpMember())
    assert world.refused == Refusal.NothingToLookUp.sentence
    world.key("123")
    world.do(LookUpMember())
    assert world.refused == Refusal.NotAPhone.sentence
    world.do(Back())
    assert (world.at, world.phase.entry) == ("FindingMember", "")
    world.do(Back())
    assert world.at == "Selling"
    world.do(ChooseMember(CHEN))
    assert world.refused == Refusal.NotNow.sentence


def test_goods_and_codes_are_taken_while_the_sheet_is_open() -> None:
    world = MemberWorld()
    world.do(OpenMember())
    world.scan(COLA)
    assert (world.at, len(world.lines())) == ("Selling", 1)
    world.do(OpenMember())
    world.scan(world.app_code())
    assert (world.at, world.member) == ("Selling", CHEN)
    world.do(OpenMember())
    assert world.at == "ShowingMember"
    world.scan(MILK)
    assert (world.at, len(world.lines())) == ("Selling", 2)


def test_an_answer_finds_the_sheet_and_a_late_one_does_not() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.do(OpenMember())
    world.key(CHEN_PHONE)
    world.do(LookUpMember(), LookUpMember())
    (ask,) = world.finds
    world.do(Back(), Back())
    assert world.at == "Selling"
    world.do(world.found(ask))
    assert world.member == ""


# --- in other places ------------------------------------------------------------------------------


def test_a_code_in_payment_prices_anew_and_opens_payment_again() -> None:
    world = MemberWorld(online=False)
    world.scan(COLA)
    world.do(StartTender())
    world.scan(world.app_code())
    assert (world.at, world.member, world.refused) == ("Tendering", CHEN, "")
    world.do(Settle())
    assert world.store.sales()[-1].lines[0].sku == "cola"


def test_a_code_after_money_was_taken_is_refused_on_record() -> None:
    world = MemberWorld(online=False)
    world.scan(COLA)
    world.do(StartTender())
    world.key("1")
    world.do(Settle())
    world.scan(world.app_code())
    assert (world.at, world.member, world.refused) == ("Tendering", "", Refusal.MemberAfterMoney.sentence)
    world.scan(MILK)
    assert world.refused == Refusal.PaymentOpen.sentence


def test_a_code_on_the_done_screen_starts_the_next_sale() -> None:
    world = MemberWorld()
    world.scan(COLA)
    world.pay()
    assert world.at == "Done"
    world.scan(world.app_code())
    assert (world.at, world.member, world.lines()) == ("Selling", CHEN, [])


def test_a_code_does_not_close_the_question_of_a_weight() -> None:
    world = MemberWorld()
    world.scan("4011")
    assert world.at == "Weighing"
    world.scan(world.app_code())
    assert (world.at, world.member) == ("Weighing", CHEN)
    world.scan(world.app_code(WANG, key=OTHERS))
    assert (world.at, world.refused) == ("Weighing", CodeRefusal.BadSignature.sentence)


def test_a_code_during_a_commit_waits_for_the_next_sale() -> None:
    world = MemberWorld()
    world.holds_commits = True
    world.scan(COLA)
    world.do(StartTender(), Settle(), ScanCode(world.app_code()))
    assert world.member == ""
    world.answer_commit()
    assert (world.at, world.member, world.lines()) == ("Selling", CHEN, [])


def test_without_a_shift_nobody_is_attached() -> None:
    world = MemberWorld()
    world.do(SignOff())
    world.scan(world.app_code())
    assert world.member == ""
    assert world.visits() == []


def test_nothing_of_a_person_is_in_the_journal_or_the_draft() -> None:
    world = MemberWorld()
    world.do(OpenMember())
    world.key(CHEN_PHONE)
    world.do(LookUpMember())
    world.scan(COLA)
    assert world.store.draft is not None
    written = repr(world.store.facts) + world.store.draft[1].decode()
    assert CHEN_PHONE not in written
    assert PROGRAMME.lookup_key not in written
    assert [
        effect for effect in world.effects if isinstance(effect, FindMember) and CHEN_PHONE in repr(effect)
    ] == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_shopper_is_greeted_masked(language: str) -> None:
    world = MemberWorld()
    world.do(SwitchLanguage(language))
    world.scan(world.app_code())
    welcome = world.terminal.customer_view()
    assert welcome is not None
    assert "陈**" in welcome.thanks
    world.scan(COLA)
    told = world.terminal.customer_view()
    assert told is not None
    assert "陈**" in told.thanks
    for text in texts_in(told):
        assert CHEN_PHONE[-4:] not in text
        assert CHEN not in text
    world.do(RemoveMember())
    alone = world.terminal.customer_view()
    assert alone is not None
    assert (alone.thanks, alone.earned) == ("", "")


def test_the_strip_says_who_it_is_in_words() -> None:
    world = MemberWorld()
    world.do(SwitchLanguage("en"))
    nobody = world.terminal.view().main.member
    assert nobody is not None
    assert (nobody.title, nobody.find.key) == ("No member yet", "F3")
    world.scan(world.app_code(), COLA)
    strip = world.terminal.view().main.member
    assert strip is not None
    assert (strip.initial, strip.title, strip.level) == ("陈", "陈**", "Gold")
    assert strip.detail == "Phone ends 6027 · Linked"
    assert [chip.text for chip in strip.chips] == ["Points 2,860", "Coupons 2"]
    assert strip.name == "Member 陈**, Gold, Phone ends 6027 · Linked, 2,860 points, 2 coupons"
    world.link(False)
    offline = world.terminal.view().main.member
    assert offline is not None
    assert [chip.text for chip in offline.chips] == ["As of 04:26", "Points 2,860"]
    world.hands.pass_by(DAY_MS)
    older = world.terminal.view().main.member
    assert older is not None
    assert older.chips[0].text == "As of 05-29 04:26"
    world.do(StartTender())
    locked = world.terminal.view().main.member
    assert locked is not None
    assert (locked.remove, locked.open) == (None, None)


def test_a_member_that_is_not_linked_is_told_so() -> None:
    world = MemberWorld()
    world.do(SwitchLanguage("en"))
    world.scan(world.app_code(WANG))
    strip = world.terminal.view().main.member
    assert strip is not None
    assert strip.detail == "Phone ends 9912 · Not linked"
    world.do(OpenMember())
    shown = labels(world.terminal.view())
    assert "Not linked: scan a card to bind it" in shown
    assert "Shown by the member code" in shown


def test_an_old_answer_leaves_a_sheet_under_a_lock_ready_to_ask_again() -> None:
    world = MemberWorld()
    world.holds_answers = True
    world.do(OpenMember())
    world.key(CHEN_PHONE)
    world.do(LookUpMember(), Lock())
    world.do(world.found(world.finds[-1]))
    assert world.phase.back.ask_id == ""
    assert world.member == ""
