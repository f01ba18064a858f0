"""What promotions did, in words: offers on lines, sums, the next step, and why a line costs this.

All amounts are those of the one priced value that the desk holds; nothing is computed here but differences of
what stands in it.
"""

from __future__ import annotations

from functools import partial

from posapp.domain.cart import Cart, CartLine
from posapp.domain.cart_prices import PricedCart, codes_used, gifts_given
from posapp.domain.pricing.orders.points import points_of_units
from posapp.domain.pricing.terms.priced import Discount, Lost, NextStep
from posapp.flows.blocks import Action, Block, Note, PriceStep, PriceSteps, SavedBand, SumRow
from posapp.flows.formatting import MINUS, N_, percent, tail, weight
from posapp.flows.intents import AddItem, Back, PricesExplained, RemoveCode, WhyPrice
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.presenters.rights import idle_coupons, idle_points, points_detail, rights_blocks
from posapp.flows.presenters.words import Scene
from posapp.flows.steps import Ports
from posapp.flows.views import Sheet
from posapp.values import dataclass

#: Layers whose discounts belong to the line they fell on; the others are the whole sale's.
LINE_LAYERS = ("price", "item")

_LOST = {
    "beaten": N_("another offer gives more: {names}"),
    "group": N_("only one of these goes: {names}"),
    "alone": N_("does not go together with {names}"),
    "no_code": N_("needs its coupon"),
    "limit": N_("used up"),
    "locked": N_("these goods take no offers"),
    "who": N_("for members"),
    "points": N_("for members"),
    "tender": N_("only with a certain way to pay"),
}
_LISTS = {
    "chain": N_("Chain price list"),
    "region": N_("Region price list"),
    "store": N_("Store price list"),
    "channel": N_("Channel price list"),
}


@dataclass(frozen=True, slots=True)
class LineOffers:
    """A line after its own offers: what it costs then, what it would have, and the offers in words."""

    amount_minor: int
    was: str
    words: str


def offer_name(scene: Scene, discount: Discount) -> str:
    """What people call a promotion; its id where it has no name."""
    return scene.word(discount.names) if discount.names else discount.promotion_id


def full_minor(line: CartLine) -> int:
    """What a line would cost at the list's price."""
    return line.amount_minor + line.marked_down_minor


def line_offers(scene: Scene, cart: Cart, prices: PricedCart | None) -> dict[int, LineOffers]:
    """By line number, for lines that cost less than at full price."""
    parts: dict[int, tuple[str | int, ...]] = {}
    for discount in prices.priced.discounts if prices is not None else ():
        if discount.layer in LINE_LAYERS:
            name = offer_name(scene, discount)
            for line_no, share in discount.lines:
                if share:
                    parts[line_no] = (*parts.get(line_no, ()), name, share)
    found = {}
    of_line = scene.kept.of_line
    told = scene.speech.language, scene.shop.currency
    for line in cart.lines:
        mine = parts.get(line.line_no, ())
        if mine or line.markdown is not None:
            # Most lines have the offers that they had a scan ago.
            found[line.line_no] = of_line(line, (*told, mine), partial(_line_offers, scene, line, mine))
    return found


def _line_offers(scene: Scene, line: CartLine, parts: tuple[str | int, ...]) -> LineOffers:
    """`parts` are names and amounts by turns."""
    off = 0
    words = []
    for name, share in zip(parts[::2], parts[1::2], strict=True):
        assert isinstance(share, int)
        off += share
        words.append(f"{name} {MINUS}{scene.amount(share)}")
    if line.markdown is not None:
        reason = scene.t("Short date, {percent} off", percent=percent(line.markdown.ppm))
        words.insert(0, f"{reason} {MINUS}{scene.amount(line.marked_down_minor)}")
    return LineOffers(line.amount_minor - off, scene.amount(full_minor(line)), " · ".join(words))


def offer_sums(scene: Scene, cart: Cart, prices: PricedCart | None) -> list[SumRow]:
    """Goods at full price, line offers together, each offer of the whole sale by its name."""
    discounts = prices.priced.discounts if prices is not None else ()
    full = sum(full_minor(line) for line in cart.lines)
    on_lines = sum(each.amount_minor for each in discounts if each.layer in LINE_LAYERS)
    on_lines += sum(line.marked_down_minor for line in cart.lines)
    if not on_lines and not discounts:
        idle = (*idle_coupons(scene, cart, prices), *idle_points(scene, cart, prices))
        return [SumRow(scene.t("Goods"), scene.amount(full)), *idle]
    rows = [SumRow(scene.t("Goods at full price"), scene.amount(full))]
    if on_lines:
        touched = {no for each in discounts if each.layer in LINE_LAYERS for no, share in each.lines if share}
        touched |= {line.line_no for line in cart.lines if line.markdown is not None}
        lines = scene.t("{n} lines", n=str(len(touched))) if len(touched) != 1 else scene.t("1 line")
        rows.append(SumRow(scene.t("Line offers"), f"{MINUS}{scene.amount(on_lines)}", lines, "saving"))
    others = [each for each in discounts if each.layer not in LINE_LAYERS]
    rows += [_order_sum(scene, each, prices) for each in others if each.layer != "points"]
    rows += idle_coupons(scene, cart, prices)
    rows += [_order_sum(scene, each, prices) for each in others if each.layer == "points"]
    return [*rows, *idle_points(scene, cart, prices)]


