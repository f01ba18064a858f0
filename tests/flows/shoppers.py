"""Members in memory: who this till knows, a hub that answers or is away, and the app that shows codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from posapp.code_rules import ProgrammeSignatures, code_reader
from posapp.domain.cart_record import cart_to_bytes
from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.member_facts import MemberIdentified
from posapp.domain.members.masks import lookup_ref, normalised_card, normalised_phone
from posapp.domain.members.member_codes import make_member_code, member_step
from posapp.domain.members.programme import CodeRules, Level, Programme
from posapp.domain.members.terms import Coupon, MemberCard
from posapp.flows.answers import LinkStatus
from posapp.flows.effects import Effect
from posapp.flows.intents import LinkChanged
from posapp.flows.member_answers import JoinKept, MembersFound, ProgrammeSent
from posapp.flows.member_effects import FindMember, KeepJoin
from posapp.flows.steps import Ports
from tests.domain.shops import SHOP
from tests.flows.fakes import FakeStore, Hands, speech
from tests.flows.world import World

SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHERS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEY_ID = "7f3a"
KEYS = {KEY_ID: SIGNING.public_key().public_bytes_raw().hex()}
LOOKUP = "aa" * 32
STEP_S = 60

CHEN, WANG, GONE = "M0CHENCHENCHE", "M0WANGWANGWAN", "M0GQNEGQNEGQN"
CHEN_PHONE, WANG_PHONE, NEW_PHONE = "13800136027", "13900139912", "13700131234"
CHEN_CARD, NEW_CARD = "88120000006027", "88120000009999"

PROGRAMME = Programme(
    is_on=True,
    levels=(Level("gold", {"zh_CN": "金卡", "en": "Gold"}),),
    codes=CodeRules(step_s=STEP_S, public_keys=KEYS),
    consents=(
        ("terms", "2026-1", {"zh_CN": "会员条款", "en": "Terms of the programme"}),
        ("marketing", "2026-2", {"zh_CN": "接收优惠信息", "en": "Offers by message"}),
    ),
    card_patterns=("8812[0-9]{10}",),
    lookup_key=LOOKUP,
)


class Members:
    """What the till knows of members: a MemberReader, with the hub's clock wound by hand."""

    def __init__(self, hands: Hands, store: FakeStore) -> None:
        self.hands = hands
        self.store = store
        self.cards: dict[str, MemberCard] = {}
        self.aliases: dict[str, str] = {}
        self.refs: dict[str, str] = {}
        self.revoked: dict[str, int] = {}
        self.offset_ms = 0
        self.unsure_ms = 90_000

    def add(self, card: MemberCard, *, phone: str = "", card_no: str = "") -> None:
        self.cards[card.member_id] = card
        if phone:
            self.refs[lookup_ref(LOOKUP, "phone", normalised_phone(phone, "86"))] = card.member_id
        if card_no:
            self.refs[lookup_ref(LOOKUP, "card", normalised_card(card_no))] = card.member_id

    def by_id(self, member_id: str) -> MemberCard | None:
        return self.cards.get(self.aliases.get(member_id, member_id))

    def by_ref(self, kind: Any, text: str) -> MemberCard | None:
        normal = normalised_phone(text, "86") if kind == "phone" else normalised_card(text)
        return self.cards.get(self.refs.get(lookup_ref(LOOKUP, kind, normal), ""))

    def last_step(self, member_id: str) -> int | None:
        steps = [
            fact.step
            for fact in self.store.facts
            if isinstance(fact, MemberIdentified) and fact.member_id == member_id and fact.step is not None
        ]
        return max(steps, default=None)

    def revoked_before_ms(self, member_id: str) -> int:
        return self.revoked.get(member_id, 0)

    def hub_now_ms(self) -> tuple[int, int]:
        return self.hands.now_ms() + self.offset_ms, self.unsure_ms

    def search(self, ask: FindMember) -> tuple[MemberCard, ...]:
        match ask.by:
            case "id":
                found = self.by_id(ask.text)
            case "phone" | "card":
                found = self.by_ref(ask.by, ask.text)
            case "tail":
                return tuple(card for card in self.cards.values() if card.phone_tail == ask.text)
            case "name":
                return tuple(card for card in self.cards.values() if card.name[:1] == ask.text[:1])
        return () if found is None else (found,)


