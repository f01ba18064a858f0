"""Who is at the till: member codes, cards and phone numbers that make a sale somebody's.

A member is attached as soon as they are known by id; name, points and coupons may follow. What proves a
member, and whether a code still counts, is the domain's to say; here stands what a sale makes of it and which
sentence is told. Facts hold the id and the proof, never who it is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from posapp.domain.cart import Cart
from posapp.domain.cart_record import cart_to_bytes
from posapp.domain.codes.reading import CodeRefusal, Reading
from posapp.domain.member_facts import MemberIdentified, RightsReleased
from posapp.domain.members.clock import HubTime
from posapp.domain.members.masks import normalised_phone
from posapp.domain.members.member_codes import StepsKnown, card_number, check_member_code, own_code
from posapp.domain.members.sale_rights import SaleRights, ShownMember
from posapp.domain.members.terms import MemberCard, Proof
from posapp.flows.effects import Beep, Effect, Record, SaveDraft
from posapp.flows.formatting import N_, Clause
from posapp.flows.meant import Stop
from posapp.flows.member_effects import FindMember
from posapp.flows.member_phases import MemberAsk
from posapp.flows.refusals import Refusal
from posapp.flows.state import Desk, Phase
from posapp.flows.steps import Ports, Step, operator_of, refuse, tell

_STRENGTH: dict[Proof, int] = {"typed": 0, "card": 1, "code": 2}
#: Steps of codes that were taken in this run: the store has older ones long since.
_STEPS_KEPT = 64
NAME_MAX_CHARS = 40
#: Numbers of these lengths are codes of goods far more often than phones.
_GTIN_DIGITS = (8, 12, 13, 14)
_CODE_WHY = {
    "expired": Refusal.MemberCodeOld,
    "used": Refusal.MemberCodeUsed,
    "voided": Refusal.MemberCodeRevoked,
}
Purpose = Literal["changed", "undone", "voided", "no_answer"]


# --- who it is ------------------------------------------------------------------------------------


def is_online(desk: Desk) -> bool:
    """Whether the hub can be asked, as far as the till knows."""
    return desk.link.state == "online"


def card_of(member_id: str, ports: Ports) -> MemberCard:
    """The member as this till knows them: at least their id."""
    return ports.members.by_id(member_id) or MemberCard(member_id)


def by_code(desk: Desk, reading: Reading, ports: Ports) -> ShownMember | Stop | None:
    """Whose code this is, or why it does not count; None for a text that is no member's code."""
    if not _is_member_code(reading):
        return None
    if not desk.programme.is_on:
        return Stop(Refusal.MemberCode)
    code = own_code(reading)
    if code is None:
        # A key that has not arrived yet cannot be told from a forged seal but by its name.
        known = _issuer(reading) in {each.upper() for each in desk.programme.codes.public_keys}
        return Stop(CodeRefusal.BadSignature if known else Refusal.MemberKeyUnknown)
    now_ms, unsure_ms = ports.members.hub_now_ms()
    if not now_ms:
        return Stop(Refusal.HubTimeUnknown)
    card = card_of(code.subject, ports)
    found = check_member_code(
        code, HubTime(now_ms, unsure_ms), desk.programme.codes, _steps(desk, code.subject, card, ports)
    )
    if isinstance(found, int):
        if card.is_blocked:
            return Stop(Refusal.MemberBlocked)
        return ShownMember(card, "code", ports.clock.now_ms(), found)
    if found == "clock":
        step = int(code.fields["T"])
        apart_s = (step * desk.programme.codes.step_s * 1000 - now_ms) // 1000
        return Stop(Refusal.ClockSlow, {"time": _age(apart_s)})
    return Stop(_CODE_WHY.get(found, CodeRefusal.BadSignature))


def _is_member_code(reading: Reading) -> bool:
    if reading.kind == "member":
        return True
    return reading.refusal is CodeRefusal.BadSignature and reading.text[:4].upper() == "P1M."


def _issuer(reading: Reading) -> str:
    return reading.text.upper().split(".")[1]


