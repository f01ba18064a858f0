"""The scripted day of the demo: open, sell seven lines, park, void with approval, count, close."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import Qt

from posapp.commands.agreement import unsent
from posapp.commands.cashier import Cashier, Script
from posapp.domain.scanner_probes import PROBES
from posapp.domain.shifts import local_time
from posapp.flows.intents import SwitchLanguage
from posapp.flows.state import Counting, Done
from posapp.flows.steps import shop_of

BADGE, PIN = "HJ-1001", "1357"
MANAGER, MANAGER_PIN = "1009", "8642"
#: Five items, the last one twice: with apples by weight and a bag by name, seven lines.
SCANS = ("6900170000012", "6900170000043", "6900170000135", "6900170000098")
#: Bread whose code says how long it is good: till tomorrow, so that it costs less.
SHORT_DATED = "]d2010690017000015917{day:%y%m%d}"
UNKNOWN = "4006381333931"
PAST_ITS_BEST = "]d2010690017000035715200101"
EXPIRED = "]d2010690017000017317200101"
CALLED_BACK = "]d2010690017000017310A2612"
CALLED_BACK_BY_THE_CHAIN = "]d2010690017000040110SP7-3"
COUPON = "WELCOME10"
PRODUCE, WEIGHT = "4001", "1.286"


def day(cashier: Cashier, language: str, between: Script | None = None) -> Script:
    """One shift from sign-on to sign-off, with a picture of every screen; `between` comes before its end."""
    yield from _sign_on(cashier, language)
    yield from _sell(cashier)
    yield from _pay(cashier)
    yield from _void(cashier)
    if between is not None:
        yield from between
    yield from _status(cashier)
    yield from _close(cashier)


def _words(cashier: Cashier, msgid: str) -> str:
    desk = cashier.till.terminal.state.desk
    return cashier.till.speech(desk.language).t(msgid)


def _sign_on(cashier: Cashier, language: str) -> Script:
    yield cashier.state("SignedOff")
    yield cashier.until("goods", lambda: cashier.till.terminal.state.desk.catalogue.items > 0)
    yield cashier.until("offers", lambda: len(cashier.till.terminal.state.desk.promotions.index) > 0)
    yield cashier.until("rules", lambda: cashier.till.terminal.state.desk.markdowns.rules.count > 0)
    if cashier.view.language != language:
        # The switch on the screen goes through all languages of the shop; this names the one wanted.
        cashier.till.handle(SwitchLanguage(language))
    cashier.burst(BADGE)
    yield cashier.until(
        "the badge", lambda: getattr(cashier.till.terminal.state.phase, "chosen", None) == "1001"
    )
    for digit in PIN[:-1]:
        cashier.click(digit)
    yield cashier.until("three dots", lambda: cashier.view.anchor.dots == (3, 4))
    cashier.shot("01-sign-on")
    cashier.click(PIN[-1])
    yield cashier.until("four dots", lambda: cashier.view.anchor.dots == (4, 4))
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("ShiftClosed")
    cashier.shot("02-open-shift")
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("Selling")
    cashier.shot("03-checkout-empty")


def _sell(cashier: Cashier) -> Script:
    tomorrow = _today(cashier) + timedelta(days=1)
    for count, code in enumerate((*SCANS[:3], SHORT_DATED.format(day=tomorrow), SCANS[3]), 1):
        cashier.burst(code)
        yield cashier.lines(count)
    cashier.burst(SCANS[-1])
    yield cashier.until("a second piece", lambda: _last_pieces(cashier) == 2)
    yield from _weighed(cashier)
    cashier.burst(UNKNOWN)
    yield cashier.until("the refusal", lambda: cashier.till.terminal.state.desk.refusal is not None)
    cashier.shot("04-unknown-code")
    cashier.press(Qt.Key.Key_F2)
    for letter in "bag":
        cashier.press(Qt.Key(ord(letter.upper())))
    yield cashier.until("something found", lambda: type(cashier.view.main).__name__ == "SearchMain")
    cashier.shot("05-search")
    cashier.press(Qt.Key.Key_Return)
    yield cashier.lines(7)
    yield from _offers(cashier)
    cashier.shot("06-checkout-busy")


def _offers(cashier: Cashier) -> Script:
    """A coupon that is typed in, the hint that comes by itself, and why a line costs what it costs."""
    for sign in COUPON:
        cashier.press(Qt.Key(ord(sign)))
    cashier.press(Qt.Key.Key_Return)
    yield cashier.until("the coupon", lambda: bool(_cart_codes(cashier)))
    yield cashier.until("the next step", lambda: _is_explained(cashier))
    cashier.press(Qt.Key.Key_Up)
    cashier.press(Qt.Key.Key_Up)
    cashier.press(Qt.Key.Key_F8)
    yield cashier.state("ShowingPrice")
    yield cashier.until("what was lost", lambda: _is_explained(cashier))
    cashier.shot("06-why-price")
    cashier.press(Qt.Key.Key_Escape)
    yield cashier.state("Selling")


def _cart_codes(cashier: Cashier) -> tuple[str, ...]:
    cart = cashier.till.terminal.state.desk.cart
    return cart.codes if cart else ()


def _is_explained(cashier: Cashier) -> bool:
    desk = cashier.till.terminal.state.desk
    return desk.explained is not None and desk.explained.prices is desk.prices


def _today(cashier: Cashier) -> date:
    till = cashier.till
    return local_time(till.clock.now_ms(), shop_of(till.terminal.state.desk)).date()


def _last_pieces(cashier: Cashier) -> int:
    cart = cashier.till.terminal.state.desk.cart
    return cart.lines[-1].quantity.value if cart and cart.lines else 0


def _weighed(cashier: Cashier) -> Script:
    """Weighed goods: by their produce number, then the weight."""
    for digit in PRODUCE:
        cashier.press(Qt.Key(ord(digit)))
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("Weighing")
    for sign in WEIGHT:
        cashier.press(Qt.Key.Key_Period if sign == "." else Qt.Key(ord(sign)))
    yield cashier.until("the weight", lambda: cashier.view.anchor.figure == WEIGHT)
    cashier.shot("07-weigh")
    cashier.press(Qt.Key.Key_Return)
    yield cashier.lines(6)


def _pay(cashier: Cashier) -> Script:
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("Tendering")
    for digit in "500":
        cashier.click(digit)
    yield cashier.until(
        "the amount", lambda: getattr(cashier.till.terminal.state.phase, "entry", "") == "500"
    )
    cashier.shot("08-tender")
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("Done")

    def printed() -> bool:
        phase = cashier.till.terminal.state.phase
        return isinstance(phase, Done) and phase.printed

    yield cashier.until("the receipt", printed)
    yield cashier.until("an empty queue", lambda: cashier.till.terminal.state.desk.link.to_send == 0)
    cashier.shot("09-done")


def _void(cashier: Cashier) -> Script:
    cashier.burst(SCANS[0])  # a scan starts the next sale by itself
    yield cashier.lines(1)
    cashier.press(Qt.Key.Key_F6)
    yield cashier.until("a parked sale", lambda: len(cashier.till.terminal.state.desk.parked) == 1)
    cashier.shot("10-suspended")
    cashier.click(_words(cashier, "Resume"))
    yield cashier.lines(1)
    yield from _packs(cashier)
    cashier.click(_words(cashier, "Void sale"))
    yield cashier.state("AwaitingOverride")
    manager = shop_of(cashier.till.terminal.state.desk).operator(MANAGER)
    cashier.click(manager.name if manager else "")
    cashier.click(_words(cashier, "Wrong items"))
    for digit in MANAGER_PIN:
        cashier.click(digit)
    yield cashier.until("the approval", lambda: cashier.view.anchor.primary.enabled)
    cashier.shot("11-approval")
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("Selling")
    yield cashier.lines(0)


def _packs(cashier: Cashier) -> Script:
    """Packs that say more than their number: one past its best, one expired, two called back."""
    cashier.burst(PAST_ITS_BEST)
    yield cashier.lines(2)
    for code in (EXPIRED, CALLED_BACK_BY_THE_CHAIN, CALLED_BACK):
        before = cashier.till.terminal.state.desk.scan_no
        cashier.burst(code)
        yield cashier.until("the refusal", lambda n=before: _refused_since(cashier, n))  # type: ignore[misc]
    cashier.shot("10-packs")


def _refused_since(cashier: Cashier, scan_no: int) -> bool:
    desk = cashier.till.terminal.state.desk
    return desk.scan_no > scan_no and desk.refusal is not None


def _scanner_test(cashier: Cashier) -> Script:
    """The first test code comes back as it should."""
    cashier.press(Qt.Key.Key_F6)
    yield cashier.state("TryingScanner")
    cashier.shot("12-scanner-test")
    cashier.burst(PROBES[0].text)
    yield cashier.until("the next code", lambda: getattr(cashier.till.terminal.state.phase, "at", 0) == 1)
    cashier.press(Qt.Key.Key_Escape)
    yield cashier.state("ShowingStatus")


def _status(cashier: Cashier) -> Script:
    cashier.press(Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    yield cashier.state("ShowingStatus")
    yield cashier.until(
        "the disk", lambda: cashier.till.terminal.state.desk.devices.disk_free_bytes is not None
    )
    yield cashier.until("an empty queue", lambda: cashier.till.terminal.state.desk.link.to_send == 0)
    cashier.shot("12-status")
    yield from _scanner_test(cashier)
    cashier.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    yield cashier.state("Selling")


def _close(cashier: Cashier) -> Script:
    cashier.press(Qt.Key.Key_5, Qt.KeyboardModifier.AltModifier)
    yield cashier.state("Reporting")
    cashier.shot("13-x-summary")
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("Counting")
    desk = cashier.till.terminal.state.desk
    rest = desk.shift.expected_cash_minor if desk.shift else 0
    notes = shop_of(desk).cash.denominations_minor
    for place, note in enumerate(notes):
        pieces, rest = divmod(rest, note)
        for digit in str(pieces or ""):
            cashier.press(Qt.Key(ord(digit)))
        yield cashier.until("the count", lambda n=note, p=pieces: _counted(cashier, n) == p)  # type: ignore[misc]
        if place + 1 < len(notes):
            cashier.click(_words(cashier, "Next"))
            yield cashier.until("the next one", lambda n=place: _index(cashier) == n + 1)  # type: ignore[misc]
    cashier.shot("14-count")
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("Reporting")
    yield cashier.until("the figures", lambda: cashier.view.anchor.primary.enabled)
    cashier.shot("15-z-summary")
    cashier.press(Qt.Key.Key_F12)
    yield cashier.until("the closing", lambda: cashier.till.terminal.state.desk.shift is None)
    yield cashier.until("an empty queue", lambda: cashier.till.terminal.state.desk.link.to_send == 0)
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("SignedOff")
    ledger = cashier.till.settings.ledger
    yield cashier.until("an empty queue", lambda: cashier.till.writer.flush(0) and unsent(ledger) == 0)


def _counted(cashier: Cashier, note: int) -> int:
    phase = cashier.till.terminal.state.phase
    return phase.counts.get(note, 0) if isinstance(phase, Counting) else 0


def _index(cashier: Cashier) -> int:
    return int(getattr(cashier.till.terminal.state.phase, "index", -1))
