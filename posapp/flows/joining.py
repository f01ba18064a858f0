"""Becoming a member at the till, and binding a card: one number, the texts that are agreed to, one press.

The wish is durable before anything is claimed, and it is sent when there is a network. Until the hub has
answered, the member goes by an id of this till's making; sales under it are theirs all the same. Names and
phones are in the one value that the store keeps for sending, never in a fact.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Literal

from posapp.domain.member_facts import MemberJoined
from posapp.domain.members.masks import masked_name, phone_tail
from posapp.domain.members.member_codes import card_number, new_member_id
from posapp.domain.members.terms import Joining, MemberCard
from posapp.flows import members
from posapp.flows.effects import Beep
from posapp.flows.entry import edit_pin
from posapp.flows.formatting import N_
from posapp.flows.intents import Back, EnterText, GoTo, KeyIn, ScanCode, SearchText
from posapp.flows.meaning import read
from posapp.flows.member_answers import JoinAnswered, JoinKept
from posapp.flows.member_effects import FindMember, KeepJoin
from posapp.flows.member_phases import JoiningMember, ShowingMember
from posapp.flows.member_wishes import ConfirmJoin, ToggleConsent
from posapp.flows.refusals import Refusal
from posapp.flows.shift import go
from posapp.flows.state import Choosing, Desk, Phase, Selling, ShowingPrice, Weighing
from posapp.flows.steps import (
    Ports,
    Rule,
    Rules,
    Step,
    next_scan,
    operator_of,
    quiet,
    refuse,
    refuse_scan,
    tell,
    within,
)

_DIGITS_MAX = 20
#: The purpose of the text that nobody joins without.
TERMS = "terms"
_OPEN = (Selling, ShowingPrice, Weighing, Choosing, ShowingMember)


def start_join(desk: Desk, phone: str, asked_hub: Literal["yes", "no", "no_answer"]) -> Step:
    """Open the sheet with the number that nobody has."""
    desk = replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1)
    return Step(desk, JoiningMember(phone=phone, asked_hub=asked_hub))


def _key(desk: Desk, phase: JoiningMember, intent: KeyIn, ports: Ports) -> Step:
    """Edit the phone number."""
    if phase.join_id:
        return Step(desk, phase)
    return Step(quiet(desk), replace(phase, phone=edit_pin(phase.phone, intent.key, length_max=_DIGITS_MAX)))


def _name(desk: Desk, phase: JoiningMember, intent: EnterText, ports: Ports) -> Step:
    """What was typed into the scan field is their name; a number there is their phone."""
    text = members.told_name(intent.text)
    desk = replace(quiet(desk), clear_scan=desk.clear_scan + 1)
    if phase.join_id or not text:
        return Step(desk, phase)
    if members.phone_of(desk, text):
        return Step(desk, replace(phase, phone=text))
    return Step(desk, replace(phase, name=text))


def _agree(desk: Desk, phase: JoiningMember, intent: ToggleConsent, ports: Ports) -> Step:
    """They agree to a text, or no longer."""
    known = {purpose for purpose, _, _ in desk.programme.consents}
    if phase.join_id or intent.purpose not in known:
        return Step(desk, phase)
    return Step(quiet(desk), replace(phase, agreed=phase.agreed ^ {intent.purpose}))


def _scan(desk: Desk, phase: JoiningMember, intent: ScanCode, ports: Ports) -> Step:
    """A card of nobody's is given to who joins; any other scan is refused on record."""
    reading = read(desk, intent.text, ports)
    number = card_number(reading.text, desk.programme.card_patterns)
    if number is not None and not phase.join_id and ports.members.by_ref("card", number) is None:
        desk = tell(desk, "Card ··{tail} taken", tail=number[-4:])
        return Step(desk, replace(phase, card_no=number), (Beep("ok"),))
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.JoinOpen, ports)


def _confirm(desk: Desk, phase: JoiningMember, intent: ConfirmJoin, ports: Ports) -> Step:
    """Store the wish; they are a member as soon as it is durable."""
    if phase.join_id:
        return Step(desk, phase)
    phone = members.phone_of(desk, phase.phone)
    if not phone:
        return refuse(desk, phase, Refusal.NotAPhone)
    needs_terms = any(purpose == TERMS for purpose, _, _ in desk.programme.consents)
    if needs_terms and TERMS not in phase.agreed:
        return refuse(desk, phase, Refusal.NotAgreed)
    agreed = {purpose: version for purpose, version, _ in desk.programme.consents if purpose in phase.agreed}
    join_id = ports.ids.new_id()
    member_id = _provisional(ports)
    now_ms = ports.clock.now_ms()
    joining = Joining(join_id, member_id, phone, phase.name, phase.card_no, agreed, now_ms)
    phase = replace(phase, join_id=join_id, member_id=member_id)
    desk = replace(quiet(desk), joining=(join_id, member_id))
    return Step(desk, phase, (_keep(joining, desk),))


def _provisional(ports: Ports) -> str:
    """An id of this till's making, from the random end of a UUIDv7."""
    return new_member_id(uuid.UUID(ports.ids.new_id()).bytes[8:], "T")


