"""Members in any order: a code counts in one sale, forged ones in none, nobody's data is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import MemberIdentified, RightsReleased
from posapp.domain.members.sale_rights import Hold
from posapp.domain.members.terms import MemberCard
from posapp.flows.intents import (
    Back,
    EnterText,
    Intent,
    KeyIn,
    NextSale,
    Resume,
    ScanCode,
    Settle,
    StartTender,
    Suspend,
    Tick,
)
from posapp.flows.member_answers import JoinAnswered, JoinKept, MembersChanged
from posapp.flows.member_wishes import (
    ChooseMember,
    ConfirmJoin,
    LookUpMember,
    OpenMember,
    RemoveMember,
    StartJoin,
    ToggleConsent,
)
from posapp.flows.state import Locked, Selling
from tests.flows.fakes import APPLE_PLU, COLA, MILK
from tests.flows.shoppers import (
    CHEN,
    CHEN_CARD,
    CHEN_PHONE,
    NEW_CARD,
    NEW_PHONE,
    OTHERS,
    WANG,
    WANG_PHONE,
    MemberWorld,
    static_code,
)
from tests.flows.world import intents_in

TEXTS = [CHEN_PHONE, WANG_PHONE, NEW_PHONE, "王芳", CHEN_CARD, COLA]
WISHES: list[Intent] = [
    OpenMember(), OpenMember(), LookUpMember(), ChooseMember(CHEN), ChooseMember(WANG), RemoveMember(),
    StartJoin(), StartJoin(NEW_PHONE), ToggleConsent("terms"), ToggleConsent("marketing"), ConfirmJoin(),
    StartTender(), Settle(), Back(), NextSale(), Suspend(), Tick(), MembersChanged(), KeyIn("clear"),
    *map(EnterText, TEXTS),
]  # fmt: skip


class MembersInAnyOrder(RuleBasedStateMachine):
    """A till with members under hands that press anything, with answers that come late or never."""

    @initialize(online=st.booleans(), slow=st.booleans())
    def begin(self, online: bool, slow: bool) -> None:
        self.world = MemberWorld(online=online)
        self.world.holds_answers = slow
        self.genuine: set[tuple[str, int]] = set()
        self.kept: dict[str, str] = {}
        self.old: list[str] = []

    @rule(member=st.sampled_from([CHEN, WANG]))
    def show_a_code(self, member: str) -> None:
        code = self.world.app_code(member)
        self.genuine.add((member, self.world.hands.now_ms() // 60_000))
        self.old.append(code)
        self.world.do(ScanCode(code))

    @rule(data=st.data())
    def show_a_photograph(self, data: st.DataObject) -> None:
        if self.old:
            self.world.do(ScanCode(data.draw(st.sampled_from(self.old))))

    @rule(which=st.integers(0, 3))
    def show_a_forged_code(self, which: int) -> None:
        before = self.world.member
        forged = (
            self.world.app_code(CHEN, key=OTHERS),
            self.world.app_code(CHEN)[:-2] + "22",
            static_code(),
            self.world.app_code(WANG, steps_ago=-20),
        )[which]
        self.world.do(ScanCode(forged))
        assert self.world.member == before

    @rule(code=st.sampled_from([COLA, MILK, APPLE_PLU, CHEN_CARD, NEW_CARD]))
    def scan(self, code: str) -> None:
        self.world.do(ScanCode(code))

    @rule(wish=st.sampled_from(WISHES))
    def wish(self, wish: Intent) -> None:
        self.world.do(wish)

    @rule(number=st.sampled_from(["6027", CHEN_PHONE, NEW_PHONE, "12", "0000"]))
    def key(self, number: str) -> None:
        self.world.do(*(KeyIn(sign) for sign in number))

    @rule(data=st.data())
    def press_what_is_shown(self, data: st.DataObject) -> None:
        offered = intents_in(self.world.terminal.view())
        self.world.do(data.draw(st.sampled_from(offered)))

    @rule()
    def take_up_a_parked_sale(self) -> None:
        for parked in tuple(self.world.store.parked.values())[:1]:
            self.world.do(Resume(parked.transaction_id))

    @rule()
    def answer_a_search(self) -> None:
        if self.world.finds:
            self.world.do(self.world.found(self.world.finds[-1]))

    @rule(merged=st.booleans(), stored=st.booleans())
    def answer_a_join(self, merged: bool, stored: bool) -> None:
        if self.world.joins:
            wish = self.world.joins[-1].joining
            self.world.do(JoinKept(wish.join_id, "" if stored else "disk_full"))
            card = MemberCard("M0NEWNEWNEWNE", "李**", "1234", as_of_ms=self.world.hands.now_ms())
            self.world.do(JoinAnswered(wish.join_id, card, merged))

    @rule(online=st.booleans())
    def the_line(self, online: bool) -> None:
        self.world.link(online)

    @rule(blocked=st.booleans(), member=st.sampled_from([CHEN, WANG]))
    def the_hub_changes_somebody(self, blocked: bool, member: str) -> None:
        changed = replace(
            self.world.hub.cards[member], is_blocked=blocked, as_of_ms=self.world.hands.now_ms()
        )
        self.world.hub.cards[member] = changed

    @rule(milliseconds=st.sampled_from([1_000, 60_000, 400_000]))
    def time_goes_by(self, milliseconds: int) -> None:
        self.world.hands.pass_by(milliseconds)

    @rule()
    def the_hub_keeps_something(self) -> None:
        self.leave()
        self.world.do(EnterText(CHEN_PHONE))
        cart = self.world.desk.cart
        if isinstance(self.world.phase, Selling) and cart is not None and cart.rights.member is not None:
            if cart.rights.hold is not None:
                self.kept.pop(cart.rights.hold.hold_id, None)
            hold_id = self.world.hands.new_id()
            self.kept[hold_id] = cart.transaction_id
            self.world.with_hold(Hold(hold_id, self.world.hands.now_ms() + 900_000, (), 5))

    @rule(code=st.sampled_from([COLA, MILK]))
    def sell(self, code: str) -> None:
        """A whole sale, whoever's it is, as far as what is open lets it."""
        self.leave()
        self.world.do(ScanCode(code), StartTender(), Settle())

    @rule()
    def leave(self) -> None:
        """Back to the goods, from a lock as well."""
        self.world.do(Back(), Back(), Back())
        if isinstance(self.world.phase, Locked):
            self.power_goes()

    @rule(number=st.sampled_from([NEW_PHONE, "13711112222"]))
    def somebody_joins(self, number: str) -> None:
        self.leave()
        self.world.do(OpenMember(), *map(KeyIn, number), LookUpMember())
        self.answer_a_search()
        self.world.do(ToggleConsent("terms"), ConfirmJoin())

    @rule()
    def take_the_member_off(self) -> None:
        self.world.do(RemoveMember())

    @rule()
    def power_goes(self) -> None:
        slow, self.world.holds_answers = self.world.holds_answers, False
        self.world.restart()
        self.world.sign_on()
        self.world.holds_answers = slow

    @invariant()
    def a_code_counts_in_one_sale(self) -> None:
        sales: dict[tuple[str, int], set[str]] = {}
        for fact in self._facts(MemberIdentified):
            if fact.proof == "code":
                assert (fact.member_id, fact.step) in self.genuine
                sales.setdefault((fact.member_id, fact.step), set()).add(fact.transaction_id)
        assert all(len(each) == 1 for each in sales.values())

    @invariant()
    def whoever_buys_was_identified(self) -> None:
        visits = {(fact.transaction_id, fact.member_id) for fact in self._facts(MemberIdentified)}
        for sale in self._facts(TransactionCompleted):
            if sale.member is not None and sale.member.member_id != "M0NEWNEWNEWNE":
                assert (sale.transaction_id, sale.member.member_id) in visits

    @invariant()
    def what_is_kept_for_a_sale_ends_with_it_or_is_let_go_of_once(self) -> None:
        released = [fact.hold_id for fact in self._facts(RightsReleased)]
        assert len(released) == len(set(released))
        cart = self.world.desk.cart
        holds = cart.rights.hold.hold_id if cart is not None and cart.rights.hold is not None else ""
        sold = {fact.transaction_id for fact in self._facts(TransactionCompleted)}
        for hold_id, sale in self.kept.items():
            assert hold_id == holds or hold_id in released or sale in sold

    @invariant()
    def nothing_of_a_person_is_written_down(self) -> None:
        drafts = [self.world.store.draft[1]] if self.world.store.draft else []
        drafts += [parked.cart for parked in self.world.store.parked.values()]
        written = repr(self.world.store.facts) + b"".join(drafts).decode()
        for secret in (CHEN_PHONE, WANG_PHONE, NEW_PHONE, "王芳"):
            assert secret not in written

    def _facts(self, kind: type) -> list[Any]:
        return [fact for fact in self.world.store.facts if isinstance(fact, kind)]


TestMembersInAnyOrder = MembersInAnyOrder.TestCase
TestMembersInAnyOrder.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
