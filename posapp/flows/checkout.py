"""Taking goods by hand: typed codes and names, quick keys, quantities, marks and voids.

Nothing here counts as a scan, and nothing here writes: the cart goes to the disk by an effect that the
terminal adds whenever it changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from posapp.domain.cart import NewLine, set_pieces, void_line
from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.quantity import Quantity, quantity_max
from posapp.domain.shop import word
from posapp.flows import coupons, gift_cards
from posapp.flows.effects import Search
from posapp.flows.finding import typed
from posapp.flows.intents import (
    AddItem,
    Back,
    ChangeQuantity,
    EnterText,
    FindByName,
    ItemsFound,
    MarkLine,
    MoveMark,
    SearchText,
    ShowTab,
    VoidLine,
)  # fmt: skip
from posapp.flows.meaning import Meaning, checked, look_up, meaning_of, read
from posapp.flows.meant import Meant, Stop
from posapp.flows.member_phases import FindingMember, ShowingMember
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.pricing import with_code
from posapp.flows.refusals import Refusal
from posapp.flows.scanning import may_sell, taken_sound, with_line
from posapp.flows.state import Choosing, Desk, Done, Found, Phase, Selling, ShowingPrice, Weighing
from posapp.flows.steps import Ports, Rule, Rules, Step, quiet, refuse, tell

_TIMES = re.compile(r"(\d{1,6})\s*[*x×]\s*(.*)", re.IGNORECASE | re.DOTALL)
#: What a reading says of a text that may as well be part of a name.
_NOTHING_SOLD = (
    Refusal.UnknownCode,
    CodeRefusal.Empty,
    CodeRefusal.NotAProduct,
    CodeRefusal.BadCheckDigit,
    CodeRefusal.TooLong,
)


def _add(desk: Desk, phase: Phase, new: NewLine, ports: Ports) -> Step:
    added = with_line(desk, new, (), ports)
    if isinstance(added, Refusal):
        return refuse(desk, phase, added)
    return Step(replace(added, clear_scan=desk.clear_scan + 1), Selling(), (taken_sound(new),))


def _beside_the_sheet(rule: Rule) -> Rule:
    """The same while a line's price is told: the sheet gives way to the goods."""

    def beside(desk: Desk, phase: Phase, intent: Any, ports: Ports) -> Step:
        return rule(desk, Selling(), intent, ports)

    beside.__doc__ = rule.__doc__
    return beside


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
        return Step(desk, Weighing(Meant(item, intent.sku, None)))
    return _add(desk, phase, NewLine(item, intent.sku, Quantity(intent.pieces, "pcs")), ports)


def _enter(desk: Desk, phase: Selling | Done, intent: EnterText, ports: Ports) -> Step:
    """Enter in the scan field: "3*code", "3*" for the marked line, a code, or the first name found."""
    text = intent.text.strip()
    if not text:
        return Step(desk, phase)
    if not may_sell(desk):
        return refuse(desk, phase, Refusal.MayNotSell)
    reading = read(desk, text, ports)
    if coupons.is_coupon(reading):
        coupon = coupons.shown(desk, reading, ports)
        return refuse(desk, phase, coupon) if isinstance(coupon, Stop) else coupon
    code, pieces = text, 1
    meant = meaning_of(desk, reading, ports)
    gift = gift_cards.card_in(reading, desk.programme.gift_patterns) if isinstance(meant, Stop) else None
    if gift is not None:
        return gift_cards.shown(desk, phase, gift, ports)
    who = (
        typed(desk, text, ports)
        if isinstance(meant, Stop) and not desk.promotions.index.opens(text)
        else None
    )
    if who is not None:
        return who
    times = _TIMES.fullmatch(text) if _is_unknown(meant) else None
    if times:
        code, pieces = times.group(2).strip(), int(times.group(1))
        if not code:
            return _set_marked(replace(desk, clear_scan=desk.clear_scan + 1), phase, pieces)
        meant = look_up(desk, code, ports)
    elif _is_unknown(meant) and desk.promotions.index.opens(text):
        pass  # a coupon, whatever is called like it
    elif _is_unknown(meant) and desk.found is not None:
        if desk.found.text != text:
            looked = _search(desk, phase, SearchText(text), ports)
            return refuse(looked.desk, phase, Refusal.StillSearching).also(*looked.effects)
        if not desk.found.answered:
            return refuse(desk, phase, Refusal.StillSearching)
        if desk.found.items:
            return _add_item(desk, phase, AddItem(desk.found.items[0].sku), ports)
    # The field is free for the next try; a refusal names what was typed.
    taken = with_code(desk, code, ports) if isinstance(meant, Stop) and pieces == 1 else None
    if taken is not None:
        return taken
    desk = replace(desk, clear_scan=desk.clear_scan + 1)
    if isinstance(meant, tuple):
        options = tuple(_times(desk, option, pieces, ports) for option in meant)
        wrong = next((option for option in options if isinstance(option, Stop)), None)
        if wrong is not None:
            return refuse(desk, phase, wrong, code=text)
        chosen = tuple(option for option in options if isinstance(option, Meant))
        return Step(replace(quiet(desk), found=None), Choosing(chosen))
    told = meant if isinstance(meant, Stop) else _times(desk, meant, pieces, ports)
    if isinstance(told, Stop):
        return refuse(desk, phase, told, code=text)
    if told.quantity is None:
        return Step(replace(quiet(desk), found=None), Weighing(told))
    return _add(desk, phase, told.line(told.quantity), ports)