class MemberWorld(World):
    """A till of a shop with members; questions are answered at once unless `holds_answers`."""

    def __init__(self, *, online: bool = True, programme: Programme = PROGRAMME) -> None:
        super().__init__(recover=False)
        self.here = Members(self.hands, self.store)
        self.hub = Members(self.hands, self.store)
        self.joins: list[KeepJoin] = []
        self.finds: list[FindMember] = []
        self.trouble_at_joining = ""
        reader = code_reader(SHOP, signatures=ProgrammeSignatures(KEYS))
        self.ports = Ports(
            self.hands, self.hands, self.catalogue, speech, lambda shop: reader, self.store, members=self.here
        )
        self.programme = programme
        self.is_online = online
        self.restart()
        now_ms = self.hands.now_ms()
        coupons = (Coupon("K1", "B20"), Coupon("K2", "B5"))
        chen = MemberCard(
            CHEN, "陈**", "6027", "gold", points=2860, coupons=coupons, is_linked=True, as_of_ms=now_ms
        )
        wang = MemberCard(WANG, "王**", "9912", points=10, as_of_ms=now_ms)
        for place in (self.here, self.hub):
            place.add(chen, phone=CHEN_PHONE, card_no=CHEN_CARD)
            place.add(wang, phone=WANG_PHONE)
        self.open_shift()

    def restart(self) -> None:
        """As of any till; the programme is kept with its settings."""
        super().restart()
        self.link(self.is_online)
        self.do(ProgrammeSent(self.programme))

    def link(self, online: bool) -> None:
        self.is_online = online
        self.do(LinkChanged(LinkStatus(state="online" if online else "offline")))

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case FindMember():
                self.finds.append(effect)
                if not self.holds_answers:
                    self._one(self.found(effect))
            case KeepJoin():
                self.joins.append(effect)
                if not self.trouble_at_joining:
                    self.store.record((effect.fact,))
                if not self.holds_answers:
                    self._one(JoinKept(effect.joining.join_id, self.trouble_at_joining))
            case _:
                super()._carry_out(effect)

    def found(self, ask: FindMember) -> MembersFound:
        """What is known here, else at the hub where it is reached."""
        here = self.here.search(ask)
        if (ask.at_hub or not here) and self.is_online:
            there = self.hub.search(ask)
            for card in there:
                self.here.cards[card.member_id] = card
            return MembersFound(ask.ask_id, there, "yes")
        return MembersFound(ask.ask_id, here, "no_answer" if not here else "no")

    # --- what people show ---------------------------------------------------------------------

    def app_code(
        self, member_id: str = CHEN, *, steps_ago: int = 0, key: Any = SIGNING, key_id: str = KEY_ID
    ) -> str:
        """What a member's app shows now, or showed some steps ago."""
        step = member_step(self.hands.now_ms(), STEP_S) - steps_ago
        return make_member_code(member_id, step, key_id=key_id, sign=key.sign)

    @property
    def member(self) -> str:
        """Whose sale it is."""
        cart = self.desk.cart
        return cart.rights.member_id if cart is not None else ""

    @property
    def card(self) -> MemberCard:
        return self.desk.cart.rights.member.card

    def visits(self) -> list[MemberIdentified]:
        return [fact for fact in self.store.facts if isinstance(fact, MemberIdentified)]

    def with_hold(self, hold: Any) -> None:
        """The hub keeps rights for the open sale."""
        desk = self.terminal.state.desk
        cart = replace(desk.cart, rights=replace(desk.cart.rights, hold=hold))
        self.terminal.state = replace(self.terminal.state, desk=replace(desk, cart=cart))
        self.store.draft = (cart.transaction_id, cart_to_bytes(cart))


def static_code(member_id: str = CHEN) -> str:
    """A genuine code without a step: a photograph for ever."""
    return make_own(OwnCode("member", KEY_ID.upper(), member_id), SIGNING.sign)
