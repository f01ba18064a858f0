"""Who is at the till, as the cashier sees it: the strip over the goods, the sheets of finding and joining.

Names come masked and phones as their end; what is keyed of a phone is shown while its sheet is open, since
somebody has to read it back to the shopper. Every figure says how old it is where it may be.
"""

from __future__ import annotations

from posapp.domain.members.masks import initial
from posapp.domain.members.sale_rights import ShownMember
from posapp.domain.members.terms import MemberCard
from posapp.domain.shop import Words
from posapp.flows.blocks import (
    Action,
    Actions,
    Block,
    Choice,
    Choices,
    Fact,
    Facts,
    Field,
    Heading,
    Keypad,
    Note,
    Spring,
)  # fmt: skip
from posapp.flows.formatting import tail
from posapp.flows.intents import Back, KeyIn
from posapp.flows.mains import MemberChip, MemberStrip
from posapp.flows.member_phases import FindingMember, JoiningMember, MemberPhase, ShowingMember
from posapp.flows.member_wishes import (
    ChooseMember,
    ConfirmJoin,
    LookUpMember,
    OpenMember,
    RemoveMember,
    StartJoin,
    ToggleConsent,
)  # fmt: skip
from posapp.flows.presenters.pads import pin_pad
from posapp.flows.presenters.words import Scene
from posapp.flows.views import Anchor, Sheet

#: What was heard within this time is as good as now.
FRESH_MS = 600_000


def member_sheet(scene: Scene, phase: MemberPhase) -> tuple[Sheet, Anchor]:
    """The sheet that is open about a member."""
    match phase:
        case FindingMember():
            return finding_sheet(scene, phase)
        case ShowingMember():
            return showing_sheet(scene, phase)
        case JoiningMember():
            return joining_sheet(scene, phase)


def is_keyed(phase: object) -> bool:
    """Whether digits of the keyboard go to the sheet's number."""
    return isinstance(phase, FindingMember | JoiningMember) or (
        isinstance(phase, ShowingMember) and bool(phase.card_no)
    )


def locked_words(scene: Scene, phase: MemberPhase) -> str:
    """What stands below the goods while the sheet is open."""
    if isinstance(phase, JoiningMember):
        return scene.t("Somebody is joining. Press Esc to go back to the goods.")
    return scene.t("Goods can still be scanned; this sheet gives way.")


# --- the strip ------------------------------------------------------------------------------------


def member_strip(scene: Scene, *, locked: bool = False) -> MemberStrip | None:
    """Whose sale it is; None in a shop without a programme."""
    if not scene.desk.programme.is_on:
        return None
    cart = scene.desk.cart
    shown = cart.rights.member if cart is not None else None
    if shown is None:
        find = Action(scene.t("Member"), OpenMember(), "F3", "user")
        title = scene.t("No member yet")
        # Beside a sheet there is room for the first half.
        hint = (
            scene.t("Scan the member code")
            if locked
            else scene.t("Scan the member code or key the phone number")
        )
        return MemberStrip("", title, "", hint, f"{title}. {hint}", find=None if locked else find)
    card = shown.card
    title, level, detail = name_of(scene, card), level_of(scene, card), _detail(scene, card)
    chips = _chips(scene, card)
    spoken = ", ".join(
        part for part in (title, level, detail, *(chip.spoken or chip.text for chip in chips)) if part
    )
    remove = Action(scene.t("Remove the member"), RemoveMember(), "", "x", "quiet")
    return MemberStrip(
        initial(card.name), title, level, detail, scene.t("Member {who}", who=spoken), chips,
        remove=None if locked else remove, open=None if locked else OpenMember(),
    )  # fmt: skip


def name_of(scene: Scene, card: MemberCard) -> str:
    """What a member is called here: masked, or by the end of phone or id."""
    if card.name:
        return card.name
    return scene.t("Member {tail}", tail=tail(card.phone_tail or card.member_id))


def level_of(scene: Scene, card: MemberCard) -> str:
    """The level in words, "" for none."""
    level = scene.desk.programme.level(card.level)
    return scene.word(card.level_names or (level.names if level is not None else {}))


def _detail(scene: Scene, card: MemberCard) -> str:
    """The end of the phone and whether app or card are bound to the membership."""
    phone = scene.t("Phone ends {tail}", tail=card.phone_tail) if card.phone_tail else ""
    if card.as_of_ms is not None:
        bound = scene.t("Linked") if card.is_linked else scene.t("Not linked")
        return " · ".join(part for part in (phone, bound) if part)
    if card.member_id.startswith("T"):
        state = scene.t("has joined just now")
    elif scene.desk.member_ask is not None:
        state = scene.t("asking the hub")
    else:
        state = scene.t("name and points come with the network")
    return " · ".join(part for part in (phone, state) if part)


