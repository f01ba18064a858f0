"""Questions between a code and its line: the weight of goods, or which of several items it is.

Scans that wait for an answer keep the numbers they were given and end as one line, or each as a refusal.
While a question is open other scans are refused, all but the second code of the very pack it is about.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.quantity import Quantity, quantity_max
from posapp.flows.effects import Beep
from posapp.flows.entry import edit, grams_of
from posapp.flows.finding import taking_members
from posapp.flows.intents import Back, ChooseItem, ConfirmWeight, KeyIn, ScanCode
from posapp.flows.meaning import checked, meaning_of, read
from posapp.flows.meant import SAME_PACK_MS, Meant, Stop
from posapp.flows.refusals import Refusal
from posapp.flows.scanning import Arrival, add_scanned, arrival, taken_sound, with_line
from posapp.flows.state import Choosing, Desk, Selling, Weighing
from posapp.flows.steps import (
    Ports,
    Rule,
    Rules,
    Step,
    next_scan,
    quiet,
    refuse,
    refuse_scan,
    refuse_waiting,
)  # fmt: skip


def _weigh_key(desk: Desk, phase: Weighing, intent: KeyIn, ports: Ports) -> Step:
    """Edit the weight."""
    entry = edit(phase.entry, intent.key, decimals=3, length_max=3)
    return Step(quiet(desk), replace(phase, entry=entry))


def _weigh(desk: Desk, phase: Weighing, intent: ConfirmWeight, ports: Ports) -> Step:
    """Add the item with the keyed weight."""
    grams = grams_of(phase.entry)
    if grams is None or not 1 <= grams <= quantity_max("g"):
        return refuse(desk, phase, Refusal.BadWeight)
    new = phase.meant.line(Quantity(grams, "g"))
    added = with_line(desk, new, phase.scans, ports)
    if isinstance(added, Refusal):
        return refuse(desk, phase, added)
    return Step(added, Selling(), (taken_sound(new),))


def _leave(why: Refusal, does: str) -> Rule:
    def rule(desk: Desk, phase: Weighing | Choosing, intent: Back, ports: Ports) -> Step:
        if not phase.scans:
            return Step(quiet(desk), Selling())
        return refuse_waiting(desk, Selling(), phase.scans, why, ports)

    rule.__doc__ = does
    return rule


def _scan_while_weighing(desk: Desk, phase: Weighing, intent: ScanCode, ports: Ports) -> Step:
    """Take the second code of the pack being weighed; any other is refused on record."""
    desk = next_scan(desk, ports)
    reading = read(desk, intent.text, ports)
    meant = meaning_of(desk, reading, ports)
    came = arrival(desk, reading, intent, ports)
    if not isinstance(meant, Meant) or not _is_of_this_pack(phase, meant, came):
        return refuse_scan(desk, phase, intent.text, Refusal.WeightOpen, ports)
    scans = (*phase.scans, came.scan)
    found = checked(desk, meant, ports)
    if isinstance(found, Stop) and found is meant.price_stop:
        return refuse_scan(desk, phase, intent.text, found, ports)
    if isinstance(found, Stop):
        return refuse_waiting(desk, Selling(), scans, found, ports)
    richer = found if found.two_d else phase.meant
    if richer.quantity is None:
        return Step(quiet(desk), replace(phase, meant=richer, scans=scans), (Beep("ok"),))
    new = richer.line(richer.quantity)
    added = with_line(desk, new, scans, ports)
    if isinstance(added, Refusal):
        return refuse_waiting(desk, Selling(), scans, added, ports)
    return Step(added, Selling(), (taken_sound(new),))


def _is_of_this_pack(phase: Weighing, meant: Meant, came: Arrival) -> bool:
    return (
        len(phase.scans) == 1
        and phase.meant.gtin14 == meant.gtin14 != ""
        and phase.meant.two_d != meant.two_d
        and abs(came.at_ms - phase.at_ms) <= SAME_PACK_MS
    )


def _choose(desk: Desk, phase: Choosing, intent: ChooseItem, ports: Ports) -> Step:
    """Add the item that a person chose."""
    meant = next((option for option in phase.options if option.item.sku == intent.sku), None)
    if meant is None:
        return refuse(desk, phase, Refusal.ChoiceOpen)
    found = checked(desk, meant, ports)
    if isinstance(found, Stop):
        return refuse_waiting(desk, Selling(), phase.scans, found, ports)
    if found.quantity is None:
        return Step(quiet(desk), Weighing(found, scans=phase.scans, at_ms=phase.at_ms), (Beep("ok"),))
    if not phase.scans:
        new = found.line(found.quantity)
        added = with_line(desk, new, (), ports)
        if isinstance(added, Refusal):
            return refuse(desk, Selling(), added)
        return Step(added, Selling(), (taken_sound(new),))
    came = Arrival(phase.scans[0], phase.at_ms)
    step = add_scanned(replace(desk, scan_no=came.scan.scan_no), came, found, phase.scans, ports)
    return replace(step, desk=replace(step.desk, scan_no=desk.scan_no))


def _scan_while_choosing(desk: Desk, phase: Choosing, intent: ScanCode, ports: Ports) -> Step:
    """Refused on record: it is not yet said which item the last code was."""
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.ChoiceOpen, ports)


RULES: Rules = {
    (Weighing, KeyIn): _weigh_key,
    (Weighing, ConfirmWeight): _weigh,
    (Weighing, Back): _leave(Refusal.NotWeighed, "Leave the item out; a scan that asked for it is refused."),
    (Weighing, ScanCode): taking_members(_scan_while_weighing),
    (Choosing, ChooseItem): _choose,
    (Choosing, Back): _leave(Refusal.NotChosen, "Leave the item out; a scan that asked for it is refused."),
    (Choosing, ScanCode): taking_members(_scan_while_choosing),
}