def _is_unknown(meant: Meaning) -> bool:
    """Whether a text sells nothing by itself, so that it may be a name or a quantity."""
    return isinstance(meant, Stop) and meant.refusal in _NOTHING_SOLD


def _times(desk: Desk, meant: Meant, pieces: int, ports: Ports) -> Meant | Stop:
    """What was typed, so many times; why not, where the goods do not allow it."""
    found = checked(desk, meant, ports)
    if isinstance(found, Stop) or pieces == 1:
        return found
    if not 1 <= pieces <= quantity_max("pcs"):
        return Stop(Refusal.BadQuantity)
    if found.quantity is None or found.quantity != Quantity(1, "pcs") or found.fixed_amount_minor is not None:
        return Stop(Refusal.NotByPiece)
    if found.pack is not None and found.pack.serial:
        return Stop(Refusal.OneOfAKind)
    return replace(found, quantity=Quantity(pieces, "pcs"))


def _set_marked(desk: Desk, phase: Phase, pieces: int, line_no: int | None = None) -> Step:
    """Set the pieces of a line (the marked one) or say why not."""
    number = desk.marked if line_no is None else line_no
    if desk.cart is None or number is None or desk.cart.line(number) is None:
        return refuse(desk, phase, Refusal.NothingMarked)
    line = desk.cart.line(number)
    if line is not None and not line.is_counted:
        return refuse(desk, phase, Refusal.OneOfAKind if line.serial else Refusal.NotByPiece)
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
    if line.is_counted and pieces < 1:
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
    shown = replace(desk.found, text=text, answered=False) if desk.found else Found(text)
    return Step(replace(quiet(desk), found=shown), phase, (Search(text),))


def _found(desk: Desk, phase: Phase, intent: ItemsFound, ports: Ports) -> Step:
    """Show what was found, if it is still asked for."""
    if desk.found is None or desk.found.text != intent.text:
        return Step(desk, phase)
    return Step(replace(desk, found=Found(intent.text, intent.items, True, intent.stock)), phase)


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


_TAKING = (Selling, Done)

RULES: Rules = {
    **{(phase, AddItem): _add_item for phase in _TAKING},
    **{(phase, EnterText): _enter for phase in _TAKING},
    **{(phase, SearchText): _search for phase in _TAKING},
    **{(phase, FindByName): _find_by_name for phase in _TAKING},
    **{(phase, ShowTab): _tab for phase in _TAKING},
    **{(phase, Back): _leave_search for phase in _TAKING},
    (ShowingPrice, EnterText): _beside_the_sheet(_enter),
    (ShowingPrice, SearchText): _beside_the_sheet(_search),
    (ShowingPrice, FindByName): _beside_the_sheet(_find_by_name),
    (ShowingPrice, AddItem): _beside_the_sheet(_add_item),
    (ShowingMember, EnterText): _beside_the_sheet(_enter),
    **{(phase, AddItem): _beside_the_sheet(_add_item) for phase in (FindingMember, ShowingMember)},
    **{(phase, ShowTab): _tab for phase in (FindingMember, ShowingMember)},
    (Selling, ItemsFound): _found,
    (Done, ItemsFound): _found,
    (Selling, ChangeQuantity): _change_quantity,
    (Selling, VoidLine): _void_line,
    (Selling, MarkLine): _mark,
    (Selling, MoveMark): _move_mark,
}