def _order_sum(scene: Scene, each: Discount, prices: PricedCart | None) -> SumRow:
    """An offer of the whole sale: of a single-use coupon the name says all, of points how many they are."""
    name, off = offer_name(scene, each), f"{MINUS}{scene.amount(each.amount_minor)}"
    if each.layer == "points" and prices is not None:
        words, icon = points_detail(scene, prices, each.points)
        return SumRow(name, off, words, "saving", icon=icon)
    single = prices is not None and any(code.code == each.code for code in prices.usable.codes)
    return SumRow(name, off, "" if single else each.code, "saving")


def saved_minor(cart: Cart, prices: PricedCart | None) -> int:
    """What the sale costs less than at full price, markdowns included; points are the shopper's own."""
    off = prices.discount_minor - prices.points_minor if prices is not None else 0
    return off + sum(line.marked_down_minor for line in cart.lines)


def offer_blocks(scene: Scene, cart: Cart, prices: PricedCart | None) -> list[Block]:
    """What was saved and the door to why, the next step, and coupons that can be taken off again."""
    blocks: list[Block] = []
    saved = saved_minor(cart, prices)
    if saved:
        why = Action(scene.t("Why this price"), WhyPrice(), "F8")
        blocks.append(SavedBand(scene.t("Saved"), scene.sign, scene.amount(saved), why))
    blocks += rights_blocks(scene, cart, prices)
    told = scene.desk.explained
    if told is not None and told.prices is prices and told.next_steps:
        blocks.append(step_note(scene, cart, told.next_steps[0]))
    used = codes_used(prices.priced) if prices is not None else frozenset()
    given = gifts_given(prices.priced) if prices is not None else ()
    by_gift = {each.code.casefold() for each in given if each.code}
    for each in given:
        text = scene.t("Give {n} × {sku} free", n=str(each.quantity), sku=each.sku)
        name = scene.word(each.names) if each.names else each.promotion_id
        blocks.append(Note(text, "info", "tag", detail=name))
    for code in cart.codes:
        off = Action(
            scene.t("Remove"), RemoveCode(code), "", "x", "quiet", name=scene.t("Remove {code}", code=code)
        )
        helps = code.casefold() in used
        detail = "" if helps else scene.t("saves nothing on this sale so far")
        if code.casefold() in by_gift:
            detail = scene.t("Coupon used")
        # The icon says what it is; the word would push a code of usual length into a second line.
        blocks.append(Note(code, "saving" if helps else "quiet", "ticket", detail=detail, action=off))
    return blocks


def step_note(scene: Scene, cart: Cart, step: NextStep) -> Note:
    """The next step with the promotion's name, and the button that takes it where one touch can."""
    name = scene.word(step.names) if step.names else step.promotion_id
    if step.is_new:
        name = scene.t("{name}, at {price} each", name=name, price=scene.money(step.unit_minor))
    action = None
    if step.skus and step.item_names and _may_be_added(cart, step.skus[0]):
        item, pieces = scene.word(step.item_names), step.add_qty
        whole = scene.t("Add {name}", name=item if pieces == 1 else f"{pieces} × {item}")
        wish = AddItem(step.skus[0], pieces)
        action = Action(scene.t("Add"), wish, "", "plus", "quiet", name=whole)
    return Note(step_words(scene, step), "info", "tag", detail=name, action=action)


def _may_be_added(cart: Cart, sku: str) -> bool:
    """Whether one more piece needs no pack in hand: nothing of it was sold by what stands on a pack."""
    return all(line.is_counted and line.pack is None for line in cart.lines if line.sku == sku)


def step_words(scene: Scene, step: NextStep) -> str:
    """What one more piece would bring: "Add one more Combed cotton socks and save 12.00"."""
    saves = scene.money(step.saves_minor)
    if step.add_minor:
        amount = scene.money(step.add_minor)
        return scene.t("Buy for {amount} more and save {saves}", amount=amount, saves=saves)
    name = scene.word(step.item_names) if step.item_names else step.skus[0] if step.skus else ""
    if step.add_qty != 1:
        return scene.t("Add {n} × {name} and save {saves}", n=str(step.add_qty), name=name, saves=saves)
    if step.is_new:
        return scene.t("Add {name} and save {saves}", name=name, saves=saves)
    return scene.t("Add one more {name} and save {saves}", name=name, saves=saves)