def _keep(joining: Joining, desk: Desk) -> KeepJoin:
    consents = tuple(sorted(joining.consents.items()))
    who = operator_of(desk).operator_id
    return KeepJoin(joining, MemberJoined(joining.join_id, joining.member_id, consents, who, joining.at_ms))


def bind(desk: Desk, phase: ShowingMember, ports: Ports) -> Step:
    """Wish the scanned card to be the member's: a wish to join under the phone that they have already."""
    assert desk.cart is not None
    shown = desk.cart.rights.member
    assert shown is not None
    if shown.proof not in desk.programme.spending:
        return refuse(desk, phase, Refusal.BindUnproved)
    phone = members.phone_of(desk, phase.entry)
    if not phone:
        return refuse(desk, phase, Refusal.NotAPhone)
    tail = shown.card.phone_tail
    if tail and phone_tail(phone) != tail:
        return refuse(desk, phase, Refusal.OtherPhone, tail=tail)
    join_id = ports.ids.new_id()
    now_ms = ports.clock.now_ms()
    joining = Joining(
        join_id, _provisional(ports), phone, card_no=phase.card_no, at_ms=now_ms, proof=shown.proof
    )
    desk = replace(quiet(desk), joining=(join_id, shown.card.member_id))
    return Step(desk, replace(phase, join_id=join_id), (_keep(joining, desk),))


def _kept(desk: Desk, phase: JoiningMember, intent: JoinKept, ports: Ports) -> Step:
    """Durable: the sale is theirs. Not durable: the sheet stays, and can be confirmed again."""
    if intent.join_id != phase.join_id:
        return Step(desk, phase)
    if intent.trouble:
        return refuse(desk, replace(phase, join_id="", member_id=""), Refusal.JoinNotStored)
    card = MemberCard(phase.member_id, masked_name(phase.name), phone_tail(phase.phone))
    step = members.attach(desk, Selling(), members.shown(card, "typed", ports), ports)
    if step.desk.refusal is not None:
        return step
    online = members.is_online(desk)
    told = N_("Joined") if online else N_("Joined; it is sent when the network is back")
    # The hub does not know this id yet, so there is nothing to ask it.
    quietly = tuple(each for each in step.effects if not isinstance(each, FindMember))
    return Step(tell(replace(step.desk, member_ask=None), told), step.phase, quietly)


def _bound(desk: Desk, phase: ShowingMember, intent: JoinKept, ports: Ports) -> Step:
    """The card will be the member's; whether it is linked is told by the hub."""
    if intent.join_id != phase.join_id:
        return Step(desk, phase)
    if intent.trouble:
        return refuse(desk, replace(phase, join_id=""), Refusal.JoinNotStored)
    online = members.is_online(desk)
    told = N_("Card bound") if online else N_("Card bound; it is sent when the network is back")
    return Step(tell(desk, told), Selling(), (Beep("member"),))


def _answered(desk: Desk, phase: Phase, intent: JoinAnswered, ports: Ports) -> Step:
    """The hub has the wish: the member as it knows them takes the place of the one of our making."""
    member = desk.cart.rights.member if desk.cart is not None else None
    if member is None or desk.joining is None or desk.joining[0] != intent.join_id:
        return Step(desk, phase)
    if member.card.member_id not in (desk.joining[1], intent.card.member_id) or not isinstance(phase, _OPEN):
        return Step(desk, phase)
    step = members.with_card(desk, phase, intent.card, ports)
    if (
        step.desk.refusal is not None
        or not intent.is_merged
        or member.card.member_id == intent.card.member_id
    ):
        return step
    return replace(step, desk=tell(step.desk, "This phone was a member already: points and level are theirs"))


def _kept_below(desk: Desk, phase: Phase, intent: JoinKept, ports: Ports) -> Step:
    """As on the sheet, where a lock or another page lies over it; wishes of before a restart need nobody."""
    done: list[Step] = []

    def change(under: Phase) -> Phase:
        if isinstance(under, JoiningMember):
            done.append(_kept(desk, under, intent, ports))
        elif isinstance(under, ShowingMember):
            done.append(_bound(desk, under, intent, ports))
        return done[0].phase if done else under

    phase = within(phase, change)
    return replace(done[0], phase=phase) if done else Step(desk, phase)


def _back(desk: Desk, phase: JoiningMember, intent: Back, ports: Ports) -> Step:
    """Leave it; what was keyed is forgotten."""
    return Step(quiet(desk), phase if phase.join_id else Selling())


def _ignore(desk: Desk, phase: Phase, intent: object, ports: Ports) -> Step:
    """Nothing hangs on it here."""
    return Step(desk, phase)


RULES: Rules = {
    (JoiningMember, KeyIn): _key,
    (JoiningMember, EnterText): _name,
    (JoiningMember, SearchText): _ignore,
    (JoiningMember, ToggleConsent): _agree,
    (JoiningMember, ScanCode): _scan,
    (JoiningMember, ConfirmJoin): _confirm,
    (JoiningMember, JoinKept): _kept,
    (JoiningMember, Back): _back,
    (JoiningMember, GoTo): go,
    (ShowingMember, JoinKept): _bound,
}

#: What the world tells in any phase.
WORLD: dict[type, Rule] = {JoinKept: _kept_below, JoinAnswered: _answered}
