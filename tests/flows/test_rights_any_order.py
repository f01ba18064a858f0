"""A member, coupons and points under hands that press anything while the hub comes and goes.

Whatever happens: a sale uses no more points than its leases or the hub's word cover, one coupon is used up
once, and what a sale pays is what its fact says.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.leases import Lease
from posapp.domain.sale_facts import lease_spends
from posapp.flows import intents
from posapp.flows.effects import Effect
from posapp.flows.intents import Intent, LinkChanged, LinkStatus
from posapp.flows.member_answers import LeasesChanged, ProgrammeSent, RightsAnswered
from posapp.flows.member_effects import HoldRights
from posapp.flows.member_wishes import (
    GoOnWithout,
    OpenCoupons,
    RetryRights,
    StartReturn,
    ToggleCoupon,
    UsePoints,
)
from posapp.store.totals import check_sale
from tests.flows.offers import promotions
from tests.flows.picture import (
    BAG,
    CARD,
    CODES,
    COUPON,
    JACKET,
    OFFERS,
    POINTS,
    PROGRAMME,
    SOCKS,
    TWO_HUNDRED,
    member_world,
)
from tests.flows.world import World, intents_in

PRESSED: st.SearchStrategy[Intent] = st.one_of(
    st.builds(ToggleCoupon, st.sampled_from([COUPON.coupon_id, "?"])),
    st.builds(UsePoints, st.sampled_from([None, 0, 100, 400, 100_000])),
    st.builds(intents.KeyIn, st.sampled_from([*"0159", "back"])),
    st.sampled_from(
        [
            OpenCoupons(), RetryRights(), GoOnWithout(), intents.StartTender(), intents.Settle(),
            intents.Back(), intents.Suspend(), intents.NextSale(), intents.WhyPrice(), intents.VoidCart(),
            intents.Lock(), intents.GoTo("status"), intents.GoTo("sell"),
        ]
    ),
)  # fmt: skip


#: What would only lead away from the sale.
_AWAY = (
    intents.SignOff, intents.CloseShift, intents.StartCount, intents.Lock, intents.GoTo, intents.ShowX,
    intents.SwitchLanguage, StartReturn, intents.TryScanner,
)  # fmt: skip


class AnyRights(RuleBasedStateMachine):
    """A till with the picture's offers, its member at hand, and a hub that says anything."""

    @initialize(online=st.booleans())
    def begin(self, online: bool) -> None:
        self.world: World = member_world(online=online)
        self.granted: dict[str, int] = {each.lease_id: each.amount for each in self.world.desk.leases}
        self.kept: dict[str, RightsAnswered] = {}
        self.asked: list[HoldRights] = []

    def _do(self, intent: Intent) -> None:
        effects: tuple[Effect, ...] = self.world.do(intent).effects
        self.asked += [each for each in effects if isinstance(each, HoldRights)]

    @rule(codes=st.lists(st.sampled_from([CARD, JACKET, SOCKS, BAG]), min_size=1, max_size=4))
    def scan(self, codes: list[str]) -> None:
        for code in codes:
            self._do(intents.ScanCode(code))

    @rule()
    def the_whole_sale(self) -> None:
        for code in [CARD, *CODES]:
            self._do(intents.ScanCode(code))
        self._do(intents.StartTender())

    @rule(wish=PRESSED)
    def press(self, wish: Intent) -> None:
        self._do(wish)

    @rule()
    def press_the_one_button(self) -> None:
        self._do(self.world.terminal.view().anchor.primary.intent)

    @rule(data=st.data())
    def press_what_is_shown(self, data: st.DataObject) -> None:
        offered = [each for each in intents_in(self.world.terminal.view()) if not isinstance(each, _AWAY)]
        self._do(data.draw(st.sampled_from(offered)))

    @rule(answers=st.booleans())
    def pay(self, answers: bool) -> None:
        """Go the whole way, with whatever the hub says of it."""
        self.back_to_work()
        self._do(intents.NextSale())
        for code in [CARD, *CODES]:
            self._do(intents.ScanCode(code))
        self._do(intents.StartTender())
        if self.world.at == "HoldingRights" and self.asked:
            self.the_hub_answers("all" if answers else "no answer")
        self._do(GoOnWithout())
        if self.world.at == "HoldingRights":
            self.the_hub_answers("all")
        self._do(intents.Settle())

    @rule()
    def back_to_work(self) -> None:
        if self.world.at in ("Locked", "SignedOff"):
            self._do(intents.SelectOperator("1001"))
            for digit in "1357":
                self._do(intents.KeyIn(digit))
            self._do(intents.SignOn())

    @rule(how=st.sampled_from(["all", "all", "fewer points", "no coupon", "no answer", "late"]))
    def the_hub_answers(self, how: str) -> None:
        if not self.asked:
            return
        question = self.asked[-1] if how != "late" else self.asked[0]
        until_ms = self.world.hands.now_ms() + 900_000
        answer = RightsAnswered(question.hold_id, True, until_ms, question.coupons, points=question.points)
        if how == "fewer points" and question.points:
            answer = replace(answer, points=0, points_why="balance", points_free=question.points // 2)
        elif how == "no coupon":
            gone = tuple((each, "used", None) for each in question.coupons)
            answer = replace(answer, coupons=(), refused=gone)  # type: ignore[arg-type]
        elif how == "no answer":
            answer = RightsAnswered(question.hold_id, False)
        answer = self.kept.setdefault(question.hold_id, answer)
        self._do(answer)

    @rule(online=st.booleans(), points=st.sampled_from([0, 300, 5_000]), new=st.integers(0, 9))
    def the_line_goes_and_comes(self, online: bool, points: int, new: int) -> None:
        lease = Lease(f"lease-{points}-{new}", "points", points, self.world.hands.now_ms() + 600_000)
        known = {each.lease_id: each for each in self.world.desk.leases}
        leases = {**known, lease.lease_id: known.get(lease.lease_id, lease)} if points else known
        self.granted |= {each.lease_id: each.amount for each in leases.values()}
        self._do(LeasesChanged(tuple(leases.values())))
        self._do(LinkChanged(LinkStatus("online" if online else "offline")))

    @rule(seconds=st.sampled_from([1, 9, 700]))
    def time_passes(self, seconds: int) -> None:
        self.world.hands.pass_by(seconds * 1000)
        self._do(intents.Tick())

    @rule(chosen=st.sampled_from([OFFERS, [TWO_HUNDRED, POINTS], []]))
    def the_hub_sends_offers(self, chosen: list[dict[str, object]]) -> None:
        self._do(promotions(*chosen))

    @rule(really=st.sampled_from([True, False, False, False]))
    def the_power_goes(self, really: bool) -> None:
        if really:
            leases = self.world.desk.leases
            self.world.restart()
            self.world.sign_on()
            self.world.do(promotions(*OFFERS), ProgrammeSent(PROGRAMME), LeasesChanged(leases))

    def _sales(self) -> list[TransactionCompleted]:
        return self.world.store.sales()

    @invariant()
    def leases_cover_what_was_given_away(self) -> None:
        spent: dict[str, int] = {}
        for sale in self._sales():
            for lease_id, amount in lease_spends(sale):
                spent[lease_id] = spent.get(lease_id, 0) + amount
        assert all(amount <= self.granted[lease_id] for lease_id, amount in spent.items()), spent

    @invariant()
    def the_hub_said_so_or_a_lease_does(self) -> None:
        for sale in self._sales():
            check_sale(sale)
            assert sale.member is None or sale.member.points_used == sum(
                each.points for each in sale.discounts
            )
            holds = [each for each in self.kept.values() if each.answered]
            points = 0 if sale.member is None or sale.member.points_lease_id else sale.member.points_used
            coupons = {each.coupon_id for each in sale.coupons if not each.lease_id}
            assert not points or any(each.points >= points for each in holds)
            assert all(any(coupon in each.coupons for each in holds) for coupon in coupons)
            assert not (points or coupons) or sale.hold_id in self.kept

    @invariant()
    def what_is_let_go_of_is_in_no_sale(self) -> None:
        gone = {each.hold_id for each in self.world.store.facts if isinstance(each, RightsReleased)}
        assert not gone & {sale.hold_id for sale in self._sales()}


AnyRights.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, derandomize=True
)
TestAnyRights = AnyRights.TestCase
