"""The member sheets: looking somebody up by hand, and whose sale it is; and what the hub says of members.

Goods are still taken while a sheet is open: it gives way. A whole phone or card number names one person and
attaches them; an end or a name may be several people's, so somebody chooses. A phone that nobody has leads
on to joining.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from posapp.domain.members.member_codes import card_number
from posapp.domain.members.terms import MemberCard
from posapp.flows import members
from posapp.flows.entry import edit_pin
from posapp.flows.intents import Back, EnterText, GoTo, KeyIn, ScanCode, SearchText
from posapp.flows.joining import bind, start_join
from posapp.flows.meaning import read
from posapp.flows.meant import Stop
from posapp.flows.member_answers import MembersChanged, MembersFound, ProgrammeSent
from posapp.flows.member_effects import FindMember
from posapp.flows.member_phases import FindBy, FindingMember, MemberAsk, ShowingMember
from posapp.flows.member_wishes import ChooseMember, LookUpMember, OpenMember, RemoveMember, StartJoin
from posapp.flows.refusals import Refusal
from posapp.flows.scanning import may_sell, scan
from posapp.flows.shift import go
from posapp.flows.state import Choosing, Desk, Done, Phase, Selling, ShowingPrice, Tendering, Weighing
from posapp.flows.steps import Ports, Rule, Rules, Step, next_scan, quiet, refuse, refuse_scan, tell, within

PHONE_DIGITS_MAX = 20
_TAIL_DIGITS = 4
#: Where who is at the till may change by itself: prices are not locked, nothing waits for an answer.
_OPEN = (Selling, ShowingPrice, Weighing, Choosing, FindingMember, ShowingMember)


def _open(desk: Desk, phase: Phase, intent: OpenMember, ports: Ports) -> Step:
    """Look a member up, or show the one whose sale it is."""
    if not desk.programme.is_on:
        return refuse(desk, phase, Refusal.MemberCode)
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    if not may_sell(desk):
        return refuse(desk, phase, Refusal.MayNotSell)
    desk = replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1)
    if desk.cart is not None and desk.cart.rights.member is not None:
        return members.refreshed(Step(desk, ShowingMember()), ports)
    return Step(desk, FindingMember())


def _leave(desk: Desk, phase: FindingMember | ShowingMember, intent: Back | OpenMember, ports: Ports) -> Step:
    """Clear what is keyed, else back to the goods."""
    if not phase.entry or isinstance(intent, OpenMember):
        return Step(quiet(desk), Selling())
    if isinstance(phase, FindingMember):
        return Step(quiet(desk), FindingMember())
    return Step(quiet(desk), replace(phase, entry=""))


def _key(desk: Desk, phase: FindingMember, intent: KeyIn, ports: Ports) -> Step:
    """Edit the number."""
    entry = edit_pin(phase.entry, intent.key, length_max=PHONE_DIGITS_MAX)
    if phase.ask_id or entry == phase.entry:
        return Step(quiet(desk), phase)
    return Step(quiet(desk), FindingMember(entry))


def _look_up(desk: Desk, phase: FindingMember, intent: LookUpMember, ports: Ports) -> Step:
    """Look for whom the keyed number belongs to."""
    return find(desk, phase, phase.entry, ports)


def _enter(desk: Desk, phase: FindingMember, intent: EnterText, ports: Ports) -> Step:
    """Look for a name or a number that was typed into the scan field."""
    return find(replace(desk, clear_scan=desk.clear_scan + 1), phase, intent.text.strip(), ports)


def find(desk: Desk, phase: FindingMember, text: str, ports: Ports) -> Step:
    """Ask for members by what was keyed: on this till, and at the hub where it has none."""
    if phase.ask_id:
        return Step(desk, phase)
    text = members.told_name(text)
    by = _by(desk, text)
    if by is None:
        return refuse(desk, phase, Refusal.NotAPhone if text else Refusal.NothingToLookUp)
    ask_id = ports.ids.new_id()
    number = card_number(text, desk.programme.card_patterns) if by == "card" else text
    phase = FindingMember(phase.entry, ask_id, by, text)
    return Step(quiet(desk), phase, (FindMember(ask_id, by, number or text),))


def _by(desk: Desk, text: str) -> FindBy | None:
    """What a text is looked up as; None where it can be nobody's."""
    digits = text.isascii() and text.isdigit()
    if digits and len(text) == _TAIL_DIGITS:
        return "tail"
    if card_number(text, desk.programme.card_patterns) is not None:
        return "card"
    if digits or text.startswith("+"):
        is_whole = len(text) > 6 and members.phone_of(desk, text)
        return "phone" if is_whole else None
    return "name" if text else None


