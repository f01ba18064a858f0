"""Views of every screen in Chinese and English, written out by hand; the sale is the same on all of them.

Nothing here comes from the flows: what is painted is tested against plain views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from posapp.flows import intents as do
from posapp.flows.views import (
    Action,
    Actions,
    Anchor,
    Block,
    Card,
    CartMain,
    Check,
    Choice,
    Choices,
    CountMain,
    CountRow,
    DoneMain,
    Echo,
    Fact,
    Facts,
    Field,
    Found,
    GiveBack,
    Heading,
    Keypad,
    LineHeads,
    LineView,
    Main,
    MessageMain,
    Note,
    OperatorTile,
    PadKey,
    ParkedCard,
    ParkedCards,
    Person,
    PromptMain,
    QuickKey,
    RailItem,
    ReportMain,
    ReportRow,
    SearchMain,
    Sheet,
    SignOnMain,
    Spring,
    StatusGroup,
    StatusMain,
    StatusRow,
    SumRow,
    SumRows,
    SyncChip,
    Tab,
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
        second_saving="",
        quantity="1.286 kg" if pieces == 0 else f"× {pieces}" if pieces > 1 else "1",
        quantity_strong=pieces > 1,
        unit_price=price,
        amount=amount,
        was="",
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


def sign_on(t: Words) -> View:
    """Picture 01."""
    people = (
        ("101", "林晓", "Lin Xiao", "林", "收银员", "Cashier", "1111"),
        ("102", "何雨", "He Yu", "何", "收银员", "Cashier", "2222"),
        ("901", "周敏", "Zhou Min", "周", "店长", "Manager", "9999"),
    )
    tiles = tuple(
        OperatorTile(
            number,
            t(zh, en),
            t(zh_role, en_role),
            t(initial, en[0]),
            number == "101",
            t("14:45 前锁定", "locked until 14:45") if number == "102" else "",
            f"PIN {pin}",
            do.SelectOperator(number),
        )
        for number, zh, en, initial, zh_role, en_role, pin in people
    )
    checks = (
        Check("printer", t("小票打印机", "Receipt printer"), t("正常", "OK"), "done"),
        Check("tag", t("价目", "Prices"), t("10:40 更新", "10:40"), "plain"),
        Check("cloud-upload", t("待传", "To send"), "0", "plain"),
        Check("clock", t("时钟", "Clock"), t("准 · 差 0.2 秒", "0.2 s off"), "plain"),
    )
    main = SignOnMain(
        store=t("禾间生活 · 南塘店", "Hejian Living · Nantang"),
        terminal=t("3 号台 · 收银与提货", "Terminal 3 · sales and pickup"),
        clock="10:52",
        date=t("11 月 11 日 周三 · 营业日已开", "Wed 11 November · business day is open"),
        badge_title=t("扫工牌选人，再输 4 位密码", "Scan your badge, then enter your PIN"),
        badge_hint=t("没带工牌？点自己的名字。", "No badge? Tap your name."),
        operators=tiles,
        checks=checks,
    )
    side: tuple[Block, ...] = (
        Person(t("林", "L"), t("林晓", "Lin Xiao"), t("收银员", "Cashier")),
        Spring(),
        pin_pad(t),
    )
    act = primary(t("登录", "Sign on"), do.SignOn(), "Enter", enabled=False)
    anchor = Anchor((), t("密码", "PIN"), "", "", "", "plain", act, (3, 4))
    hint = t("扫工牌选人，再输 4 位密码", "Scan your badge, then enter your PIN")
    bar = top_bar(t, hint=hint, signed_on=False)
    return view(t, "sign_on", main, side, anchor, top=bar, rail=(), typing="entry", keys=())


def prompt(t: Words) -> View:
    """Picture 02."""
    names = (
        ("购物袋 小号", "Bag, small", "0.30"),
        ("购物袋 中号", "Bag, medium", "0.50"),
        ("购物袋 大号", "Bag, large", "0.80"),
        ("礼品盒", "Gift box", "6.00"),
        ("红富士苹果", "Fuji apples", "13.60/kg"),
        ("香蕉", "Bananas", "7.90/kg"),
        ("鲜鸡蛋 10 枚", "Eggs, 10", "15.80"),
        ("黄油可颂", "Butter croissant", "9.90"),
        ("改裤长", "Trouser hem", "20.00"),
        ("礼品包装", "Gift wrap", "5.00"),
        ("热美式", "Hot americano", "12.00"),
        ("纸杯蛋糕", "Cupcake", "8.50"),
    )
    keys = tuple(QuickKey(t(zh, en), price, do.AddItem(f"Q{n}")) for n, (zh, en, price) in enumerate(names))
    tabs = (("常用", "Often used"), ("水果", "Fruit"), ("面包", "Bakery"))
    main = PromptMain(
        note=None,
        title=t("扫第一件商品", "Scan the first item"),
        hint=t("也可以点常用键，或直接输入条码、品名拼音。", "Or tap a quick key, or type a code or a name."),
        tabs=tuple(Tab(t(zh, en), do.ShowTab(n), n == 0) for n, (zh, en) in enumerate(tabs)),
        keys=keys,
    )
    cards = tuple(
        ParkedCard(
            title,
            t(f"{when} · 孙可", f"{when} · Sun Ke"),
            amount,
            t(pieces_zh, pieces_en),
            Action(t("取单", "Resume"), do.Resume(title)),
        )
        for title, when, amount, pieces_zh, pieces_en in (
            ("A-07", "10:41", "¥236.80", "4 件", "4 pcs"),
            ("A-09", "10:49", "¥58.60", "2 件", "2 pcs"),
        )
    )
    act = primary(t("收款", "Take payment"), do.StartTender(), "F12", "banknote", enabled=False)
    anchor = Anchor((), t("应收", "Due"), "0.00", "¥", "", "zero", act)
    side: tuple[Block, ...] = (Heading(t("挂起的单", "Suspended sales"), "2"), ParkedCards(cards))
    return view(t, "empty", main, side, anchor)


def busy(t: Words) -> View:
    """Picture 03."""
    bar = top_bar(t, echo=t("轻量防风夹克 已加入", "Light windproof jacket added"))
    keys = (
        ("Up", do.MoveMark(-1)),
        ("Down", do.MoveMark(1)),
        ("+", do.ChangeQuantity(1)),
        ("-", do.ChangeQuantity(-1)),
        ("Del", do.VoidLine()),
        ("Ctrl+L", do.Lock()),
    )
    return view(t, "cart", cart(t), cart_side(t), due(t), top=bar, keys=keys)


def long_cart(t: Words, many: int = 60) -> View:
    """A sale of many lines."""
    facts = (t(f"{many} 行 · {many + 9} 件", f"{many} lines · {many + 9} pcs"),)
    bar = top_bar(t, echo=t("轻量防风夹克 已加入", "Light windproof jacket added"))
    total = f"{many * 95}.35"
    return view(t, "cart", cart(t, many), cart_side(t, total), due(t, total, facts=facts), top=bar)


def refused(t: Words) -> View:
    """A refused scan: the sale is untouched."""
    note = Note(
        t("没有商品用这个码。", "No item has this code."),
        "danger",
        "circle-alert",
        "4006381333931",
        Action(t("按品名找", "Find by name"), do.SearchText(""), "", "search"),
    )
    bar = top_bar(t, echo=t("没有商品用这个码", "No item has this code"), good=False)
    return view(t, "cart", cart(t, note=note), cart_side(t), due(t), top=bar)


def search(t: Words) -> View:
    """Search by name."""
    rows = tuple(
        Found(t(zh, en), t(zh_more, en_more), price, do.AddItem(en), True)
        for zh, en, zh_more, en_more, _pieces, price, _amount in LINES
    )
    back = Action(t("回到商品", "Back to goods"), do.SearchText(""), "Esc", "arrow-left")
    main = SearchMain(t("找到 7 件", "7 items found"), rows, "", back)
    return view(t, "cart", main, cart_side(t), due(t))


def tender(t: Words) -> View:
    """Picture 06 with cash and one recorded tender."""
    keys: list[PadKey] = []
    cash = ("700", "670", "668", "667.50")
    for row, amount in zip(("789", "456", "123", "0*."), cash, strict=True):
        for digit in row:
            shown = "00" if digit == "*" else digit
            keys.append(PadKey(shown, do.KeyIn(shown)))
        exact = amount == cash[-1]
        minor = round(float(amount) * 100)
        keys.append(PadKey(amount, do.OfferAmount(minor), "cash", t("正好", "Exact") if exact else ""))
    ways = (
        Choice(t("现金", "Cash"), do.ChooseTender("cash"), True, icon="banknote", key="Ctrl+1"),
        Choice(
            t("银行卡", "Card"),
            do.ChooseTender("card"),
            False,
            t("在银行终端上刷卡", "take it on the card terminal"),
            "credit-card",
            key="Ctrl+2",
        ),
    )
    clear = Action(t("退格", "Backspace"), do.KeyIn("back"))
    undo = Action(t("撤回", "Undo"), do.UndoTender(1), "", "undo-2", "quiet")
    sheet = Sheet(
        title=t("收款", "Take payment"),
        icon="wallet",
        top=(Note(t("银行卡 已收 ¥100.00", "Card: ¥100.00 taken"), "done", "circle-check", "", undo),),
        left=(Choices(ways, "ways"),),
        right=(Field(t("收到", "Received"), "600.00", None, clear), Keypad(tuple(keys), 4)),
        hint_title=t("分几种收？", "Splitting?"),
        hint=t("先输金额，再点方式。", "Key the amount first."),
        second=Action(t("回到商品", "Back to goods"), do.Back(), "Esc", "arrow-left"),
    )
    locked = t(
        "正在收款，商品已锁定。按 Esc 返回修改。",
        "Payment is open; the goods are locked. Press Esc to change them.",
    )
    facts = (
        t("合计 667.49", "Total 667.49"),
        t("已收 100.00", "Paid 100.00"),
        t("抹分 0.01", "Rounding 0.01"),
    )
    act = primary(t("收 600.00，找 32.50", "Take 600.00, give 32.50"), do.Settle(), "Enter")
    anchor = Anchor(facts, t("应收", "Due"), "567.50", "¥", "", "plain", act)
    main = cart(t, locked=locked)
    main = replace(main, lines=tuple(replace(each, marked=False) for each in main.lines))
    more = {"sheet": sheet, "typing": "entry", "keys": ()}
    return view(t, "tender", main, (), anchor, **more)


def committing(t: Words) -> View:
    """The sale is being stored: the primary is busy."""
    base = tender(t)
    act = replace(base.anchor.primary, busy=True, label=t("正在存", "Storing"))
    return replace(base, state="committing", anchor=replace(base.anchor, primary=act), typing="scan")


def done(t: Words) -> View:
    """Picture 07."""
    paid = (
        SumRow(t("合计", "Total"), "667.49"),
        SumRow(t("抹分", "Rounding"), "0.01"),
        SumRow(t("银行卡", "Card"), "100.00"),
        SumRow(t("现金", "Cash"), "600.00"),
        SumRow(t("找零", "Change"), "32.50", strong=True),
    )
    tax = (
        SumRow("13%", "68.67", t("不含税 528.23", "net 528.23")),
        SumRow("9%", "4.55", t("不含税 50.54", "net 50.54")),
    )
    main = DoneMain(
        title=t("收款完成", "Payment complete"),
        receipt=t("小票号 S0217-03-001907 · 14:32:08", "Receipt no. S0217-03-001907 · 14:32:08"),
        give_title=t("可以这样找", "One way to give it"),
        give=(GiveBack("20", "× 1"), GiveBack("10", "× 1"), GiveBack("1", "× 2"), GiveBack("0.5", "× 1")),
        cards=(Card(t("收款", "Paid with"), paid), Card(t("税", "Tax"), tax)),
        hint=t("扫下一件商品会直接开新单。", "Scanning the next item starts a new sale."),
    )
    facts = Facts(
        (
            Fact(t("小票已打印", "Receipt printed"), "printer-check"),
            Fact(t("钱箱开着，放好现金后关上", "Drawer open; close it when done"), "inbox", "info"),
            Fact(t("已存在本机，1 条待传", "Saved here; 1 record to send"), "hard-drive"),
        )
    )
    reprint = Action(t("重打小票（副本）", "Reprint (marked COPY)"), do.Reprint(), "F9", "printer")
    line_facts = (t("合计 667.49", "Total 667.49"), t("已收 700.00", "Paid 700.00"))
    act = primary(t("下一单", "Next sale"), do.NextSale(), "Enter")
    anchor = Anchor(line_facts, t("找零", "Change"), "32.50", "¥", "", "change", act)
    return view(t, "done", main, (facts, Spring(), Actions((reprint,))), anchor)


def approval(t: Words) -> View:
    """Picture 12, for giving a sale up."""
    people = tuple(
        Choice(
            label=t(zh, en),
            intent=do.SelectOperator(number),
            chosen=number == "901",
            detail=t("店长", "Manager"),
            initial=t(zh[0], en[0]),
        )
        for number, zh, en in (("901", "周敏", "Zhou Min"), ("902", "徐朗", "Xu Lang"))
    )
    reasons = tuple(
        Choice(t(zh, en), do.ChooseReason(en), n == 0)
        for n, (zh, en) in enumerate((("顾客不要了", "Customer left"), ("扫错", "Scanned wrong")))
    )
    sheet = Sheet(
        title=t("需要店长同意", "A manager must agree"),
        icon="shield-check",
        top=(
            Note(
                t("整单取消 ¥667.49", "Void sale ¥667.49"),
                "warn",
                "user-check",
                t("林晓的限额是 ¥300.00", "Lin Xiao’s limit is ¥300.00"),
                big=True,
            ),
        ),
        left=(
            Choices(people, "people", t("选人输密码", "Pick a name and key the PIN")),
            Choices(reasons, "chips", t("原因", "Reason")),
        ),
        right=(Field(t("密码", "PIN"), "", (4, 4)), pin_pad(t)),
        hint_title="",
        hint=t(
            "同意人不能是经办人。谁、几点、为什么都会记下来。",
            "The approver must be someone else. Who, when and why are recorded.",
        ),
        second=Action(t("不同意", "Refuse"), do.Back(), "Esc", "x"),
    )
    main = cart(t, locked=t("等店长同意，这一单已锁定。", "Waiting for a manager; the sale is locked."))
    act = primary(t("同意取消", "Approve void"), do.Approve(), "Enter", "check")
    anchor = replace(due(t), primary=act)
    return view(t, "approval", main, (), anchor, sheet=sheet, typing="entry", keys=())


def count(t: Words) -> View:
    """Picture 13, counting."""
    kinds = (
        ("100", 18, "1,800.00"),
        ("50", 7, "350.00"),
        ("20", 11, "220.00"),
        ("10", 9, "90.00"),
        ("5", 6, "30.00"),
        ("1", 23, "23.00"),
        ("0.5", 8, "4.00"),
        ("0.1", 17, "1.70"),
    )
    rows = tuple(
        CountRow(kind, f"× {pieces}", amount, kind == "0.1", do.MarkDenomination(n))
        for n, (kind, pieces, amount) in enumerate(kinds)
    )
    note = Note(
        t(
            "数出钱箱里的现金。应有金额在提交后才显示。",
            "Count the cash in the drawer. The expected amount is shown after you submit.",
        ),
        "info",
        "eye-off",
    )
    main = CountMain(
        title=t("清点现金", "Count the drawer"),
        detail=t("早班 118 · 林晓 · 07:58 开", "Shift 118 · Lin Xiao · opened 07:58"),
        note=note,
        currency="¥",
        rows=rows,
        actions=(Action(t("回到班次", "Back to the shift"), do.Back(), "Esc", "arrow-left"),),
        risk=Action(t("重新点", "Count again"), do.Recount(), "", "rotate-ccw", "risk"),
    )
    following = PadKey(t("下一种", "Next"), do.NextDenomination(), "cash")
    side: tuple[Block, ...] = (Field("¥0.1 ×", "17"), Spring(), digits(t, (back_key(t), following)))
    act = primary(t("提交清点", "Submit count"), do.SubmitCount())
    anchor = Anchor((), t("已点", "Counted"), "2,518.70", "¥", "", "plain", act)
    keys = (("Enter", do.NextDenomination()),)
    return view(t, "count", main, side, anchor, rail=rail(t, "shift"), typing="entry", keys=keys)


def z_report(t: Words) -> View:
    """Picture 13, Z."""
    rows = (
        ReportRow((t("银行卡", "Card"), "4,215.00", "−436.20", "3,778.80")),
        ReportRow((t("现金", "Cash"), "3,107.20", "−88.00", "3,019.20")),
        ReportRow((t("合计", "Total"), "7,322.20", "−524.20", "6,798.00"), True),
    )
    taxes = (SumRow("13%", "842.40"), SumRow("9%", "61.20"))
    acts = (
        SumRow(t("删行 / 取消单", "Voids"), "5 / 3"),
        SumRow(t("店长同意", "Approvals"), "4"),
        SumRow(t("开钱箱", "No-sale opens"), "2"),
    )
    main = ReportMain(
        title=t("关班小结", "Z summary"),
        detail=t("早班 118 · 林晓 · 07:58 开", "Shift 118 · Lin Xiao · opened 07:58"),
        heads=(t("按收款方式", "By tender"), t("销售", "Sales"), t("退款", "Refunds"), t("净额", "Net")),
        rows=rows,
        cards=(Card(t("按税率", "By tax rate"), taxes), Card(t("敏感操作", "Sensitive acts"), acts)),
        foot=t(
            "62 单都已存本机，1 单待传。关班不用等网络。",
            "All 62 sales are saved here, 1 still to send. Closing does not wait for the network.",
        ),
        actions=(Action(t("打印 Z 报表", "Print Z report"), do.PrintReport(), "F9", "printer"),),
    )
    sums = (
        SumRow(t("备用金", "Opening float"), "500.00"),
        SumRow(t("现金销售", "Cash sales"), "3,107.20"),
        SumRow(t("现金退款", "Cash refunds"), "−88.00"),
        SumRow(t("缴款入保险柜", "Dropped to safe"), "−1,000.00"),
        SumRow(t("应有现金", "Expected cash"), "2,519.20", strong=True),
        SumRow(t("已点", "Counted"), "2,518.70", strong=True),
    )
    note = Note(
        t("差额 −0.50 在允许的 ±5.00 以内。", "The variance of −0.50 is within ±5.00."),
        "done",
        "circle-check",
    )
    again = Action(t("重新点", "Count again"), do.Recount(), "", "rotate-ccw")
    side: tuple[Block, ...] = (SumRows(sums), Spring(), note, Actions((again,)))
    act = primary(t("关班", "Close shift"), do.CloseShift(), "F12", "lock")
    anchor = Anchor((), t("差额", "Variance"), "0.50", "¥", "−", "plain", act)
    return view(t, "z_report", main, side, anchor, rail=rail(t, "shift"))


def status(t: Words) -> View:
    """Picture 15."""
    fine = t("正常", "Fine")

    def row(icon: str, zh: str, en: str, zh_more: str, en_more: str) -> StatusRow:
        return StatusRow(icon, t(zh, en), t(zh_more, en_more), fine, "done")

    sync = (
        row("cloud-upload", "待上传 · 3", "To send · 3", "最旧 2 分钟", "oldest 2 min, every 5 s"),
        row("cloud-download", "接收", "From the hub", "14:30 收到 12 条", "12 records at 14:30"),
        row("tags", "价目与促销", "Prices", "10:40 更新", "updated 10:40"),
        replace(
            row("inbox", "待处理", "Set aside", "1 条格式不对，不影响销售", "1 unreadable; sales go on"),
            state=t("留意", "Note"),
            tone="warn",
        ),
    )
    devices = (
        replace(
            row("printer", "小票打印机", "Receipt printer", "缺纸 · 2 张在等", "out of paper · 2 waiting"),
            state=t("要处理", "Needs you"),
            tone="danger",
        ),
        row("scan-barcode", "扫码枪", "Scanner", "14:31 最后一码", "last code 14:31"),
        row("vault", "钱箱", "Cash drawer", "关着", "closed"),
    )
    this_pc = (
        row("clock", "时钟", "Clock", "比中心快 0.4 秒", "0.4 s ahead of the hub"),
        row("hard-drive", "磁盘", "Disk", "还有 61 GB", "61 GB free"),
    )
    main = StatusMain(
        title=t("同步与设备", "Sync and devices"),
        detail=t("3 号台 · 版本 0.1.0", "Terminal 3 · version 0.1.0"),
        left=(StatusGroup(t("同步", "Sync"), sync), StatusGroup(t("本机", "This PC"), this_pc)),
        right=(StatusGroup(t("设备", "Devices"), devices),),
    )
    trouble = Note(
        t(
            "小票打印机没纸了。换好纸，点「继续打印」，等着的 2 张会接着出。",
            "The receipt printer is out of paper. Load a roll, press Resume printing, and the 2 waiting "
            "receipts will come out.",
        ),
        "danger",
        "printer",
    )
    calm = Note(t("收银不受影响：小票先存着。", "Selling goes on: receipts are kept."), "plain", "info")
    test = Action(t("打印测试页", "Print a test page"), do.PrintTestPage(), "F9", "file-check")
    drawer = Action(t("开钱箱", "Open drawer"), do.OpenDrawer(), "F7", "inbox")
    side: tuple[Block, ...] = (trouble, calm, Spring(), Actions((drawer, test)))
    act = primary(t("继续打印", "Resume printing"), do.ResumePrinting(), "Enter", "printer")
    anchor = Anchor((), t("要处理", "Needs you"), t("1 项", "1"), "", "", "plain", act)
    bar = top_bar(t, echo=t("小票打印机缺纸", "Receipt printer: no paper"), good=False)
    return view(t, "status", main, side, anchor, top=bar, rail=rail(t, "status", trouble=True))


def no_shift(t: Words) -> View:
    """A shift has to be opened: the float is keyed in."""
    rows = (SumRow(t("上一班", "Last shift"), "117"), SumRow(t("营业日", "Business day"), "2026-11-11"))
    main = MessageMain(
        "wallet",
        t("还没开班", "No shift is open"),
        t("数一下备用金，输入金额，再开班。", "Count the float, key it in, then open the shift."),
        None,
        rows,
    )
    pad = digits(t, (PadKey(".", do.KeyIn(".")), back_key(t)))
    side: tuple[Block, ...] = (Field(t("备用金", "Float"), "500.00"), Spring(), pad)
    act = primary(t("开班", "Open shift"), do.OpenShift())
    anchor = Anchor((), t("备用金", "Float"), "500.00", "¥", "", "plain", act)
    return view(t, "no_shift", main, side, anchor, rail=rail(t, "shift"), typing="entry", keys=())


SAMPLES: dict[str, Callable[[Words], View]] = {
    "01-sign-on": sign_on,
    "02-prompt": prompt,
    "03-cart": busy,
    "03-refused": refused,
    "03-long": long_cart,
    "03-search": search,
    "06-tender": tender,
    "06-committing": committing,
    "07-done": done,
    "12-approval": approval,
    "13-count": count,
    "13-z": z_report,
    "13-no-shift": no_shift,
    "15-status": status,
}


def sample(name: str, language: str) -> View:
    """The view of this name in "zh" or "en"."""
    return SAMPLES[name](Words(language))