def _steps_to_take(scene: Scene, cart: Cart, prices: PricedCart) -> list[Note]:
    """On a line's sheet, the best step that one touch takes; what else is missing stands with what lost."""
    told = scene.desk.explained
    if told is None or told.prices is not prices:
        return []
    notes = (step_note(scene, cart, step) for step in told.next_steps)
    return [note for note in notes if note.action is not None][:1]


# ------------------------------------------------------------------ why this price
def why_sheet(scene: Scene, ports: Ports) -> Sheet:
    """Picture 04: how the marked line came by its price, step by step, and what it lost."""
    desk = scene.desk
    cart, prices = desk.cart, desk.prices
    line = cart.line(desk.marked) if cart is not None and desk.marked is not None else None
    back = Action(scene.t("Close"), Back(), "Esc", "arrow-left")
    if cart is None or line is None or prices is None:
        return Sheet(scene.t("Why this price"), "circle-question-mark", (), (), (), "", "", back)
    blocks: list[Block] = [_steps(scene, ports, line, prices), _return_note(scene, line, prices)]
    lost = _lost_rows(scene, line, prices)
    if lost:
        blocks.append(PriceSteps("", "", lost))
    blocks += _steps_to_take(scene, cart, prices)
    title = f"{scene.t('Why this price')} · {scene.word(line.names)}"
    return Sheet(
        title, "circle-question-mark", (), (), tuple(blocks), "", "", back,
        chip=scene.t("Line {n}", n=str(line.line_no)),
    )  # fmt: skip


def _steps(scene: Scene, ports: Ports, line: CartLine, prices: PricedCart) -> PriceSteps:
    so_far = full_minor(line)
    rows = [_ticket(scene, ports, line)]
    if line.markdown is not None:
        so_far -= line.marked_down_minor
        off = f"{MINUS}{scene.amount(line.marked_down_minor)}"
        reason = scene.t("Short date, {percent} off", percent=percent(line.markdown.ppm))
        day = scene.t("sell by {day}", day=line.markdown.day)
        rows.append(PriceStep("clock", reason, day, off, scene.amount(so_far)))
    for discount in prices.priced.discounts:
        share = dict(discount.lines).get(line.line_no, 0)
        if not share:
            continue
        so_far -= share
        icon = "coins" if discount.layer == "points" else "ticket" if discount.code else "badge-percent"
        name, off = offer_name(scene, discount), f"{MINUS}{scene.amount(share)}"
        words = _share_words(scene, discount, prices, so_far + share)
        if discount.points:
            words = _points_words(scene, discount, line, prices)
        rows.append(PriceStep(icon, name, words, off, scene.amount(so_far)))
    end = PriceStep(
        "", scene.t("This line pays"), "", scene.amount(so_far), "", "plain", scene.sign, strong=True
    )
    return PriceSteps(scene.t("This step"), scene.t("So far"), (*rows, end))


def _ticket(scene: Scene, ports: Ports, line: CartLine) -> PriceStep:
    unit = scene.amount(line.markdown.was_minor if line.markdown is not None else line.unit_price_minor)
    if line.gift_card:
        value, amount = scene.t("Put on the card"), scene.amount(line.amount_minor)
        return PriceStep("gift", value, scene.t("no tax, no offers"), amount, "", "plain")
    if line.fixed_amount_minor is not None:
        return PriceStep(
            "tag", scene.t("Price from the label"), "", scene.amount(line.amount_minor), "", "plain"
        )
    parts = []
    if line.quantity.unit == "g":
        parts.append(f"{weight(line.quantity.value)} × {unit}/kg")
    elif line.quantity.value > 1:
        parts.append(f"{line.quantity.value} × {unit}")
    parts += _source(scene, ports, line)
    return PriceStep(
        "tag", scene.t("Ticket price"), " · ".join(parts), scene.amount(full_minor(line)), "", "plain"
    )


def _source(scene: Scene, ports: Ports, line: CartLine) -> list[str]:
    """Which list the price stands in and since when; nothing where the list changed since the scan."""
    try:
        answer = ports.catalogue.why_price(line.sku, scene.now_ms)
    except CatalogueUnreadable:
        return []
    was = line.markdown.was_minor if line.markdown is not None else line.unit_price_minor
    if answer is None or answer.amount_minor != was:
        return []
    words = [scene.t(_LISTS[answer.reason])] if answer.reason in _LISTS else []
    if answer.since is not None and answer.since.year > 1970:
        since = scene.local(int(answer.since.timestamp()) * 1000)
        words.append(scene.t("since {day}", day=f"{since:%Y-%m-%d}"))
    return words


