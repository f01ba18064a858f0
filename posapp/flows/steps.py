"""The shape of a rule and the few moves that all rules share: telling, refusing, recording scans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any

from posapp.domain.cart import with_scan
from posapp.domain.codes import clean
from posapp.domain.codes.own import is_operator_code, without_seal
from posapp.domain.facts import ScanRecord, ScanRefused
from posapp.domain.members.gift_numbers import is_gift_code
from posapp.domain.members.member_codes import card_number
from posapp.domain.shop import Operator, Shop
from posapp.domain.transactions import SaleContext
from posapp.flows.effects import Beep, Effect, Record
from posapp.flows.formatting import Speech
from posapp.flows.meant import Stop, WaitingScan
from posapp.flows.ports import (
    CatalogReader,
    Clock,
    CodeReaders,
    Ids,
    MemberReader,
    NoMembers,
    Pricing,
    SoldReader,
)
from posapp.flows.price_engine import EnginePricing
from posapp.flows.refusals import Refusal
from posapp.flows.state import Desk, Locked, Phase, ShowingStatus, TerminalState, Told, TryingScanner
from posapp.values import dataclass

#: What stands on record for a badge or an operator's code: its text would let anybody print another one.
BADGE = "badge"
#: The same of a gift card's code, with which anybody could pay.
GIFT_CODE = "gift card"

#: Characters of a refused code that are kept: enough for any GS1 code, too few to flood the journal.
SCAN_TEXT_MAX = 160


@dataclass(frozen=True, slots=True)
class Ports:
    """What rules may read and mint."""

    clock: Clock
    ids: Ids
    catalogue: CatalogReader
    speech: Callable[[str], Speech]
    codes: CodeReaders
    sold: SoldReader
    pricing: Pricing = field(default_factory=EnginePricing)
    members: MemberReader = field(default_factory=NoMembers)
    #: Whether a gift card was taken under a lease here before: (lease id, card id).
    gift_used: Callable[[str, str], bool] = lambda _lease_id, _card_id: False
    #: Whether a sale of this till that the hub has not heard of used a coupon.
    coupon_used: Callable[[str], bool] = lambda _coupon_id: False


@dataclass(frozen=True, slots=True)
class Step:
    """Where a rule leads: the next desk and phase, and what the world must do."""

    desk: Desk
    phase: Phase
    effects: tuple[Effect, ...] = ()

    @property
    def state(self) -> TerminalState:
        """The step as a state."""
        return TerminalState(self.desk, self.phase)

    def also(self, *effects: Effect) -> Step:
        """The same step with more effects after its own."""
        return replace(self, effects=(*self.effects, *effects))


#: A rule: desk, phase, intent and ports to the next step. The table pairs it with the two types.
Rule = Callable[[Desk, Any, Any, Ports], Step]
Rules = Mapping[tuple[type, type], Rule]


def tell(desk: Desk, msgid: str, **params: str) -> Desk:
    """Good news on the echo line; it also clears a standing refusal."""
    serial = (desk.told.serial if desk.told else 0) + 1
    return replace(desk, told=Told(msgid, params, True, serial), refusal=None)


def refuse(desk: Desk, phase: Phase, why: Refusal | Stop, **params: str) -> Step:
    """Nothing changes but the sentence that says why; a low note calls for the eyes."""
    serial = (desk.told.serial if desk.told else 0) + 1
    stop = why if isinstance(why, Stop) else Stop(why)
    told = Told(stop.refusal.sentence, params | dict(stop.params), False, serial)
    return Step(replace(desk, told=told, refusal=told), phase, (Beep("refuse"),))


def quiet(desk: Desk) -> Desk:
    """The desk without a standing refusal: the cashier went on."""
    return replace(desk, refusal=None) if desk.refusal is not None else desk


def next_scan(desk: Desk, ports: Ports) -> Desk:
    """Count a scan that reached the till."""
    return replace(desk, scan_no=desk.scan_no + 1, last_scan_ms=ports.clock.now_ms())


def by_badge(desk: Desk, text: str) -> Operator | None:
    """The operator whose badge reads like this, or None."""
    code = clean(text)
    operators = desk.shop.operators if desk.shop is not None else ()
    return next((who for who in operators if who.badge and who.badge == code), None)


def within(phase: Phase, change: Callable[[Phase], Phase]) -> Phase:
    """The phase with a change made to what is going on, also below a lock or the status page."""
    if isinstance(phase, Locked | ShowingStatus | TryingScanner):
        return replace(phase, back=within(phase.back, change))
    return change(phase)


def plain_text(text: str) -> str:
    """A text that can be written down: halves of a character that some keyboards send become "?"."""
    return text.encode("utf-8", "replace").decode()


def refuse_scan(desk: Desk, phase: Phase, code: str, why: Refusal | Stop, ports: Ports) -> Step:
    """Refuse a counted scan and keep it on record, with the open sale where there is one."""
    refusal = why.refusal if isinstance(why, Stop) else why
    if by_badge(desk, code) is not None or is_operator_code(code):
        code = BADGE
    elif is_gift_code(code) or card_number(code, desk.programme.gift_patterns) is not None:
        code = GIFT_CODE
    kept = plain_text(without_seal(code))[:SCAN_TEXT_MAX]
    scan = ScanRecord(desk.scan_no, kept, ports.clock.now_ms(), None, refusal.name)
    step = refuse(desk, phase, why, code=code[:40])
    if desk.cart is not None:
        return replace(step, desk=replace(step.desk, cart=with_scan(desk.cart, scan)))
    operator_id = desk.operator.operator_id if desk.operator else ""
    day = desk.shift.business_date if desk.shift else ""
    return step.also(Record((ScanRefused(scan, operator_id, day),)))


def refuse_waiting(
    desk: Desk, phase: Phase, scans: Iterable[WaitingScan], why: Refusal | Stop, ports: Ports
) -> Step:
    """Refuse scans that were counted earlier and waited for an answer, each under its own number."""
    step, last = refuse(desk, phase, why), desk.scan_no
    for scan in scans:
        counted = replace(step.desk, scan_no=scan.scan_no)
        refused = refuse_scan(counted, phase, scan.code, why, ports)
        records = [effect for effect in refused.effects if isinstance(effect, Record)]
        step = replace(refused, desk=replace(refused.desk, scan_no=last), effects=(*step.effects, *records))
    return step


def shop_of(desk: Desk) -> Shop:
    """The shop; phases that need it are only reached with one."""
    assert desk.shop is not None, "this phase is only reached with a shop"
    return desk.shop


def operator_of(desk: Desk) -> Operator:
    """The operator; phases that need one are only reached signed on."""
    assert desk.operator is not None, "this phase is only reached signed on"
    return desk.operator


def sale_context(desk: Desk, ports: Ports) -> SaleContext:
    """Where, when and by whom: from the desk."""
    assert desk.shift is not None, "goods are only sold in a shift"
    return SaleContext(
        shop=shop_of(desk),
        terminal_id=desk.terminal_id,
        shift_id=desk.shift.shift_id,
        business_date=desk.shift.business_date,
        operator=operator_of(desk),
        language=desk.language,
        now_ms=ports.clock.now_ms(),
    )
