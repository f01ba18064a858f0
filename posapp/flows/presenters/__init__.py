"""From state to view: the whole window in one language, words and amounts written out.

One function per kind of screen stands in its own file; here is the frame around them and the choice
between them. Presenters read the state and the catalogue's names for quick keys; they change nothing.
"""

from __future__ import annotations

from posapp.flows.blocks import Action, Block, Note
from posapp.flows.gift_cards import gift_way
from posapp.flows.gift_phases import HoldingGift, ShowingGiftCard
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    ChooseTender,
    GoTo,
    Intent,
    Lock,
    MoveMark,
    StartCount,
    SwitchLanguage,
    VoidLine,
    WhyPrice,
)  # fmt: skip
from posapp.flows.mains import MessageMain
from posapp.flows.member_phases import FindingMember, JoiningMember, ShowingMember
from posapp.flows.member_wishes import OpenCoupons, OpenMember
from posapp.flows.presenters import (
    approval,
    camera,
    coupons,
    gift_cards,
    members,
    prices,
    returns,
    rights,
    sale,
    scanner_test,
    shift,
    sign_on,
    status,
    tender,
)
from posapp.flows.presenters.kept import Kept
from posapp.flows.presenters.words import Scene
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.rights_phases import HoldingRights, ShowingCoupons
from posapp.flows.state import (
    AwaitingOverride,
    Choosing,
    CommitStuck,
    Committing,
    Counting,
    Done,
    Locked,
    Phase,
    Recovering,
    Reporting,
    Selling,
    SettingUp,
    ShiftClosed,
    ShowingPrice,
    ShowingStatus,
    SignedOff,
    Tendering,
    TerminalState,
    TryingScanner,
    Weighing,
)  # fmt: skip
from posapp.flows.steps import Ports
from posapp.flows.views import Anchor, Echo, Main, RailItem, Sheet, SyncChip, TopBar, View

_PLACE_KEYS: tuple[tuple[str, Intent], ...] = (
    ("Alt+1", GoTo("sell")),
    ("Alt+4", GoTo("returns")),
    ("Alt+5", GoTo("shift")),
    ("Alt+7", GoTo("status")),
)
_LINE_KEYS: tuple[tuple[str, Intent], ...] = (
    ("+", ChangeQuantity(1)),
    ("-", ChangeQuantity(-1)),
    ("Del", VoidLine()),
    ("Up", MoveMark(-1)),
    ("Down", MoveMark(1)),
    ("Esc", Back()),
)
_LANGUAGE_NAMES = {"zh_CN": "中文", "en": "English"}
_ENTRY = (
    SignedOff, Locked, ShiftClosed, Weighing, ShowingCoupons, ShowingGiftCard, Tendering, AwaitingOverride,
    Counting, Committing,
)  # fmt: skip


def present(state: TerminalState, ports: Ports, version: str, kept: Kept | None = None) -> View:
    """The whole window for a state; `kept` is the memory of earlier pictures, which saves time."""
    desk, phase = state.desk, state.phase
    scene = Scene(desk, ports.speech(desk.language), ports.clock.now_ms(), version, kept or Kept())
    main, side, sheet, anchor = _regions(scene, phase, ports)
    if desk.camera_on:
        side = (*camera.camera_blocks(scene), *side)
    second = ((sheet.second.key, sheet.second.intent),) if sheet and sheet.second.enabled else ()
    if sheet is not None and sheet.third is not None:
        second = (*second, (sheet.third.key, sheet.third.intent))
    return View(
        language=desk.language,
        state=type(phase).__name__,
        top=_top(scene, phase),
        rail=_rail(scene, phase),
        main=main,
        side=side,
        sheet=sheet,
        anchor=anchor,
        typing="entry" if isinstance(phase, _ENTRY) or members.is_keyed(phase) else "scan",
        clear_scan=desk.clear_scan,
        keys=(*_keys(scene, phase), *second),
    )


_Regions = tuple[Main, tuple[Block, ...], Sheet | None, Anchor]