def typed(desk: Desk, text: str, ports: Ports) -> Step | None:
    """A text of the scan field that is a member's code, card or phone; None where it is none of them."""
    if not desk.programme.is_on:
        return None
    who: Any = members.by_code(desk, read(desk, text, ports), ports)
    if who is not None:
        return members.attach(desk, Selling(), who, ports)
    who = members.by_card(desk, text, ports, proof="typed")
    if isinstance(who, MemberAsk):
        return members.ask_card(desk, Selling(), who, text, ports)
    if who is not None:
        return members.attach(desk, Selling(), who, ports)
    phone = members.phone_of(desk, text)
    known = ports.members.by_ref("phone", phone) if phone else None
    if known is not None:
        return members.attach(desk, Selling(), members.shown(known, "typed", ports), ports)
    if not phone or not members.may_be_phone(text):
        return None
    desk = replace(desk, found=None, clear_scan=desk.clear_scan + 1)
    return find(desk, FindingMember(text), text, ports)


def _choose(desk: Desk, phase: FindingMember, intent: ChooseMember, ports: Ports) -> Step:
    """The sale is that one's of those found."""
    card = next((each for each in phase.cards or () if each.member_id == intent.member_id), None)
    if card is None:
        return refuse(desk, phase, Refusal.NotNow)
    return _attached(desk, phase, card, ports)


def _attached(desk: Desk, phase: FindingMember, card: MemberCard, ports: Ports) -> Step:
    step = members.attach(desk, Selling(), members.shown(card, "typed", ports), ports)
    # A refusal is told where it can be mended.
    return replace(step, phase=replace(phase, ask_id="")) if step.desk.refusal is not None else step


def _join(desk: Desk, phase: FindingMember, intent: StartJoin, ports: Ports) -> Step:
    """Take somebody in, with the number that was keyed."""
    phone = intent.phone or (phase.asked if phase.by == "phone" and phase.cards is not None else phase.entry)
    return start_join(desk, phone if members.phone_of(desk, phone) else "", phase.asked_hub)


def _gives_way(desk: Desk, phase: FindingMember, intent: ScanCode, ports: Ports) -> Step:
    """Goods, members and coupons are taken; the sheet gives way."""
    return scan(desk, Selling(), intent, ports)


def _ignore(desk: Desk, phase: Phase, intent: object, ports: Ports) -> Step:
    """The text is looked up with Enter."""
    return Step(desk, phase)


# --- the member whose sale it is ------------------------------------------------------------------


def _remove(desk: Desk, phase: Phase, intent: RemoveMember, ports: Ports) -> Step:
    """The sale is nobody's again; what the hub keeps for it goes back."""
    if desk.cart is None or desk.cart.rights.member is None:
        return refuse(desk, phase, Refusal.NobodyHere)
    if desk.cart.paid:
        return refuse(desk, phase, Refusal.MemberAfterMoney)
    desk, effects = members.removed(quiet(desk), ports)
    return Step(tell(desk, "The sale is without a member now"), Selling(), effects)


