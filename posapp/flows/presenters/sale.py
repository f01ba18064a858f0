"""Pictures of taking goods: empty, busy, searching, weighing."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import Cart, CartLine
from posapp.domain.catalog import Item
from posapp.domain.members.sale_rights import NO_RIGHTS
from posapp.flows.blocks import (
    Action,
    Block,
    Fact,
    Facts,
    Field,
    Heading,
    Note,
    ParkedCard,
    ParkedCards,
    Spring,
    SumRow,
    SumRows,
)  # fmt: skip
from posapp.flows.formatting import counts, pack_words, weight
from posapp.flows.intents import (
    AddItem,
    Back,
    ChooseItem,
    ConfirmWeight,
    FindByName,
    KeyIn,
    Resume,
    ShowTab,
    StartTender,
    Suspend,
    VoidCart,
)  # fmt: skip
from posapp.flows.mains import CartMain, Found, LineHeads, LineView, PromptMain, QuickKey, SearchMain, Tab
from posapp.flows.member_wishes import OpenCoupons, OpenMember
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.presenters.members import member_strip
from posapp.flows.presenters.pads import amount_pad
from posapp.flows.presenters.prices import LineOffers, line_offers, offer_blocks, offer_sums
from posapp.flows.presenters.stock import found_words
from posapp.flows.presenters.words import Scene
from posapp.flows.refusals import Refusal
from posapp.flows.state import Choosing, Desk, Weighing
from posapp.flows.steps import Ports
from posapp.flows.views import Anchor, Main, Sheet


def standing_note(scene: Scene) -> Note | None:
    """The sentence that stands until the next thing is done: a refusal, or trouble with the draft."""
    told = scene.desk.refusal
    if told is not None:
        by_name = Action(scene.t("Find by name"), FindByName(), "", "search")
        action = by_name if told.msgid == Refusal.UnknownCode.sentence else None
        return Note(scene.t(told.msgid, **told.params), "danger", "circle-alert", action=action)
    if scene.desk.draft_trouble == "unreadable":
        text = scene.t("The sale that was open could not be read back. Scan its goods again.")
        return Note(text, "warn", "triangle-alert")
    if scene.desk.draft_trouble:
        text = scene.t("The open sale cannot be kept on the disk. Take payment soon and free some space.")
        return Note(text, "warn", "triangle-alert")
    return None


def goods_main(scene: Scene, ports: Ports) -> Main:
    """What the middle shows while goods are taken."""
    desk = scene.desk
    if desk.found is not None and desk.found.items is not None:
        return _search_main(scene)
    if shows_lines(desk):
        return cart_main(scene, locked="")
    return _prompt_main(scene, ports)


def shows_lines(desk: Desk) -> bool:
    """Whether the sale has come to more than whose it is."""
    cart = desk.cart
    return cart is not None and not replace(cart, rights=NO_RIGHTS).is_empty


def beside_sheet(scene: Scene, ports: Ports, locked: str) -> Main:
    """What stands beside a sheet that may open before the first goods."""
    if shows_lines(scene.desk):
        return cart_main(scene, locked=locked)
    return replace(_prompt_main(scene, ports), member=member_strip(scene, locked=True))


def _item(ports: Ports, sku: str, at_ms: int) -> Item | None:
    """The item of a quick key; no key where prices cannot be read, since a scan will say so."""
    try:
        return ports.catalogue.by_sku(sku, at_ms)
    except CatalogueUnreadable:
        return None


def _prompt_main(scene: Scene, ports: Ports) -> PromptMain:
    tabs = scene.shop.quick_keys
    chosen = scene.desk.tab if scene.desk.tab < len(tabs) else 0
    keys = []
    for sku in tabs[chosen].skus if tabs else ():
        item = _item(ports, sku, scene.now_ms)
        if item is not None:
            keys.append(
                QuickKey(
                    scene.word(item.names), _price(scene, item), AddItem(sku), item.price_minor is not None
                )
            )
    note = standing_note(scene)
    last = scene.desk.last_sale
    if note is None and last is not None and scene.desk.show_last_sale:
        text = scene.t(
            "Last sale {number}: total {total}, change {change}.",
            number=last.receipt_number,
            total=scene.money(last.total_minor),
            change=scene.money(last.change_minor),
        )
        note = Note(text, "info", "receipt")
    return PromptMain(
        note=note,
        title=scene.t("Scan the first item"),
        hint=scene.t("Or tap a quick key, or type a code or a name."),
        tabs=tuple(Tab(scene.word(tab.names), ShowTab(n), n == chosen) for n, tab in enumerate(tabs)),
        keys=tuple(keys),
        member=member_strip(scene),
    )


def _price(scene: Scene, item: Item) -> str:
    if item.price_minor is None:
        return scene.t("no price")
    text = scene.amount(item.price_minor)
    return f"{text}/kg" if item.unit == "g" else text


def cart_main(scene: Scene, *, locked: str, tapping: bool = False) -> CartMain:
    """The lines of the open sale; locked while a sheet has the floor, which may be about any of them."""
    cart = scene.desk.cart
    lines = _line_views(scene, cart, locked=bool(locked), tapping=tapping) if cart else ()
    heads, suspend, risk = scene.kept.part(
        "cart frame", (scene.speech, scene.desk.programme.is_on), lambda: _cart_frame(scene)
    )
    return CartMain(
        note=None if locked else standing_note(scene),
        heads=heads,
        lines=lines,
        actions=() if locked else suspend,
        risk=None if locked else risk,
        locked=locked,
        tapping=tapping,
        member=member_strip(scene, locked=bool(locked)),
    )


def _cart_frame(scene: Scene) -> tuple[LineHeads, tuple[Action, ...], Action]:
    return (
        LineHeads(scene.t("Item"), scene.t("Qty"), scene.t("Price"), scene.t("Amount")),
        (Action(scene.t("Suspend"), Suspend(), "F6", "pause"), *_member_acts(scene)),
        Action(scene.t("Void sale"), VoidCart(), "", "trash-2", "risk"),
    )


def _member_acts(scene: Scene) -> tuple[Action, ...]:
    """What stands beside "Suspend" in a shop with members."""
    if not scene.desk.programme.is_on:
        return ()
    coupons = Action(scene.t("Coupons"), OpenCoupons(), "F4", "ticket")
    return (Action(scene.t("Member"), OpenMember(), "F3", "user"), coupons)


def _line_views(scene: Scene, cart: Cart, *, locked: bool, tapping: bool) -> tuple[LineView, ...]:
    """The lines as they are read; those that stand as they stood are not written again."""
    plain = (scene.speech.language, scene.shop.currency, locked, tapping, False)
    mark = scene.desk.marked
    offers = line_offers(scene, cart, scene.desk.prices)
    return scene.kept.lines(
        cart.lines,
        (plain, (*plain[:4], True)),
        -1 if mark is None else mark,
        lambda line: line_view(scene, line, offers.get(line.line_no), locked=locked, tapping=tapping),
        further={no: (str(each.amount_minor), each.was, each.words) for no, each in offers.items()},
    )


def line_view(
    scene: Scene, line: CartLine, offers: LineOffers | None, *, locked: bool, tapping: bool = False
) -> LineView:
    """A line as it is read, after its own offers."""
    by_weight = line.quantity.unit == "g"
    pieces = line.quantity.value
    return LineView(
        line_no=line.line_no,
        name=scene.word(line.names),
        second=_second_row(scene, line),
        quantity=weight(pieces) if by_weight else (f"× {pieces}" if pieces > 1 else "1"),
        quantity_strong=not by_weight and pieces > 1,
        unit_price="" if line.fixed_amount_minor is not None else scene.amount(line.unit_price_minor),
        amount=scene.amount(line.amount_minor if offers is None else offers.amount_minor),
        marked=(tapping or not locked) and line.line_no == scene.desk.marked,
        steps=not locked and line.is_counted,
        at_one=pieces == 1,
        warns=bool(line.notice),
        offers="" if offers is None else offers.words,
        was="" if offers is None else offers.was,
    )


def _second_row(scene: Scene, line: CartLine) -> str:
    """How the line came by its amount and what the pack's code said, the thing to look at first."""
    parts = []
    pack = line.pack
    if line.notice == "best_before":
        parts.append(scene.t("Best before {day} has passed", day=pack.best_before_on if pack else ""))
    elif line.notice == "some_lots":
        parts.append(scene.t("Some lots are recalled: look at the lot"))
    if line.markdown is not None:
        parts.append(scene.t("sell by {day}", day=line.markdown.day))
    if line.quantity.unit == "g":
        parts.append(scene.t("Weighed"))
    elif line.gift_card:
        parts.append(scene.t("put on the card"))
    elif line.fixed_amount_minor is not None:
        parts.append(scene.t("Price from the label"))
    if pack is not None:
        parts += pack_words(pack, scene.speech)
        told = line.markdown.day if line.markdown is not None else ""
        if pack.best_before_on and line.notice != "best_before" and pack.best_before_on != told:
            parts.append(scene.t("best before {day}", day=pack.best_before_on))
        elif pack.expires_on and pack.expires_on != told:
            parts.append(scene.t("use by {day}", day=pack.expires_on))
        if pack.weight_g is not None:
            parts.append(weight(pack.weight_g))
    return " · ".join(parts)