def _age(seconds: int) -> Clause:
    if seconds < 3600:
        return Clause(N_("{n} min"), {"n": str(max(1, seconds // 60))})
    return Clause(N_("{h} h {n} min"), {"h": str(seconds // 3600), "n": str(seconds % 3600 // 60)})


def _steps(desk: Desk, member_id: str, card: MemberCard, ports: Ports) -> StepsKnown:
    """What is known of a member's earlier codes, under either of their ids."""
    ids = {member_id, card.member_id}
    last = [step for one in ids if (step := ports.members.last_step(one)) is not None]
    last += [step for known, step in desk.code_steps if known in ids]
    held = desk.cart.rights.member if desk.cart is not None else None
    of_sale = held.step if held is not None and held.card.member_id in ids else None
    revoked = max(card.codes_from_ms, *(ports.members.revoked_before_ms(one) for one in ids))
    return StepsKnown(max(last, default=None), of_sale, revoked)


def by_card(desk: Desk, text: str, ports: Ports, *, proof: Proof) -> ShownMember | MemberAsk | Stop | None:
    """Whose static card this is, a question to the hub, or why nobody's; None where it is no card at all."""
    if not desk.programme.is_on:
        return None
    number = card_number(text, desk.programme.card_patterns)
    if number is None:
        return None
    card = ports.members.by_ref("card", number)
    if card is not None:
        return shown(card, proof, ports)
    if is_online(desk):
        return MemberAsk(ports.ids.new_id(), "", "attach", proof, number[-4:])
    return Stop(Refusal.CardNotHere, {"tail": number[-4:]})


def shown(card: MemberCard, proof: Proof, ports: Ports) -> ShownMember | Stop:
    """A member who was found, unless they are blocked."""
    if card.is_blocked:
        return Stop(Refusal.MemberBlocked)
    return ShownMember(card, proof, ports.clock.now_ms())


def phone_of(desk: Desk, text: str) -> str:
    """A whole phone number in its one spelling, "" for a text that is none."""
    return normalised_phone(text, desk.programme.calling_code) if desk.programme.is_on else ""


def told_name(text: str) -> str:
    """A name or number as somebody keyed it, without signs that cannot be shown, at most 40 long."""
    shown = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join(shown.split())[:NAME_MAX_CHARS]


def by_phone(desk: Desk, text: str, ports: Ports) -> ShownMember | Stop | None:
    """Whose phone number was scanned, if known here; anybody can draw such a code: it proves nothing."""
    if not may_be_phone(text):
        return None
    phone = phone_of(desk, text)
    card = ports.members.by_ref("phone", phone) if phone else None
    return None if card is None else shown(card, "typed", ports)


def may_be_phone(text: str) -> bool:
    """Whether a text that sells nothing is rather a phone number than a code of goods that was mistyped."""
    digits = re.sub(r"[\s\-()]", "", text)
    if digits.startswith("+"):
        return digits[1:].isdigit() and len(digits) > 8
    return (
        digits.isascii() and digits.isdigit() and 10 <= len(digits) <= 15 and len(digits) not in _GTIN_DIGITS
    )


# --- whose sale it is -----------------------------------------------------------------------------


def attach(desk: Desk, phase: Phase, who: ShownMember | Stop, ports: Ports) -> Step:
    """The sale is this member's from now on; a sale is opened where there is none."""
    if isinstance(who, Stop):
        return refuse(desk, phase, who)
    cart = desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())
    was = cart.rights.member
    if cart.paid:
        return refuse(desk, phase, Refusal.MemberAfterMoney)
    is_same = was is not None and _are_one(was.card, who.card, ports)
    if was is not None and not is_same and cart.rights.hold is not None:
        return refuse(desk, phase, Refusal.OtherMember)
    rights = _shown_again(cart.rights, who) if is_same else _of_another(cart.rights, who)
    desk = replace(desk, cart=replace(cart, rights=rights), found=None, clear_scan=desk.clear_scan + 1)
    step = Step(_told(desk, who.card, again=rights == cart.rights), phase, (Beep("member"),))
    if rights == cart.rights:
        return replace(step, desk=replace(step.desk, cart=cart))
    fact = MemberIdentified(
        who.card.member_id, who.proof, cart.transaction_id, operator_of(desk).operator_id,
        ports.clock.now_ms(), who.step,
    )  # fmt: skip
    if who.step is not None:
        steps = (*desk.code_steps, (who.card.member_id, who.step))[-_STEPS_KEPT:]
        step = replace(step, desk=replace(step.desk, code_steps=steps))
    return refreshed(step, ports).also(Record((fact,)))


def _are_one(one: MemberCard, other: MemberCard, ports: Ports) -> bool:
    if one.member_id == other.member_id:
        return True
    known = ports.members.by_id(one.member_id)
    return known is not None and known.member_id == other.member_id


def _shown_again(rights: SaleRights, who: ShownMember) -> SaleRights:
    """The same member once more: the better proof counts, and a fresh code lifts what an old was refused."""
    was = rights.member
    assert was is not None
    is_better = _STRENGTH[who.proof] > _STRENGTH[was.proof] or (who.step or 0) > (was.step or 0)
    if not is_better:
        card = who.card if who.card.as_of_ms is not None else was.card
        return rights if card == was.card else replace(rights, member=replace(was, card=card))
    return replace(rights, member=who, refused=(), points_most=None, points_why="")


def _of_another(rights: SaleRights, who: ShownMember | None) -> SaleRights:
    """The rights of the sale for somebody else, or nobody: coupons that anybody may bring stay."""
    coupons = tuple(each for each in rights.coupons if not each.member_id)
    ids = {each.coupon_id for each in coupons}
    return SaleRights(
        member=who, coupons=coupons, declined=rights.declined & ids,
        refused=tuple(each for each in rights.refused if each[0] in ids), is_offline=rights.is_offline,
    )  # fmt: skip


def _told(desk: Desk, card: MemberCard, *, again: bool) -> Desk:
    if again:
        return tell(desk, "This member is on the sale already")
    if card.phone_tail:
        return tell(desk, "Member ··{tail} found", tail=card.phone_tail)
    if card.name or is_online(desk):
        return tell(desk, "Member found")
    return tell(desk, "Member taken; who it is comes with the network")


def removed(desk: Desk, ports: Ports, reason: Purpose = "changed") -> tuple[Desk, tuple[Effect, ...]]:
    """The desk with a sale that is nobody's, and what lets go of what the hub keeps for it."""
    cart = desk.cart
    assert cart is not None
    effects: tuple[Effect, ...] = ()
    if cart.rights.hold is not None:
        let_go = RightsReleased(cart.transaction_id, cart.rights.hold.hold_id, reason, ports.clock.now_ms())
        effects = (Record((let_go,)),)
    rights = _of_another(cart.rights, None)
    # A sale of which nothing is left has not failed to reach anybody.
    is_left = bool(cart.lines or rights.coupons)
    cart = replace(cart, rights=rights if is_left else replace(rights, is_offline=False))
    if not cart.is_empty:
        return replace(desk, cart=cart, member_ask=None), effects
    # Nothing is left of the sale; what the disk has of it must say so, too.
    desk = replace(desk, cart=None, marked=None, member_ask=None)
    return desk, (*effects, SaveDraft(cart.transaction_id, cart_to_bytes(cart)))


# --- what the hub says ----------------------------------------------------------------------------


def refreshed(step: Step, ports: Ports) -> Step:
    """The step with a question to the hub how the member of the sale is now, where it can be asked."""
    cart = step.desk.cart
    if cart is None or cart.rights.member is None or not is_online(step.desk):
        return step
    ask = MemberAsk(ports.ids.new_id(), cart.transaction_id, "refresh")
    wish = FindMember(ask.ask_id, "id", cart.rights.member_id, at_hub=True)
    return replace(step, desk=replace(step.desk, member_ask=ask)).also(wish)


def ask_card(desk: Desk, phase: Phase, ask: MemberAsk, text: str, ports: Ports) -> Step:
    """Ask the hub whose card this is."""
    number = card_number(text, desk.programme.card_patterns) or text
    ask = replace(ask, transaction_id="" if desk.cart is None else desk.cart.transaction_id)
    desk = replace(desk, member_ask=ask, found=None, clear_scan=desk.clear_scan + 1)
    desk = tell(desk, "Asking whose card ··{tail} is", tail=ask.tail)
    return Step(desk, phase, (FindMember(ask.ask_id, "card", number), Beep("ok")))


def with_card(desk: Desk, phase: Phase, card: MemberCard, ports: Ports) -> Step:
    """The member of the open sale as the hub has them now; a blocked one goes off, with the sentence."""
    cart = desk.cart
    was = cart.rights.member if cart is not None else None
    if cart is None or was is None:
        return Step(desk, phase)
    if card.is_blocked:
        desk, effects = removed(desk, ports)
        return refuse(desk, phase, Refusal.MemberBlocked).also(*effects)
    if card == was.card:
        return Step(desk, phase)
    rights = replace(cart.rights, member=replace(was, card=card))
    return Step(replace(desk, cart=replace(cart, rights=rights)), phase)
