"""Sample views of members: the strip with nobody, somebody, old data and no name; the sheets about them."""

from __future__ import annotations

from dataclasses import replace

from sample_parts import Words, cart, cart_side, due, pin_pad, primary, view
from sample_sale import prompt

from posapp.flows import intents as do
from posapp.flows.member_wishes import (
    ChooseMember,
    ConfirmJoin,
    LookUpMember,
    OpenMember,
    RemoveMember,
    StartJoin,
    ToggleConsent,
)
from posapp.flows.views import (
    Action,
    Actions,
    Anchor,
    Choice,
    Choices,
    Field,
    Heading,
    MemberChip,
    MemberStrip,
    Note,
    PromptMain,
    Sheet,
    Spring,
    View,
)


def nobody_strip(t: Words) -> MemberStrip:
    """Nobody was identified."""
    title = t("未识别会员", "No member yet")
    hint = t("扫会员码，或输手机号", "Scan the member code or key the phone number")
    find = Action(t("会员", "Member"), OpenMember(), "F3", "user")
    return MemberStrip("", title, "", hint, f"{title}. {hint}", find=find)


def gold_strip(t: Words, *, old: bool = False) -> MemberStrip:
    """The pictures' member; `old` from old data."""
    points = MemberChip(t("积分 2,860", "Points 2,860"), "coins", spoken=t("2,860 积分", "2,860 points"))
    coupons = MemberChip(t("可用券 2", "Coupons 2"), "ticket", spoken=t("2 张券", "2 coupons"))
    age = MemberChip(t("10:40 的数据", "As of 10:40"), "history", "plain")
    name, level = t("陈**", "Chen **"), t("金卡", "Gold")
    spoken = t(f"会员 {name}，{level}", f"Member {name}, {level}, 2,860 points")
    remove = Action(t("移除会员", "Remove the member"), RemoveMember(), "", "x", "quiet")
    detail = t("手机尾号 6027 · 已绑定", "Phone ends 6027 · Linked")
    return MemberStrip(
        t("陈", "C"), name, level, detail, spoken,
        (age, points) if old else (points, coupons),
        remove=remove, open=OpenMember(),
    )  # fmt: skip


def prompt_nobody(t: Words) -> View:
    """Picture 02."""
    base = prompt(t)
    assert isinstance(base.main, PromptMain)
    return replace(
        base, main=replace(base.main, member=nobody_strip(t)), keys=(*base.keys, ("F3", OpenMember()))
    )


def cart_member(t: Words) -> View:
    """Picture 03 with its member."""
    return view(t, "cart", replace(cart(t), member=gold_strip(t)), cart_side(t), due(t))


def cart_member_refused(t: Words) -> View:
    """A refusal stands under the strip."""
    note = Note(
        t("这个码过期了。请对方刷新一下。", "This code is old. Ask for a fresh one."),
        "danger",
        "circle-alert",
    )
    return view(t, "cart", replace(cart(t, note=note), member=gold_strip(t)), cart_side(t), due(t))


def cart_member_offline(t: Words) -> View:
    """Picture 17."""
    return view(t, "cart", replace(cart(t), member=gold_strip(t, old=True)), cart_side(t), due(t))


def cart_member_unknown(t: Words) -> View:
    """A member of whom this till knows the id alone."""
    title = t("会员 ··7F3K", "Member ··7F3K")
    detail = t("姓名和积分联网后显示", "name and points come with the network")
    remove = Action(t("移除会员", "Remove the member"), RemoveMember(), "", "x", "quiet")
    strip = MemberStrip("", title, "", detail, f"{title}, {detail}", remove=remove, open=OpenMember())
    return view(t, "cart", replace(cart(t), member=strip), cart_side(t), due(t))


def _sheet(t: Words, title: str, icon: str, **more: object) -> Sheet:
    base = Sheet(
        title=title, icon=icon, top=(), left=(), right=(), hint_title="", hint="",
        second=Action(t("回到商品", "Back to goods"), do.Back(), "Esc", "arrow-left"),
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def find_member(t: Words) -> View:
    """Two members have this end of a phone number."""
    people = tuple(
        Choice(t(zh, en), ChooseMember(en), False, detail, initial=t(zh[0], en[0]))
        for zh, en, detail in (
            ("陈**", "C**", t("金卡 · ··6027 · 2,860 积分", "Gold · ··6027 · 2,860 points")),
            ("李**", "L**", t("··6027 · 12 积分", "··6027 · 12 points")),
        )
    )
    clear = Action("", do.KeyIn("back"), "", "delete", "quiet", name=t("退格", "Backspace"))
    sheet = _sheet(
        t, t("会员", "Member"), "user",
        left=(
            Heading(t("是哪一位？", "Who is it?")), Choices(people, "people"), Spring(),
            Actions((Action(t("入会", "Join"), StartJoin(), "", "user-plus"),)),
        ),
        right=(Field(t("手机号或后四位", "Phone or its last four"), "6027", None, clear), pin_pad(t)),
        hint=t("随时可以扫会员码。", "A code can be scanned at any time."),
    )  # fmt: skip
    act = primary(t("查找", "Find"), LookUpMember(), "Enter", "search")
    anchor = Anchor((), t("手机号", "Phone"), "6027", "", "", "plain", act)
    locked = t("可以接着扫商品，这一页会自动让开。", "Goods can still be scanned; this sheet gives way.")
    main = replace(
        cart(t, locked=locked),
        member=replace(nobody_strip(t), find=None, detail=t("扫会员码", "Scan the member code")),
    )
    return view(t, "find", main, (), anchor, sheet=sheet, typing="entry", keys=(("F3", OpenMember()),))


def join(t: Words) -> View:
    """Nobody has the number; the terms are agreed to."""
    consents = tuple(
        Choice(t(zh, en), ToggleConsent(purpose), purpose == "terms", t(zh_more, en_more), icon=icon)
        for purpose, zh, en, zh_more, en_more, icon in (
            ("terms", "条款（必选）", "Terms, needed", "会员条款", "Terms of the programme", "check"),
            (
                "marketing",
                "消息（可选）",
                "News, optional",
                "接收优惠信息",
                "Offers by message",
                "file-check",
            ),
        )
    )
    clear = Action("", do.KeyIn("back"), "", "delete", "quiet", name=t("退格", "Backspace"))
    note = t("没有会员用这个号码，现在就能入会。", "Nobody has this number. They can join now.")
    sheet = _sheet(
        t, t("入会", "Join"), "user-plus", top=(Note(note, "info", "user-plus"),),
        left=(Choices(consents, "people", t("顾客同意", "They agree to")), Spring()),
        right=(Field(t("手机号", "Phone"), "13700131234", None, clear), pin_pad(t)),
        hint=t("按 F2 可输姓名。", "A name can be typed after F2."),
    )  # fmt: skip
    act = primary(t("入会", "Join"), ConfirmJoin(), "Enter", "user-plus")
    anchor = Anchor((), t("手机号", "Phone"), "13700131234", "", "", "plain", act)
    main = replace(cart(t, locked=t("正在办入会。", "Somebody is joining.")), member=None)
    return view(t, "join", main, (), anchor, sheet=sheet, typing="entry", keys=())