def choice_main(scene: Scene, phase: Choosing) -> SearchMain:
    """The items that share one code; a person says which it is."""
    forms = {"gtin": "EAN-8", "upc-e": "UPC-E"}
    rows = tuple(
        Found(
            name=scene.word(option.item.names),
            detail=" · ".join(part for part in (option.item.sku, forms.get(option.form, "")) if part),
            price=_price(scene, option.item),
            intent=ChooseItem(option.item.sku),
            enabled=True,
        )
        for option in phase.options
    )
    back = Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left")
    title = scene.t("Which of these has the code {code}?", code=phase.options[0].code)
    return SearchMain(title=title, rows=rows, empty="", back=back, enter_takes=False)


def choice_anchor(scene: Scene) -> Anchor:
    """What is due so far; payment waits for the choice."""
    anchor = sale_anchor(scene)
    return replace(anchor, primary=replace(anchor.primary, enabled=False))


def _search_main(scene: Scene) -> SearchMain:
    found = scene.desk.found
    items = found.items if found and found.items else ()
    rows = tuple(
        Found(
            name=scene.word(item.names),
            detail=" · ".join(found_words(scene, item, found.stock if found else None)),
            price=_price(scene, item),
            intent=AddItem(item.sku),
            enabled=item.price_minor is not None,
        )
        for item in items
    )
    return SearchMain(
        title=scene.t("Found for “{text}”", text=found.text if found else ""),
        rows=rows,
        empty="" if rows else scene.t("Nothing is called like that. Try another part of the name."),
        back=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )


def sale_side(scene: Scene) -> tuple[Block, ...]:
    """Sums of the open sale, or the parked ones while none is open."""
    desk = scene.desk
    if desk.cart is None or desk.cart.is_empty:
        return _parked(scene)
    totals = scene.kept.totals(desk.cart, scene.shop, desk.prices)
    rows = offer_sums(scene, desk.cart, desk.prices)
    told = desk.prices is not None and desk.prices.usable.is_offline
    for tax in totals.taxes:
        if tax.included and told:
            continue  # what works without the network needs the room
        detail = scene.t("included") if tax.included else ""
        rows.append(SumRow(scene.tax(tax), scene.amount(tax.tax_minor), detail, "quiet"))
    blocks: list[Block] = [Heading(scene.t("This sale")), SumRows(tuple(rows))]
    blocks += [*offer_blocks(scene, desk.cart, desk.prices), Spring()]
    last = desk.last_sale
    if desk.show_last_sale and last is not None:
        text = scene.t(
            "Last sale {number}: change {change}",
            number=last.receipt_number,
            change=scene.money(last.change_minor),
        )
        blocks.append(Facts((Fact(text, "receipt", "info"),)))
    return tuple(blocks)


def _parked(scene: Scene) -> tuple[Block, ...]:
    parked = scene.desk.parked
    if not parked:
        return ()
    cards = tuple(
        ParkedCard(
            title=cart.label,
            detail=f"{scene.clock(cart.suspended_ms)} · {cart.operator_name}",
            amount=scene.money(cart.goods_minor),
            note=scene.t("{n} pcs", n=str(cart.pieces)),
            action=Action(
                scene.t("Resume"), Resume(cart.transaction_id), name=f"{scene.t('Resume')} {cart.label}"
            ),
        )
        for cart in parked
    )
    return (Heading(scene.t("Suspended sales"), str(len(parked))), ParkedCards(cards))


def sale_anchor(scene: Scene) -> Anchor:
    """What is due, and the way to payment."""
    cart = scene.desk.cart
    total = scene.kept.totals(cart, scene.shop, scene.desk.prices).total_minor if cart else 0
    filled = cart is not None and bool(cart.lines)
    facts: tuple[str, ...] = ()
    if cart is not None and filled:
        facts = (counts(len(cart.lines), cart.pieces, scene.speech),)
    primary = Action(scene.t("Take payment"), StartTender(), "F12", "banknote", "primary", enabled=filled)
    figure = scene.amount(total)
    return Anchor(facts, scene.t("Due"), figure, scene.sign, "", "plain" if filled else "zero", primary)


def weigh_sheet(scene: Scene, phase: Weighing) -> tuple[Sheet, Anchor]:
    """The question of a weight."""
    item = phase.item
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    refusal = scene.desk.refusal
    top: tuple[Block, ...] = ()
    if refusal is not None:
        top = (Note(scene.t(refusal.msgid, **refusal.params), "danger", "circle-alert"),)
    sheet = Sheet(
        title=scene.t("Weigh"),
        icon="scale",
        top=top,
        left=(
            Heading(scene.word(item.names)),
            SumRows((SumRow(scene.t("Price"), _price(scene, item)),)),
            Note(scene.t("Key the weight that the scale shows, in kilograms."), "info", "info"),
        ),
        right=(
            Field(scene.t("Weight in kg"), phase.entry, None, clear, refusal is not None),
            amount_pad(scene),
        ),
        hint_title="",
        hint="",
        second=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )
    primary = Action(
        scene.t("Add"),
        ConfirmWeight(),
        "Enter",
        "check",
        "primary",
        enabled=bool(phase.entry),
        name=scene.t("Add"),
    )
    figure = phase.entry or "0"
    return sheet, Anchor(
        (), scene.t("Weight in kg"), figure, "", "", "plain" if phase.entry else "zero", primary
    )