def _share_words(scene: Scene, discount: Discount, prices: PricedCart, own_minor: int) -> str:
    """What a discount was shared over, where more lines than this one bear it."""
    others = [share for _, share in discount.lines if share]
    parts = []
    if discount.layer not in LINE_LAYERS and discount.base_minor:
        everything, own = scene.amount(_left_before(discount, prices)), scene.amount(own_minor)
        parts.append(scene.t("this line {own} of {all}", all=everything, own=own))
    elif len(others) > 1:
        everything = scene.amount(discount.amount_minor)
        parts.append(scene.t("{n} lines share {all}", n=str(len(others)), all=everything))
    elif discount.applications > 1:
        parts.append(scene.t("applied {n} times", n=str(discount.applications)))
    if discount.code:
        single = any(code.code == discount.code for code in prices.usable.codes)
        parts.append(tail(discount.code) if single else discount.code)
    return " · ".join(parts)


def _left_before(discount: Discount, prices: PricedCart) -> int:
    """What the lines that bear a discount came to before it, which is what it was shared by."""
    bearing = {line_no for line_no, share in discount.lines if share}
    left = sum(line.list_minor for line in prices.priced.lines if line.line_no in bearing)
    for each in prices.priced.discounts:
        if each is discount:
            break
        left -= sum(share for line_no, share in each.lines if line_no in bearing)
    return left


def _points_words(scene: Scene, discount: Discount, line: CartLine, prices: PricedCart) -> str:
    """How many points paid for the sale, and the part of them that falls on this line."""
    mine = sum(_points_by_unit(line, prices))
    return scene.t("{own} of {all} points", all=f"{discount.points:,}", own=f"{mine:,}")


def _points_by_unit(line: CartLine, prices: PricedCart) -> tuple[int, ...]:
    """The points used that fall on each piece of a line; a return gives just these back."""
    found = [0] * (line.quantity.pieces if line.fixed_amount_minor is None else 1)
    for slot, discount in enumerate(prices.priced.discounts):
        if discount.points:
            of_line = points_of_units(prices.priced.lines, slot, discount.points)[line.line_no]
            found = [have + more for have, more in zip(found, of_line, strict=True)]
    return tuple(found)


def _return_note(scene: Scene, line: CartLine, prices: PricedCart) -> Note:
    priced = prices.line(line.line_no)
    paid = sorted({run.paid_minor for run in priced.runs}) if priced is not None else [line.amount_minor]
    if not scene.shop.tax.price_includes:
        least = scene.money(paid[0])
        text = scene.t("If this one is returned: {amount} and its tax back", amount=least)
    elif len(paid) == 1 and prices.priced.points_used:
        points = f"{_points_by_unit(line, prices)[0]:,}"
        amount = scene.money(paid[0])
        text = scene.t("If this one is returned: {amount} back and {n} points", amount=amount, n=points)
    elif len(paid) == 1:
        text = scene.t("If this one is returned: {amount} back", amount=scene.money(paid[0]))
    else:
        least, most = scene.money(paid[0]), scene.money(paid[-1])
        text = scene.t("If one of these is returned: {least} to {most} back", least=least, most=most)
    return Note(text, "info", "undo-2")


def _lost_rows(scene: Scene, line: CartLine, prices: PricedCart) -> tuple[PriceStep, ...]:
    told = scene.desk.explained
    if not isinstance(told, PricesExplained) or told.prices is not prices or told.line_no != line.line_no:
        return ()
    return tuple(
        PriceStep(
            "circle-x",
            scene.word(lost.names) if lost.names else lost.promotion_id,
            _why_lost(scene, lost),
            scene.t("not used"),
            f"({MINUS}{scene.amount(lost.would_give_minor)})" if lost.would_give_minor else "",
            "quiet",
        )
        for lost in told.lost
    )


def _why_lost(scene: Scene, lost: Lost) -> str:
    if lost.missing_qty and lost.reason == "condition":
        if lost.missing_qty == 1:
            return scene.t("1 more piece is needed")
        return scene.t("{n} more pieces are needed", n=str(lost.missing_qty))
    if lost.missing_minor:
        return scene.t("{amount} more is needed", amount=scene.money(lost.missing_minor))
    if lost.reason not in _LOST:
        return scene.t("saves nothing here")
    index = scene.desk.promotions.index
    names = [
        scene.word(each.names) if each is not None and each.names else promotion_id
        for promotion_id, each in ((one, index.get(one)) for one in lost.by)
    ]
    return (
        scene.t(_LOST[lost.reason], names=", ".join(names))
        if names
        else scene.t(_LOST[lost.reason], names="")
    )