def _chips(scene: Scene, card: MemberCard) -> tuple[MemberChip, ...]:
    if card.as_of_ms is None:
        return ()
    chips = []
    online = scene.desk.link.state == "online"
    if not online or scene.now_ms - card.as_of_ms > FRESH_MS:
        when = as_of(scene, card.as_of_ms)
        chips.append(MemberChip(scene.t("As of {time}", time=when), "history", "plain"))
    points = f"{card.points:,}"
    spoken = scene.t("{n} points", n=points)
    chips.append(MemberChip(scene.t("Points {n}", n=points), "coins", spoken=spoken))
    coupons = len(card.coupons)
    # Without the network most coupons are no use; the sums say which are.
    if online and coupons:
        spoken = scene.t("{n} coupons", n=str(coupons)) if coupons > 1 else scene.t("1 coupon")
        chips.append(MemberChip(scene.t("Coupons {n}", n=str(coupons)), "ticket", spoken=spoken))
    return tuple(chips)


def as_of(scene: Scene, at_ms: int) -> str:
    """When something was true, with its day where that is not today."""
    when = scene.local(at_ms)
    return f"{when:%H:%M}" if when.date() == scene.local(scene.now_ms).date() else f"{when:%m-%d %H:%M}"


# --- looking somebody up --------------------------------------------------------------------------


def finding_sheet(scene: Scene, phase: FindingMember) -> tuple[Sheet, Anchor]:
    """Key a number, see who it may be, tap them."""
    asking = bool(phase.ask_id)
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    told = scene.desk.refusal
    field = Field(scene.t("Phone or its last four"), phase.entry, None, clear, told is not None)
    left: list[Block] = []
    if phase.cards:
        rows = tuple(_found(scene, card) for card in phase.cards)
        left += [Heading(scene.t("Who is it?")), Choices(rows, "people")]
    left.append(Spring())
    joining = Action(scene.t("Join"), StartJoin(), "", "user-plus")
    left.append(Actions((joining,)))
    sheet = Sheet(
        title=scene.t("Member"), icon="user", top=_finding_note(scene, phase),
        left=tuple(left), right=(field, _pad(scene)), hint_title="",
        hint=scene.t("A member code or card can be scanned at any time. Type a name after F2."),
        second=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )  # fmt: skip
    label = scene.t("Asking") if asking else scene.t("Find")
    primary = Action(
        label, LookUpMember(), "Enter", "search", "primary", enabled=bool(phase.entry), busy=asking
    )
    return sheet, _anchor(scene, scene.t("Phone"), phase.entry, primary)


def _anchor(scene: Scene, label: str, number: str, primary: Action) -> Anchor:
    return Anchor((), label, number or "–", "", "", "plain" if number else "zero", primary)


def _pad(scene: Scene) -> Keypad:
    return pin_pad(scene)