def _card_scan(desk: Desk, phase: ShowingMember, intent: ScanCode, ports: Ports) -> Step:
    """A card that nobody has here is bound to the member; goods and other codes are taken as ever."""
    reading = read(desk, intent.text, ports)
    number = card_number(reading.text, desk.programme.card_patterns) if desk.programme.is_on else None
    if number is None or ports.members.by_ref("card", number) is not None:
        return scan(desk, Selling(), intent, ports)
    shown = desk.cart.rights.member if desk.cart is not None else None
    if shown is not None and shown.proof not in desk.programme.spending:
        return refuse(desk, phase, Refusal.BindUnproved)
    desk = tell(desk, "Card ··{tail}: key the member's phone to bind it", tail=number[-4:])
    return Step(desk, ShowingMember("", number))


def _key_phone(desk: Desk, phase: ShowingMember, intent: KeyIn, ports: Ports) -> Step:
    """Edit the phone number that a card is bound by."""
    if not phase.card_no or phase.join_id:
        return Step(desk, phase)
    entry = edit_pin(phase.entry, intent.key, length_max=PHONE_DIGITS_MAX)
    return Step(quiet(desk), replace(phase, entry=entry))


def _bind(desk: Desk, phase: ShowingMember, intent: LookUpMember, ports: Ports) -> Step:
    """Bind the card, where the phone is the member's."""
    if not phase.card_no or phase.join_id:
        return Step(desk, phase)
    return bind(desk, phase, ports)


# --- what the world tells -------------------------------------------------------------------------


def _programme(desk: Desk, phase: Phase, intent: ProgrammeSent, ports: Ports) -> Step:
    """The rules of members as they are from now on."""
    return Step(replace(desk, programme=intent.programme), phase)


def _answer(desk: Desk, phase: FindingMember, intent: MembersFound, ports: Ports) -> Step:
    """One person is attached, several are shown, a phone that nobody has leads to joining."""
    if not phase.ask_id or intent.ask_id != phase.ask_id:
        return _news(desk, phase, intent, ports)
    found = replace(phase, ask_id="", cards=intent.cards, asked_hub=intent.asked_hub, more=intent.more)
    if len(intent.cards) == 1 and phase.by in ("phone", "card"):
        return _attached(desk, found, intent.cards[0], ports)
    if not intent.cards and phase.by == "phone":
        return start_join(desk, phase.asked, intent.asked_hub)
    return Step(desk, found)


def _news(desk: Desk, phase: Phase, intent: MembersFound, ports: Ports) -> Step:
    """What the hub says of the member at the till; an answer that nobody waits for any more is left."""
    ask = desk.member_ask
    if ask is None or ask.ask_id != intent.ask_id:
        return Step(desk, _unasked(phase, intent))
    desk = replace(desk, member_ask=None)
    is_its_sale = ask.transaction_id in ("", desk.cart.transaction_id if desk.cart is not None else "")
    if not is_its_sale or not isinstance(phase, _OPEN):
        return Step(desk, phase)
    if ask.purpose == "refresh":
        has_member = desk.cart is not None and desk.cart.rights.member is not None
        card = intent.cards[0] if len(intent.cards) == 1 and has_member else None
        return Step(desk, phase) if card is None else members.with_card(desk, phase, card, ports)
    if len(intent.cards) == 1:
        return members.attach(desk, phase, members.shown(intent.cards[0], ask.proof, ports), ports)
    why = Refusal.CardUnknown if intent.asked_hub == "yes" else Refusal.CardNotHere
    return refuse(desk, phase, Stop(why, {"tail": ask.tail}))


def _unasked(phase: Phase, intent: MembersFound) -> Phase:
    """A sheet under a lock or the status page waits no more: it can be asked again."""

    def change(under: Phase) -> Phase:
        mine = isinstance(under, FindingMember) and under.ask_id == intent.ask_id
        return replace(under, ask_id="") if mine and isinstance(under, FindingMember) else under

    return within(phase, change)


