"""What the sample views are put together from: the frame, the sale, pads, in two languages."""

from __future__ import annotations

from dataclasses import replace

from posapp.flows import intents as do
from posapp.flows.views import (
    Action,
    Anchor,
    Block,
    CartMain,
    Echo,
    Heading,
    Keypad,
    LineHeads,
    LineView,
    Main,
    Note,
    PadKey,
    RailItem,
    Spring,
    SumRow,
    SumRows,
    SyncChip,
    TopBar,
    View,
)

LANGUAGES = ("zh", "en")


class Words:
    """Chooses one of two languages."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, chinese: str, english: str) -> str:
        return chinese if self.language == "zh" else english


def top_bar(t: Words, *, hint: str = "", echo: str = "", good: bool = True, signed_on: bool = True) -> TopBar:
    """The top bar; `echo` is what the last code did."""
    person = Action(t("林晓", "Lin Xiao"), do.Lock(), "", "user", name=t("林晓，锁定", "Lin Xiao, lock"))
    language = Action(t("English", "中文"), do.SwitchLanguage(t("en", "zh_CN")), "", "languages")
    return TopBar(
        scan_hint=hint or t("扫任意码：商品 · 工牌", "Scan anything: item, badge"),
        scan_enabled=True,
        echo=Echo(echo, good, 1) if echo else None,
        chip=SyncChip(t("待传 1", "1 to send"), "cloud-upload", False, do.GoTo("status")),
        clock="14:31",
        operator=person if signed_on else None,
        language=None if signed_on else language,
        scan_name=t("扫码框", "Scan field"),
    )


def rail(t: Words, here: str, *, trouble: bool = False) -> tuple[RailItem, ...]:
    """The places that are built."""
    return (
        RailItem(t("收银", "Sell"), "scan-barcode", do.GoTo("sell"), "Alt+1", here == "sell"),
        RailItem(t("班次", "Shift"), "wallet", do.GoTo("shift"), "Alt+5", here == "shift"),
        RailItem(
            t("状态", "Status"),
            "activity",
            do.GoTo("status"),
            "Alt+7",
            here == "status",
            "1" if trouble else "",
            trouble,
        ),
    )


def digits(t: Words, last: tuple[PadKey, PadKey]) -> Keypad:
    """Three columns of digits with two keys beside the 0."""
    keys = [PadKey(d, do.KeyIn(d)) for d in "789456123"]
    return Keypad((*keys, last[0], PadKey("0", do.KeyIn("0")), last[1]), 3)


def pin_pad(t: Words) -> Keypad:
    """Keys for a PIN."""
    return digits(t, (PadKey(t("清空", "Clear"), do.KeyIn("clear"), "word"), back_key(t)))


def back_key(t: Words) -> PadKey:
    """The key that takes the last digit back."""
    return PadKey("", do.KeyIn("back"), "icon", "", "delete", t("退格", "Backspace"))


LINES = (
    ("纯棉圆领 T 恤", "Cotton crew-neck tee", "白 M", "White M", 2, "79.00", "158.00"),
    ("精梳棉短袜 3 双装", "Combed cotton socks, 3 pairs", "灰", "Grey", 1, "39.00", "39.00"),
    ("冷榨橙汁 1 L", "Cold-pressed orange juice 1 L", "", "", 2, "18.80", "37.60"),
    ("红富士苹果", "Fuji apples", "称重", "Weighed", 0, "13.60", "17.49"),
    ("全麦吐司 400 g", "Wholemeal toast 400 g", "11-12 到期", "by 12 Nov", 1, "15.90", "15.90"),
    ("购物袋 中号", "Shopping bag, medium", "", "", 1, "0.50", "0.50"),
    ("轻量防风夹克", "Light windproof jacket", "藏青 L", "Navy L", 1, "399.00", "399.00"),
)


def line(t: Words, number: int, *, marked: bool) -> LineView:
    """One line of the sale; numbers beyond the sale's seven repeat it."""
    zh, en, zh_more, en_more, pieces, price, amount = LINES[(number - 1) % len(LINES)]
    return LineView(
        line_no=number,
        name=t(zh, en),
        second=t(zh_more, en_more),
        quantity="1.286 kg" if pieces == 0 else f"× {pieces}" if pieces > 1 else "1",
        quantity_strong=pieces > 1,
        unit_price=price,
        amount=amount,
        marked=marked,
        steps=pieces > 0,
        at_one=pieces == 1,
    )


def lines(t: Words, many: int) -> tuple[LineView, ...]:
    """This many lines, the last one marked."""
    return tuple(line(t, number, marked=number == many) for number in range(1, many + 1))


def cart(t: Words, many: int = 7, *, locked: str = "", note: Note | None = None) -> CartMain:
    """The main region with the sale."""
    heads = LineHeads(t("商品", "Item"), t("数量", "Qty"), t("单价", "Price"), t("小计", "Amount"))
    return CartMain(
        note=note,
        heads=heads,
        lines=lines(t, many),
        actions=(Action(t("挂单", "Suspend"), do.Suspend(), "F6", "pause"),),
        risk=Action(t("整单取消", "Void sale"), do.VoidCart(), "", "trash-2", "risk"),
        locked=locked,
    )


def cart_side(t: Words, total: str = "667.49") -> tuple[Block, ...]:
    """The sums of the sale."""
    rows = (
        SumRow(t("商品", "Goods"), total),
        SumRow(t("其中税 13%", "Of which tax 13%"), "68.67"),
        SumRow(t("其中税 9%", "Of which tax 9%"), "4.55", t("食品", "food")),
    )
    return (Heading(t("本单", "This sale")), SumRows(rows), Spring())


def primary(label: str, intent: do.Intent, key: str = "F12", icon: str = "", **more: bool) -> Action:
    """A primary act."""
    return Action(label, intent, key, icon, "primary", **more)


def due(t: Words, figure: str = "667.49", *, facts: tuple[str, ...] = ()) -> Anchor:
    """The anchor while selling."""
    shown = facts or (t("7 行 · 9 件", "7 lines · 9 pcs"),)
    act = primary(t("收款", "Take payment"), do.StartTender(), "F12", "banknote")
    return Anchor(shown, t("应收", "Due"), figure, "¥", "", "plain", act)


def view(t: Words, state: str, main: Main, side: tuple[Block, ...], anchor: Anchor, **more: object) -> View:
    """A whole view with the usual frame; `more` replaces parts of it."""
    base = View(
        language="zh_CN" if t.language == "zh" else "en",
        state=state,
        top=top_bar(t),
        rail=rail(t, "sell"),
        main=main,
        side=side,
        sheet=None,
        anchor=anchor,
        typing="scan",
        clear_scan=0,
        keys=(("Up", do.MoveMark(-1)), ("Down", do.MoveMark(1)), ("Ctrl+L", do.Lock())),
    )
    return replace(base, **more)  # type: ignore[arg-type]