def _regions(scene: Scene, phase: Phase, ports: Ports) -> _Regions:
    match phase:
        case Recovering():
            wait = MessageMain("store", scene.t("One moment"), scene.t("Reading what this till has stored."))
            return wait, (), None, _empty_anchor(scene)
        case SettingUp():
            return (
                sign_on.waiting_main(scene, status.refusal_of(scene)),
                (),
                None,
                _empty_anchor(scene),
            )
        case SignedOff() | Locked():
            return (
                sign_on.sign_on_main(scene, phase), sign_on.sign_on_side(scene, phase), None,
                sign_on.sign_on_anchor(scene, phase),
            )  # fmt: skip
        case ShiftClosed():
            return (
                shift.opening_main(scene), shift.opening_side(scene, phase), None,
                shift.opening_anchor(scene, phase),
            )  # fmt: skip
        case Selling():
            return sale.goods_main(scene, ports), sale.sale_side(scene), None, sale.sale_anchor(scene)
        case ShowingPrice():
            locked = scene.t("Tap another line to see its price.")
            main = sale.cart_main(scene, locked=locked, tapping=True)
            return main, (), prices.why_sheet(scene, ports), sale.sale_anchor(scene)
        case Done():
            if scene.desk.found is not None and scene.desk.found.items is not None:
                side = tender.done_side(scene, phase)
                return sale.goods_main(scene, ports), side, None, tender.done_anchor(scene, phase)
            return (
                tender.done_main(scene, phase), tender.done_side(scene, phase), None,
                tender.done_anchor(scene, phase),
            )  # fmt: skip
        case Choosing():
            return sale.choice_main(scene, phase), sale.sale_side(scene), None, sale.choice_anchor(scene)
        case Returning() | Returned():
            return _returns(scene, phase)
        case Counting():
            return (
                shift.count_main(scene, phase), shift.count_side(scene, phase), None,
                shift.count_anchor(scene, phase),
            )  # fmt: skip
        case Reporting():
            return (
                shift.report_main(scene, phase), shift.report_side(scene, phase), None,
                shift.report_anchor(scene, phase),
            )  # fmt: skip
        case ShowingStatus():
            return status.status_main(scene), status.status_side(scene), None, status.status_anchor(scene)
        case TryingScanner():
            return (
                scanner_test.scanner_main(scene, phase), (), scanner_test.scanner_sheet(scene, phase),
                scanner_test.scanner_anchor(scene, phase),
            )  # fmt: skip
        case _:
            return _with_sheet(scene, phase, ports)


def _returns(scene: Scene, phase: Returning | Returned) -> _Regions:
    if isinstance(phase, Returning):
        goods = returns.returns_main(scene, phase)
        return goods, returns.returns_side(scene, phase), None, returns.returns_anchor(scene, phase)
    done = returns.returned_main(scene, phase)
    return done, returns.returned_side(scene, phase), None, returns.returned_anchor(scene, phase)


def _with_sheet(scene: Scene, phase: Phase, ports: Ports) -> _Regions:
    match phase:
        case Weighing():
            sheet, anchor = sale.weigh_sheet(scene, phase)
            locked = scene.t("Key the weight first. Press Esc to leave it out.")
            return sale.cart_main(scene, locked=locked), sale.sale_side(scene), sheet, anchor
        case ShowingGiftCard():
            sheet = gift_cards.gift_sheet(scene, phase)
            return sale.cart_main(scene, locked=""), (), sheet, gift_cards.gift_anchor(scene, phase)
        case HoldingGift():
            locked = scene.t("Payment is open; the goods are locked.")
            sheet = gift_cards.holding_gift_sheet(scene, phase)
            anchor = gift_cards.holding_gift_anchor(scene, phase)
            return sale.cart_main(scene, locked=locked), (), sheet, anchor
        case ShowingCoupons():
            sheet = coupons.coupons_sheet(scene, phase)
            main = sale.beside_sheet(scene, ports, scene.t("Scan goods or coupons; the sheet gives way."))
            return main, (), sheet, coupons.coupons_anchor(scene, phase)
        case HoldingRights():
            locked = scene.t("Payment is about to open; the goods are locked.")
            sheet = rights.holding_sheet(scene, phase)
            return sale.cart_main(scene, locked=locked), (), sheet, rights.holding_anchor(scene, phase)
        case FindingMember() | ShowingMember() | JoiningMember():
            sheet, anchor = members.member_sheet(scene, phase)
            return sale.beside_sheet(scene, ports, members.locked_words(scene, phase)), (), sheet, anchor
        case Tendering():
            locked = scene.t("Payment is open; the goods are locked. Press Esc to change them.")
            goods = sale.cart_main(scene, locked=locked)
            return goods, (), tender.tender_sheet(scene, phase), tender.tender_anchor(scene, phase)
        case AwaitingOverride():
            under = _regions(scene, phase.back, ports)
            locked = scene.t("Waiting for a manager; nothing is changed until then.")
            selling = isinstance(phase.back, Selling)
            main = sale.cart_main(scene, locked=locked) if selling else under[0]
            if isinstance(phase.back, Returning):
                locked = scene.t("Waiting for a manager; the return is locked.")
                main = returns.returns_main(scene, phase.back, locked=locked)
            sheet = approval.approval_sheet(scene, phase)
            return main, under[1], sheet, approval.approval_anchor(scene, phase)
        case Committing():
            return _storing(scene, phase, ports)
        case CommitStuck():
            return _stuck(scene, phase, ports)
        case _:
            raise AssertionError(f"no picture for {phase!r}")