def _changed(desk: Desk, phase: Phase, intent: MembersChanged, ports: Ports) -> Step:
    """Members were received anew: the one at the till may have other points, or another id."""
    if desk.cart is None or desk.cart.rights.member is None or not isinstance(phase, _OPEN):
        return Step(desk, phase)
    card = ports.members.by_id(desk.cart.rights.member_id)
    was = desk.cart.rights.member.card
    if card is None or (card.as_of_ms or 0) < (was.as_of_ms or 0):
        return Step(desk, phase)
    return members.with_card(desk, phase, card, ports)


# --- a member's code in other places --------------------------------------------------------------


def taking_members(rule: Rule) -> Rule:
    """The same rule for scans, but a member's code goes to the sale while the question stays open."""

    def either(desk: Desk, phase: Any, intent: ScanCode, ports: Ports) -> Step:
        who = members.by_code(desk, read(desk, intent.text, ports), ports)
        if who is None:
            return rule(desk, phase, intent, ports)
        if isinstance(who, Stop):
            return refuse_scan(next_scan(desk, ports), phase, intent.text, who, ports)
        return members.attach(desk, phase, who, ports)

    either.__doc__ = rule.__doc__
    return either


def while_paying(
    desk: Desk, phase: Tendering, intent: ScanCode, ports: Ports, pay_again: Callable[[Desk], Step]
) -> Step | None:
    """A member's code during payment: prices are made anew and payment opens again, unless money was taken.

    None for a text that is no member's code or card.
    """
    reading = read(desk, intent.text, ports)
    who: Any = members.by_code(desk, reading, ports)
    if who is None:
        who = members.by_card(desk, reading.text, ports, proof="card")
    if who is None:
        return None
    if isinstance(who, MemberAsk):
        # Nobody waits at an open payment for an answer.
        who = Stop(Refusal.CardNotHere, {"tail": who.tail})
    if isinstance(who, Stop):
        return refuse_scan(next_scan(desk, ports), phase, intent.text, who, ports)
    if phase.payment.tenders:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.MemberAfterMoney, ports)
    assert desk.cart is not None
    unlocked = replace(desk, cart=replace(desk.cart, priced_at_ms=None))
    step = members.attach(unlocked, Selling(), who, ports)
    if step.desk.refusal is not None:
        return replace(step, desk=replace(step.desk, cart=desk.cart), phase=phase)
    again = pay_again(step.desk)
    # What was told of the member is not less true for the payment that opens again.
    told = again.desk if again.desk.refusal is not None else replace(again.desk, told=step.desk.told)
    return replace(again, desk=told, effects=(*step.effects, *again.effects))


RULES: Rules = {
    **{(phase, OpenMember): _open for phase in (Selling, ShowingPrice, Done)},
    **{(phase, RemoveMember): _remove for phase in (Selling, ShowingPrice, ShowingMember)},
    **{(phase, Back): _leave for phase in (FindingMember, ShowingMember)},
    **{(phase, OpenMember): _leave for phase in (FindingMember, ShowingMember)},
    **{(phase, SearchText): _ignore for phase in (FindingMember, ShowingMember)},
    **{(phase, GoTo): go for phase in (FindingMember, ShowingMember)},
    (FindingMember, KeyIn): _key,
    (FindingMember, LookUpMember): _look_up,
    (FindingMember, EnterText): _enter,
    (FindingMember, ChooseMember): _choose,
    (FindingMember, StartJoin): _join,
    (FindingMember, ScanCode): _gives_way,
    (FindingMember, MembersFound): _answer,
    (ShowingMember, ScanCode): _card_scan,
    (ShowingMember, KeyIn): _key_phone,
    (ShowingMember, LookUpMember): _bind,
}

#: What the world tells in any phase.
WORLD: dict[type, Rule] = {ProgrammeSent: _programme, MembersFound: _news, MembersChanged: _changed}