def _finding_note(scene: Scene, phase: FindingMember) -> tuple[Block, ...]:
    told = scene.desk.refusal
    if told is not None:
        return (Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"),)
    if phase.cards is None:
        return ()
    away = scene.t("The hub cannot be asked; these are the members that this till knows.")
    if not phase.cards:
        text = scene.t("Nobody is found. Key the whole phone number.")
        if phase.asked_hub == "yes":
            return (Note(text, "warn", "search"),)
        return (Note(text, "warn", "search", detail=away),)
    more = (Note(scene.t("There are more. Key the whole phone number."), "info", "info"),)
    if phase.asked_hub == "no_answer" or not _online(scene):
        return (Note(away, "quiet", "cloud-off"), *(more if phase.more else ()))
    return more if phase.more else ()


def _online(scene: Scene) -> bool:
    return scene.desk.link.state == "online"


def _found(scene: Scene, card: MemberCard) -> Choice:
    """A member as a row to tap."""
    parts = [level_of(scene, card)]
    if card.phone_tail:
        parts.append(f"··{card.phone_tail}")
    if card.as_of_ms is not None:
        parts.append(scene.t("{n} points", n=f"{card.points:,}"))
        if not _online(scene):
            parts.append(scene.t("As of {time}", time=as_of(scene, card.as_of_ms)))
    detail = " · ".join(part for part in parts if part)
    return Choice(
        name_of(scene, card), ChooseMember(card.member_id), False, detail,
        icon="" if initial(card.name) else "user", initial=initial(card.name),
    )  # fmt: skip


# --- whose sale it is -----------------------------------------------------------------------------


def showing_sheet(scene: Scene, phase: ShowingMember) -> tuple[Sheet, Anchor]:
    """What is known of the member of the sale; a scanned card is bound by their phone."""
    cart = scene.desk.cart
    shown = cart.rights.member if cart is not None else None
    told = scene.desk.refusal
    top: tuple[Block, ...] = ()
    if told is not None:
        top = (Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"),)
    elif phase.card_no:
        words = scene.t("Card {tail} becomes the member's. Key their phone number.", tail=tail(phase.card_no))
        top = (Note(words, "info", "id-card"),)
    left: list[Block] = [] if shown is None else [_who(scene, shown), Facts(_facts(scene, shown))]
    left += [Spring(), Actions((Action(scene.t("Remove the member"), RemoveMember(), "", "x"),))]
    right: tuple[Block, ...] = ()
    if phase.card_no:
        clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
        right = (Field(scene.t("Phone"), phase.entry, None, clear, told is not None), _pad(scene))
    sheet = Sheet(
        title=scene.t("Member"), icon="user", top=top, left=tuple(left), right=right, hint_title="",
        hint="" if phase.card_no else scene.t("Scan a new card to bind it to this member."),
        second=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )  # fmt: skip
    if phase.card_no:
        primary = Action(
            scene.t("Bind the card"), LookUpMember(), "Enter", "check", "primary",
            enabled=bool(phase.entry), busy=bool(phase.join_id),
        )  # fmt: skip
        return sheet, _anchor(scene, scene.t("Phone"), phase.entry, primary)
    points = f"{shown.card.points:,}" if shown is not None and shown.card.as_of_ms is not None else ""
    primary = Action(scene.t("Go on"), Back(), "Enter", "check", "primary")
    return sheet, _anchor(scene, scene.t("Points"), points, primary)


def _who(scene: Scene, shown: ShownMember) -> Block:
    return Heading(name_of(scene, shown.card), level_of(scene, shown.card))


def _facts(scene: Scene, shown: ShownMember) -> tuple[Fact, ...]:
    card = shown.card
    rows = []
    if card.phone_tail:
        rows.append(Fact(scene.t("Phone ends {tail}", tail=card.phone_tail), "id-card", "plain"))
    may_spend = shown.proof in scene.desk.programme.spending
    proof = {
        "code": scene.t("Shown by the member code"),
        "card": scene.t("Shown by the card"),
        "typed": scene.t("Keyed: earns points, but spends none") if not may_spend else scene.t("Keyed"),
    }[shown.proof]
    rows.append(Fact(proof, "shield-check" if may_spend else "info", "done" if may_spend else "plain"))
    if card.as_of_ms is None:
        rows.append(Fact(_detail(scene, card), "cloud-off", "quiet"))
        return tuple(rows)
    bound = scene.t("App or card linked") if card.is_linked else scene.t("Not linked: scan a card to bind it")
    rows.append(Fact(bound, "link" if card.is_linked else "unlink", "plain"))
    rows.append(Fact(scene.t("{n} points", n=f"{card.points:,}"), "coins", "member"))
    if card.pending:
        rows.append(Fact(scene.t("{n} points to come", n=f"{card.pending:,}"), "clock", "plain"))
    many = str(len(card.coupons))
    rows.append(
        Fact(scene.t("{n} coupons", n=many) if many != "1" else scene.t("1 coupon"), "ticket", "member")
    )
    rows.append(Fact(scene.t("As of {time}", time=as_of(scene, card.as_of_ms)), "history", "quiet"))
    return tuple(rows)


# --- joining --------------------------------------------------------------------------------------


def joining_sheet(scene: Scene, phase: JoiningMember) -> tuple[Sheet, Anchor]:
    """The number, the texts to agree to, one press."""
    told = scene.desk.refusal
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    left: list[Block] = []
    consents = tuple(_consent(scene, phase, *each) for each in scene.desk.programme.consents)
    if consents:
        left.append(Choices(consents, "people", scene.t("They agree to")))
    if phase.name:
        left.append(_fact(scene.t("Name: {name}", name=phase.name), "user"))
    if phase.card_no:
        left.append(_fact(scene.t("Card {tail}", tail=tail(phase.card_no)), "id-card"))
    sheet = Sheet(
        title=scene.t("Join"), icon="user-plus", top=_joining_note(scene, phase), left=(*left, Spring()),
        right=(Field(scene.t("Phone"), phase.phone, None, clear, told is not None), _pad(scene)),
        hint_title="", hint=scene.t("A name can be typed after F2, a new card scanned; neither is needed."),
        second=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )  # fmt: skip
    primary = Action(
        scene.t("Join"), ConfirmJoin(), "Enter", "user-plus", "primary",
        enabled=bool(phase.phone), busy=bool(phase.join_id),
    )  # fmt: skip
    return sheet, _anchor(scene, scene.t("Phone"), phase.phone, primary)


def _fact(text: str, icon: str) -> Facts:
    return Facts((Fact(text, icon, "plain"),))


def _consent(scene: Scene, phase: JoiningMember, purpose: str, version: str, texts: Words) -> Choice:
    """A text to agree to, whole, under what it is for."""
    words = {"terms": scene.t("Terms, needed"), "marketing": scene.t("News, optional")}
    agreed = purpose in phase.agreed
    return Choice(
        words.get(purpose, purpose), ToggleConsent(purpose), agreed, scene.word(texts),
        icon="check" if agreed else "file-check",
    )  # fmt: skip


def _joining_note(scene: Scene, phase: JoiningMember) -> tuple[Block, ...]:
    told = scene.desk.refusal
    if told is not None:
        return (Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"),)
    if phase.asked_hub == "yes":
        return (Note(scene.t("Nobody has this number. They can join now."), "info", "user-plus"),)
    text = scene.t("Nobody at this till has this number. They can join now.")
    more = scene.t("If they are a member already, the hub puts the two together.")
    return (Note(text, "info", "user-plus", detail=more),)
