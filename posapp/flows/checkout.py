"""Taking goods: scans, typed codes, quick keys, weights, quantities, voids and parked sales.

Every scan ends here as (part of) a line or as a refusal on record. An exact hit in the catalogue
comes before any pattern with a price or a weight in it. Nothing here writes: the cart goes to the
disk by an effect that the terminal adds whenever it changed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from posapp.domain.cart import LINES_MAX, Cart, NewLine, add_line, set_pieces, void_line, with_scan
from posapp.domain.catalog import Item
from posapp.domain.codes import normalise, pattern_match
from posapp.domain.facts import ScanRecord
from posapp.domain.quantity import Quantity, quantity_max
from posapp.domain.shop import Permission, word
from posapp.flows.effects import Beep, Search
from posapp.flows.entry import edit, grams_of
from posapp.flows.intents import (
    AddItem,
    Back,
    ChangeQuantity,
    ConfirmWeight,
    EnterText,
    FindByName,
    ItemsFound,
    KeyIn,
    MarkLine,
    MoveMark,
    ScanCode,
    SearchText,
    ShowTab,
    VoidLine,
)  # fmt: skip
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.refusals import Refusal
from posapp.flows.state import Desk, Done, Found, Phase, Reporting, Selling, Weighing
from posapp.flows.steps import (
    Ports,
    Rules,
    Step,
    by_badge,
    next_scan,
    operator_of,
    quiet,
    refuse,
    refuse_scan,
    shop_of,
    tell,
)  # fmt: skip

_TIMES = re.compile(r"(\d{1,6})\s*[*x×]\s*(.*)", re.IGNORECASE | re.DOTALL)


def look_up(desk: Desk, text: str, ports: Ports) -> NewLine | Item | Refusal:
    """What a code means here: a line to add, an item whose weight must be keyed, or why neither."""
    try:
        return _meaning(desk, text, ports)
    except CatalogueUnreadable:
        return Refusal.PricesUnreadable


def _meaning(desk: Desk, text: str, ports: Ports) -> NewLine | Item | Refusal:
    now = ports.clock.now_ms()
    code = normalise(text)
    item = ports.catalogue.by_key(code.key, now)
    if item is not None:
        if item.price_minor is None:
            return Refusal.NoPrice
        return item if item.unit == "g" else NewLine(item, code.text, Quantity(1, "pcs"))
    embedded = pattern_match(code, shop_of(desk).code_patterns)
    item = ports.catalogue.by_key(embedded.lookup_key, now) if embedded else None
    if embedded is None or item is None:
        return Refusal.UnknownCode
    if embedded.carries == "weight":
        if item.price_minor is None:
            return Refusal.NoPrice
        if item.unit != "g" or not 1 <= embedded.value <= quantity_max("g"):
            return Refusal.NotSellable
        return NewLine(item, code.text, Quantity(embedded.value, "g"))
    return NewLine(replace(item, unit="pcs"), code.text, Quantity(1, "pcs"), embedded.value)


def may_sell(desk: Desk) -> bool:
    """Whether the operator may take goods."""
    return shop_of(desk).allows(operator_of(desk), Permission.SELL)


def _new_cart(desk: Desk, ports: Ports) -> Cart:
    return desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())


def _with_line(desk: Desk, new: NewLine, ports: Ports) -> tuple[Desk, int] | Refusal:
    """The desk with the line added and marked; not yet with any scan on record."""
    added = add_line(_new_cart(desk, ports), new)
    if added is None:
        return Refusal.LineFull if desk.cart and len(desk.cart.lines) < LINES_MAX else Refusal.CartFull
    cart, line_no = added
    name = word(new.item.names, desk.language)
    desk = tell(replace(desk, cart=cart, marked=line_no, found=None), "{name} added", name=name)
    return desk, line_no


def scan(desk: Desk, phase: Phase, intent: ScanCode, ports: Ports) -> Step:
    """A code reached the till while goods are taken (or from a page that gives way to selling)."""
    if desk.shift is None:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.NoOpenShift, ports)
    phase = Selling()
    desk = next_scan(replace(desk, found=None), ports)
    if not may_sell(desk):
        return refuse_scan(desk, phase, intent.text, Refusal.MayNotSell, ports)
    if by_badge(desk, intent.text) is not None:
        return refuse_scan(desk, phase, intent.text, Refusal.BadgeHere, ports)
    meant = look_up(desk, intent.text, ports)
    if isinstance(meant, Refusal):
        return refuse_scan(desk, phase, intent.text, meant, ports)
    if isinstance(meant, Item):
        return Step(quiet(desk), Weighing(meant, intent.text, scan_no=desk.scan_no), (Beep("ok"),))
    added = _with_line(desk, meant, ports)
    if isinstance(added, Refusal):
        return refuse_scan(desk, phase, intent.text, added, ports)
    desk, line_no = added
    assert desk.cart is not None
    record = ScanRecord(desk.scan_no, meant.code, ports.clock.now_ms(), line_no, None)
    return Step(replace(desk, cart=with_scan(desk.cart, record)), phase, (Beep("ok"),))


def _add(desk: Desk, phase: Phase, new: NewLine, ports: Ports) -> Step:
    added = _with_line(desk, new, ports)
    if isinstance(added, Refusal):
        return refuse(desk, phase, added)
    desk, _ = added
    return Step(replace(desk, clear_scan=desk.clear_scan + 1), Selling(), (Beep("ok"),))


def _add_item(desk: Desk, phase: Phase, intent: AddItem, ports: Ports) -> Step:
    """Add an item of a quick key or of a search; goods by weight ask for it."""
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    if not may_sell(desk):
        return refuse(desk, phase, Refusal.MayNotSell)
    try:
        item = ports.catalogue.by_sku(intent.sku, ports.clock.now_ms())
    except CatalogueUnreadable:
        return refuse(desk, phase, Refusal.PricesUnreadable)
    if item is None or item.price_minor is None:
        why = Refusal.NoPrice if item else Refusal.UnknownCode
        return refuse(desk, phase, why, code=intent.sku)
    if item.unit == "g":
        desk = replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1)
        return Step(desk, Weighing(item, intent.sku))
    return _add(desk, phase, NewLine(item, intent.sku, Quantity(1, "pcs")), ports)


def _enter(desk: Desk, phase: Selling | Done, intent: EnterText, ports: Ports) -> Step:
    """Enter in the scan field: "3*code", "3*" for the marked line, a code, or the first name found."""
    text = intent.text.strip()
    if not text:
        return Step(desk, phase)
    if not may_sell(desk):
        return refuse(desk, phase, Refusal.MayNotSell)
    code, pieces = text, 1
    meant = look_up(desk, text, ports)
    times = _TIMES.fullmatch(text) if meant is Refusal.UnknownCode else None
    if times:
        code, pieces = times.group(2).strip(), int(times.group(1))
        if not code:
            return _set_marked(replace(desk, clear_scan=desk.clear_scan + 1), phase, pieces)
        meant = look_up(desk, code, ports)
    elif meant is Refusal.UnknownCode and desk.found is not None:
        if desk.found.text != text:
            looked = _search(desk, phase, SearchText(text), ports)
            return refuse(looked.desk, phase, Refusal.StillSearching).also(*looked.effects)
        if not desk.found.answered:
            return refuse(desk, phase, Refusal.StillSearching)
        if desk.found.items:
            return _add_item(desk, phase, AddItem(desk.found.items[0].sku), ports)
    if isinstance(meant, Refusal):
        # The sentence names what was typed; the field is free for the next try.
        return refuse(replace(desk, clear_scan=desk.clear_scan + 1), phase, meant, code=text)
    if isinstance(meant, Item):
        if times:
            return refuse(desk, phase, Refusal.NotByPiece)
        desk = replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1)
        return Step(desk, Weighing(meant, code))
    if not 1 <= pieces <= quantity_max("pcs"):
        return refuse(desk, phase, Refusal.BadQuantity)
    if pieces > 1 and (meant.quantity.unit != "pcs" or meant.fixed_amount_minor is not None):
        return refuse(desk, phase, Refusal.NotByPiece)
    if meant.quantity.unit == "pcs":
        meant = replace(meant, quantity=Quantity(pieces, "pcs"))
    return _add(desk, phase, meant, ports)


def _set_marked(desk: Desk, phase: Phase, pieces: int, line_no: int | None = None) -> Step:
    """Set the pieces of a line (the marked one) or say why not."""
    number = desk.marked if line_no is None else line_no
    if desk.cart is None or number is None or desk.cart.line(number) is None:
        return refuse(desk, phase, Refusal.NothingMarked)
    line = desk.cart.line(number)
    if line is not None and (line.quantity.unit != "pcs" or line.fixed_amount_minor is not None):
        return refuse(desk, phase, Refusal.NotByPiece)
    cart = set_pieces(desk.cart, number, pieces)
    if cart is None:
        return refuse(desk, phase, Refusal.BadQuantity)
    return Step(replace(quiet(desk), cart=cart, marked=number), phase)


def _change_quantity(desk: Desk, phase: Selling, intent: ChangeQuantity, ports: Ports) -> Step:
    """Change the pieces of a line; below one voids it."""
    number = desk.marked if intent.line_no is None else intent.line_no
    line = desk.cart.line(number) if desk.cart and number is not None else None
    if line is None or number is None:
        return refuse(desk, phase, Refusal.NothingMarked)
    pieces = line.quantity.value + intent.step
    if line.quantity.unit == "pcs" and line.fixed_amount_minor is None and pieces < 1:
        return _void_line(desk, phase, VoidLine(number), ports)
    return _set_marked(desk, phase, pieces, number)


def _void_line(desk: Desk, phase: Selling, intent: VoidLine, ports: Ports) -> Step:
    """Take a line off; it stays on record."""
    number = desk.marked if intent.line_no is None else intent.line_no
    line = desk.cart.line(number) if desk.cart and number is not None else None
    if line is None or desk.cart is None:
        return refuse(desk, phase, Refusal.NothingMarked)
    cart = void_line(desk.cart, line.line_no, ports.clock.now_ms())
    assert cart is not None
    last = cart.lines[-1].line_no if cart.lines else None
    desk = tell(replace(desk, cart=cart, marked=last), "{name} voided", name=word(line.names, desk.language))
    return Step(desk, phase)


def _mark(desk: Desk, phase: Selling, intent: MarkLine, ports: Ports) -> Step:
    """Mark a line."""
    known = desk.cart is not None and desk.cart.line(intent.line_no) is not None
    return Step(replace(quiet(desk), marked=intent.line_no) if known else desk, phase)


def _move_mark(desk: Desk, phase: Selling, intent: MoveMark, ports: Ports) -> Step:
    """Mark the line above or below."""
    numbers = [line.line_no for line in desk.cart.lines] if desk.cart else []
    if not numbers:
        return Step(desk, phase)
    at = numbers.index(desk.marked) if desk.marked in numbers else len(numbers) - 1
    return Step(replace(desk, marked=numbers[max(0, min(len(numbers) - 1, at + intent.step))]), phase)


def _search(desk: Desk, phase: Phase, intent: SearchText, ports: Ports) -> Step:
    """Search by name while typing."""
    text = intent.text.strip()
    enough = len(text) >= 2 or any(ord(sign) > 0x2E7F for sign in text)
    if not enough or _TIMES.fullmatch(text):
        return Step(replace(desk, found=None), phase)
    shown = desk.found.items if desk.found else None
    return Step(replace(quiet(desk), found=Found(text, shown)), phase, (Search(text),))


def _found(desk: Desk, phase: Phase, intent: ItemsFound, ports: Ports) -> Step:
    """Show what was found, if it is still asked for."""
    if desk.found is None or desk.found.text != intent.text:
        return Step(desk, phase)
    return Step(replace(desk, found=Found(intent.text, intent.items, answered=True)), phase)


def _leave_search(desk: Desk, phase: Phase, intent: Back, ports: Ports) -> Step:
    """End the search and clear the sentence that stands."""
    if desk.found is None:
        return Step(quiet(desk), phase)
    return Step(replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1), phase)


def _find_by_name(desk: Desk, phase: Phase, intent: FindByName, ports: Ports) -> Step:
    """Ask for part of a name."""
    return Step(tell(replace(desk, clear_scan=desk.clear_scan + 1), "Type part of the name"), phase)


def _tab(desk: Desk, phase: Phase, intent: ShowTab, ports: Ports) -> Step:
    """Show a page of quick keys."""
    return Step(replace(desk, tab=intent.index), phase)


def _weigh_key(desk: Desk, phase: Weighing, intent: KeyIn, ports: Ports) -> Step:
    """Edit the weight."""
    entry = edit(phase.entry, intent.key, decimals=3, length_max=3)
    return Step(quiet(desk), replace(phase, entry=entry))


def _weigh(desk: Desk, phase: Weighing, intent: ConfirmWeight, ports: Ports) -> Step:
    """Add the item with the keyed weight."""
    grams = grams_of(phase.entry)
    if grams is None or not 1 <= grams <= quantity_max("g"):
        return refuse(desk, phase, Refusal.BadWeight)
    added = _with_line(desk, NewLine(phase.item, phase.code, Quantity(grams, "g")), ports)
    if isinstance(added, Refusal):
        return refuse(desk, phase, added)
    desk, line_no = added
    if phase.scan_no is not None and desk.cart is not None:
        record = ScanRecord(phase.scan_no, phase.code, ports.clock.now_ms(), line_no, None)
        desk = replace(desk, cart=with_scan(desk.cart, record))
    return Step(desk, Selling(), (Beep("ok"),))


def _leave_weighing(desk: Desk, phase: Weighing, intent: Back, ports: Ports) -> Step:
    """Leave the item out; a scan that asked for it becomes a refusal."""
    if phase.scan_no is None:
        return Step(quiet(desk), Selling())
    counted = replace(desk, scan_no=phase.scan_no)
    step = refuse_scan(counted, Selling(), phase.code, Refusal.NotWeighed, ports)
    return replace(step, desk=replace(step.desk, scan_no=max(desk.scan_no, phase.scan_no)))


def _scan_while_weighing(desk: Desk, phase: Weighing, intent: ScanCode, ports: Ports) -> Step:
    """Refused on record: a weight is being keyed."""
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.WeightOpen, ports)


_TAKING = (Selling, Done)

RULES: Rules = {
    **{(phase, ScanCode): scan for phase in (Selling, Done, Reporting)},
    **{(phase, AddItem): _add_item for phase in _TAKING},
    **{(phase, EnterText): _enter for phase in _TAKING},
    **{(phase, SearchText): _search for phase in _TAKING},
    **{(phase, FindByName): _find_by_name for phase in _TAKING},
    **{(phase, ShowTab): _tab for phase in _TAKING},
    **{(phase, Back): _leave_search for phase in _TAKING},
    (Selling, ItemsFound): _found,
    (Done, ItemsFound): _found,
    (Selling, ChangeQuantity): _change_quantity,
    (Selling, VoidLine): _void_line,
    (Selling, MarkLine): _mark,
    (Selling, MoveMark): _move_mark,
    (Weighing, KeyIn): _weigh_key,
    (Weighing, ConfirmWeight): _weigh,
    (Weighing, Back): _leave_weighing,
    (Weighing, ScanCode): _scan_while_weighing,
}
