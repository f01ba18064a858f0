"""Views of every screen in Chinese and English, written out by hand; the sale is the same on all of them.

Nothing here comes from the flows: what is painted is tested against plain views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sample_members import (
    cart_member,
    cart_member_offline,
    cart_member_refused,
    cart_member_unknown,
    find_member,
    join,
    prompt_nobody,
)
from sample_parts import (
    Words,
    back_key,
    digits,
    pin_pad,
    primary,
    rail,
    top_bar,
    view,
)
from sample_sale import (
    approval,
    busy,
    committing,
    done,
    long_cart,
    offers,
    prompt,
    refused,
    search,
    tender,
    why_price,
)

from posapp.flows import intents as do
from posapp.flows.views import (
    Action,
    Actions,
    Anchor,
    Block,
    Card,
    Check,
    CountMain,
    CountRow,
    Field,
    MessageMain,
    Note,
    OperatorTile,
    PadKey,
    Person,
    ReportMain,
    ReportRow,
    SignOnMain,
    Spring,
    StatusGroup,
    StatusMain,
    StatusRow,
    SumRow,
    SumRows,
    View,
)


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
        row("tag", "价目与促销", "Prices", "10:40 更新", "updated 10:40"),
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
        row("inbox", "钱箱", "Cash drawer", "关着", "closed"),
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
    readout = Action(t("看 X 报表", "X report"), do.ShowX(), "F7", "banknote")
    side: tuple[Block, ...] = (trouble, calm, Spring(), Actions((readout, test)))
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
    "03-offers": offers,
    "03-refused": refused,
    "03-long": long_cart,
    "03-search": search,
    "02-member": prompt_nobody,
    "03-member": cart_member,
    "03-member-refused": cart_member_refused,
    "03-member-unknown": cart_member_unknown,
    "03-find-member": find_member,
    "03-join": join,
    "17-member": cart_member_offline,
    "04-why-price": why_price,
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
