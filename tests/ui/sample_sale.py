"""Sample views of a sale: prompt, lines, search, payment, done, approval."""

from __future__ import annotations

from dataclasses import replace

from sample_parts import (
    LINES,
    Words,
    cart,
    cart_side,
    due,
    pin_pad,
    primary,
    top_bar,
    view,
)

from posapp.flows import intents as do
from posapp.flows.views import (
    Action,
    Actions,
    Anchor,
    Block,
    Card,
    Choice,
    Choices,
    DoneMain,
    Fact,
    Facts,
    Field,
    Found,
    GiveBack,
    Heading,
    Keypad,
    Note,
    PadKey,
    ParkedCard,
    ParkedCards,
    PriceStep,
    PriceSteps,
    PromptMain,
    QuickKey,
    SavedBand,
    SearchMain,
    Sheet,
    Spring,
    SumRow,
    SumRows,
    Tab,
    View,
)


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


def offers(t: Words) -> View:
    """Picture 03 with what promotions did: on lines, in the sums, a hint, coupons that can be taken off."""
    half, gold = (
        t("第 2 件半价 −39.50", "2nd at half price −39.50"),
        t("金卡会员价 −40.00", "Gold price −40.00"),
    )
    main = cart(t)
    first, *middle, last = main.lines
    lines = (
        replace(first, amount="118.50", was="158.00", offers=half),
        *middle,
        replace(last, amount="359.00", was="399.00", offers=gold),
    )
    why = Action(t("为什么是这个价", "Why this price"), do.WhyPrice(), "F8")
    remove = Action(
        t("去掉", "Remove"), do.RemoveCode("C20"), "", "x", "quiet", name=t("去掉 C20", "Remove C20")
    )
    rows = (
        SumRow(t("商品原价", "Goods at full price"), "667.49"),
        SumRow(t("单品优惠", "Line offers"), "−84.27", t("3 行", "3 lines"), "saving"),
        SumRow(t("服饰满 500 减 50", "Clothing: 50 off 500"), "−50.00", "", "saving"),
        SumRow(t("会员券 满 200 减 20", "Coupon: 20 off 200"), "−20.00", "C20", "saving"),
    )
    side = (
        Heading(t("本单", "This sale")),
        SumRows(rows),
        SavedBand(t("已省", "Saved"), "¥", "154.27", why),
        Note(
            t("再加一件，省 ¥12.00", "Add one more and save ¥12.00"), "info", "tag", t("袜子周", "Socks week")
        ),
        Note(t("券 C20", "Coupon C20"), "saving", "ticket", action=remove),
        Spring(),
    )
    return view(t, "cart", replace(main, lines=lines), side, due(t))


def why_price(t: Words) -> View:
    """Picture 04."""
    listed = t("连锁价目 · 11-01 起", "Chain price list")
    rows = (
        PriceStep("tag", t("吊牌价", "Ticket price"), listed, "399.00", "", "plain"),
        PriceStep("badge-percent", t("金卡会员价", "Gold member price"), "", "−40.00", "359.00"),
        PriceStep(
            "badge-percent", t("服饰满 500 减 50", "Clothing: 50 off 500"),
            t("服饰共 516.50，这行占 359.00", "359.00 of 516.50 clothing"), "−34.75", "324.25",
        ),
        PriceStep("ticket", t("会员券 满 200 减 20", "Coupon: 20 off 200"), "C20", "−12.17", "312.08"),
        PriceStep("", t("这一行实付", "This line pays"), "", "312.08", "", "plain", "¥", strong=True),
    )  # fmt: skip
    lost = PriceStep(
        "circle-x", t("夹克 95 折", "5% off jackets"), t("有更划算的优惠", "another offer gives more"),
        t("没用上", "not used"), "(−19.95)", "quiet",
    )  # fmt: skip
    sheet = Sheet(
        title=t("为什么是这个价 · 轻量防风夹克", "Why this price · Light windproof jacket"),
        icon="circle-question-mark",
        top=(),
        left=(),
        right=(
            PriceSteps(t("这一步", "This step"), t("算到这里", "So far"), rows),
            Note(t("如果退这一件：退 ¥312.08", "If this one is returned: ¥312.08 back"), "info", "undo-2"),
            PriceSteps("", "", (lost,)),
        ),
        hint_title="",
        hint="",
        second=Action(t("知道了", "Close"), do.Back(), "Esc", "arrow-left"),
        chip=t("第 7 行", "Line 7"),
    )
    locked = t("点别的行，看那一行的价。", "Tap another line to see its price.")
    main = replace(cart(t, locked=locked), tapping=True)
    return view(t, "why", main, (), due(t), sheet=sheet)


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
            Fact(t("小票已打印", "Receipt printed"), "printer"),
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
                "user",
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