def _storing(scene: Scene, phase: Committing, ports: Ports) -> _Regions:
    """The commit takes a few milliseconds: everything stands still but the busy button."""
    if isinstance(phase.back, Tendering):
        words = tender.storing_words(scene, phase)
        sheet = tender.tender_sheet(scene, phase.back, storing=words)
        main = sale.cart_main(scene, locked=words)
        return main, (), sheet, tender.tender_anchor(scene, phase.back, storing=True)
    main_, side, sheet_, anchor = _regions(scene, phase.back, ports)
    return main_, side, sheet_, anchor


def _stuck(scene: Scene, phase: CommitStuck, ports: Ports) -> _Regions:
    under = phase.committing.back
    anchor = tender.stuck_anchor(scene, phase)
    if isinstance(under, Tendering):
        sheet = tender.tender_sheet(scene, under, trouble=phase.trouble)
        main: Main = sale.cart_main(scene, locked=scene.t("Storing the sale."))
        return main, (), sheet, anchor
    note = Note(tender.stuck_words(scene, phase), "danger", "hard-drive", big=True)
    words = scene.t("Nothing is lost: it is tried again by itself.")
    if phase.trouble == "integrity":
        words = scene.t("Nothing is lost. Press Esc to go back.")
    return MessageMain("hard-drive", scene.t("Not stored yet"), words, note), (), None, anchor


def _empty_anchor(scene: Scene) -> Anchor:
    primary = Action(scene.t("One moment"), Back(), "", "", "primary", enabled=False)
    return Anchor((), "", "", "", "", "zero", primary)


def _top(scene: Scene, phase: Phase) -> TopBar:
    desk = scene.desk
    told = desk.told
    echo = Echo(scene.t(told.msgid, **told.params), told.good, told.serial, told.warns) if told else None
    has_shop = desk.shop is not None
    signed_off = isinstance(phase, SignedOff | Locked | SettingUp | Recovering)
    operator = None
    if not signed_off and desk.operator is not None:
        lock = scene.t("Lock the terminal")
        operator = Action(desk.operator.name, Lock(), "Ctrl+L", "user", name=f"{desk.operator.name}: {lock}")
    return TopBar(
        scan_hint=_hint(scene, phase),
        scan_name=scene.t("Scan field"),
        scan_enabled=not isinstance(phase, Committing | Recovering | SettingUp),
        echo=echo,
        chip=_chip(scene, pressable=not signed_off),
        clock=scene.clock(scene.now_ms) if has_shop and not isinstance(phase, SignedOff | Locked) else "",
        operator=operator,
        language=_language(scene),
        camera=camera.camera_action(scene, closed=signed_off),
    )


def _hint(scene: Scene, phase: Phase) -> str:
    if isinstance(phase, SignedOff | Locked):
        return scene.t("Scan your badge, then enter your PIN")
    if isinstance(phase, AwaitingOverride):
        return scene.t("Manager, scan badge")
    if isinstance(phase, Returning):
        return scene.t("Scan the receipt or an item")
    if isinstance(phase, Tendering | HoldingGift) and gift_way(scene.desk) is not None:
        return scene.t("Scan a gift card or a member code")
    if members.is_keyed(phase):
        return scene.t("Scan a code or card, or type a name")
    if scene.desk.programme.is_on:
        return scene.t("Scan anything: item, member, coupon, badge")
    return scene.t("Scan or type a code, or a name")


def _language(scene: Scene) -> Action | None:
    languages = scene.desk.shop.languages if scene.desk.shop else tuple(_LANGUAGE_NAMES)
    if len(languages) < 2:
        return None
    at = languages.index(scene.desk.language) if scene.desk.language in languages else -1
    other = languages[(at + 1) % len(languages)]
    return Action(_LANGUAGE_NAMES.get(other, other), SwitchLanguage(other), "", "languages")


def _chip(scene: Scene, *, pressable: bool) -> SyncChip:
    link = scene.desk.link
    intent: Intent | None = GoTo("status") if pressable else None
    count = f"{link.to_send:,}"
    if link.state in ("offline", "none"):
        text = scene.t("Offline · {n} to send", n=count) if link.to_send else scene.t("Offline")
        return SyncChip(text, "cloud-off", True, intent)
    if link.state == "refused":
        text = scene.t("Hub refuses · {n} to send", n=count)
        return SyncChip(text, "triangle-alert", True, intent)
    if link.to_send:
        return SyncChip(scene.t("{n} to send", n=count), "cloud-upload", False, intent)
    return SyncChip(scene.t("Synced"), "cloud-check", False, intent)


def _rail(scene: Scene, phase: Phase) -> tuple[RailItem, ...]:
    if isinstance(phase, SignedOff | Locked | SettingUp | Recovering):
        return ()
    under = phase.back if isinstance(phase, AwaitingOverride | Committing) else phase
    at_shift = isinstance(under, Counting | Reporting | ShiftClosed)
    at_status = isinstance(under, ShowingStatus | TryingScanner)
    back = isinstance(under, Returning | Returned)
    here = "shift" if at_shift else "status" if at_status else "returns" if back else "sell"
    count = len(status.needs(scene))
    on = (scene.speech, here, count)
    return scene.kept.part("rail", on, lambda: _places(scene, here, count))


def _places(scene: Scene, here: str, count: int) -> tuple[RailItem, ...]:
    at_shift, at_status = here == "shift", here == "status"
    return (
        RailItem(scene.t("Sell"), "scan-barcode", GoTo("sell"), "Alt+1", here == "sell"),
        RailItem(scene.t("Returns"), "undo-2", GoTo("returns"), "Alt+4", here == "returns"),
        RailItem(scene.t("Shift"), "wallet", GoTo("shift"), "Alt+5", at_shift),
        RailItem(
            scene.t("Status"),
            "activity",
            GoTo("status"),
            "Alt+7",
            at_status,
            str(count) if count else "",
            bool(count),
        ),
    )


def _keys(scene: Scene, phase: Phase) -> tuple[tuple[str, Intent], ...]:
    """Keys that have no button of their own on the screen."""
    keys: list[tuple[str, Intent]] = [*_PLACE_KEYS]
    if isinstance(phase, Selling):
        keys += _LINE_KEYS
        keys.append(("F8", WhyPrice()))
    elif isinstance(phase, ShowingCoupons):
        keys.append(("F4", OpenCoupons()))
    elif isinstance(phase, ShowingPrice):
        keys += [("F8", WhyPrice()), ("Up", MoveMark(-1)), ("Down", MoveMark(1))]
    elif isinstance(phase, FindingMember | ShowingMember):
        keys.append(("F3", OpenMember()))
    elif isinstance(phase, Returning):
        keys += [*_LINE_KEYS[:2], *_LINE_KEYS[3:]]
    elif isinstance(phase, Done | Returned | CommitStuck | Choosing):
        keys.append(("Esc", Back()))
    elif isinstance(phase, Tendering):
        keys += [(f"Ctrl+{n}", ChooseTender(way.tender_id)) for n, way in enumerate(scene.shop.tenders, 1)]
    elif isinstance(phase, Counting | Reporting | ShowingStatus):
        keys.append(("Esc", Back()))
    if not isinstance(phase, SignedOff | Locked | SettingUp | Recovering):
        keys.append(("Ctrl+L", Lock()))
    if isinstance(phase, Selling | ShowingPrice | Done) and scene.desk.programme.is_on:
        keys.append(("F3", OpenMember()))
    if isinstance(phase, Selling | ShowingPrice):
        keys.append(("F4", OpenCoupons()))
    if isinstance(phase, Reporting) and phase.kind == "X":
        keys.append(("F6", StartCount()))
    return tuple(keys)
