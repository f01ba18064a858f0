"""`posapp bench member`: from the last key of a member's code to the end of the paint of the new prices.

Two tills with the same goods, promotions and members take turns: one scans a member's code with the goods in
the cart, the other the last of as many goods. Each code is a fresh one of another member, signed as the hub
signs them. What is compared is the part that is not painting.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any, Final

import msgspec
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent

from posapp.commands.bench_offers import offers_of
from posapp.commands.bench_shop import catalogue
from posapp.commands.bench_till import SIZE, OpenTill, offscreen
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.members.masks import lookup_ref
from posapp.domain.members.member_codes import make_member_code, member_step
from posapp.domain.members.programme import CodeRules, Level, Programme
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.promotion import Who
from posapp.flows.member_answers import ProgrammeSent
from posapp.store.catalog_place import CatalogPlace
from posapp.store.members import MemberSearch
from posapp.store.members_file import MEMBERS_NAME, MembersFile
from posapp.ui.app import create_application
from posapp.ui.keystrokes import ENTER, scan
from sync.protocol import signing
from sync.protocol.loyalty import CouponBody, MemberBody
from sync.protocol.messages import Change
from sync.protocol.versions import FEED_PAGE_MAX

LINES: Final = 30
LOOKUPS: Final = 2_000
#: One promotion in so many is for members only.
FOR_MEMBERS: Final = 20
_LOOKUP_KEY: Final = "5a" * 32
_RATIO_MOST: Final = 2.0
_LOOKUP_MOST_MS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured and where."""

    rounds: int
    scans: int
    codes: int
    members: int
    promotions: int
    seed: int
    folder: Path | None


@dataclass(slots=True)
class Samples:
    """Nanoseconds of one kind of scan."""

    outside: list[int] = field(default_factory=list)
    paint: list[int] = field(default_factory=list)


class Signed:
    """Codes as the hub makes them, and the programme that lets a till know them."""

    def __init__(self, seed: int) -> None:
        self._private = bytes(Random(seed).randrange(256) for _ in range(32))
        public = signing.public_key_of(self._private)
        self._key_id = signing.key_id_of(public)
        self.programme = Programme(
            is_on=True,
            levels=(Level("gold", {"en": "Gold", "zh_CN": "金卡"}),),
            codes=CodeRules(public_keys={self._key_id: public.hex()}),
            lookup_key=_LOOKUP_KEY,
        )

    def code(self, member_id: str, now_ms: int) -> str:
        """A member's code of this moment."""
        step = member_step(now_ms, self.programme.codes.step_s)
        return make_member_code(
            member_id, step, key_id=self._key_id, sign=lambda message: signing.sign(self._private, message)
        )


class Side:
    """One of the two tills and what was measured on it."""

    def __init__(
        self, folder: Path, goods: Path, codes: list[str], shop: tuple[PromotionIndex, Signed]
    ) -> None:
        offers, signed = shop
        self.open_till = OpenTill(folder, goods, codes, offers, told=(ProgrammeSent(signed.programme),))
        self.samples = Samples()

    def scan(self, code: str, holds: Callable[[], bool]) -> None:
        """Deliver one burst and time it from its last key on; the cart is put back afterwards."""
        window = self.open_till.till.window
        scan(window, code, end=False)
        press = QKeyEvent(QEvent.Type.KeyPress, ENTER, Qt.KeyboardModifier.NoModifier, "\r")
        release = QKeyEvent(QEvent.Type.KeyRelease, ENTER, Qt.KeyboardModifier.NoModifier, "\r")
        handle = window.windowHandle()
        begun = perf_counter_ns()
        QCoreApplication.sendEvent(handle, press)
        QCoreApplication.sendEvent(handle, release)
        told = perf_counter_ns()
        done, _count = self.open_till.painted.wait()
        if not holds():
            raise RuntimeError(f"the scan of {code} did not do its work: {self.open_till.till.window.view()}")
        self.samples.outside.append(told - begun)
        self.samples.paint.append(done - told)
        self.open_till.put_back()

    def member_id(self) -> str:
        """Whose sale it is."""
        cart = self.open_till.till.terminal.state.desk.cart
        return "" if cart is None else cart.rights.member_id


def bench_member(plan: Plan) -> Result:
    """Measure scans of members' codes beside scans of goods."""
    offscreen()
    application = create_application(sys.argv[:1])
    goods = catalogue(plan.codes, plan.seed, None)
    offers = offers_of(goods, plan.promotions, LINES + plan.rounds * plan.scans + 3, plan.seed)
    shop = (_partly_for_members(offers.index), Signed(plan.seed))
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=plan.folder)
        folder = Path(stack.enter_context(temporary))
        sides = []
        for name, lines in (("member", LINES), ("item", LINES - 1)):
            side = Side(folder / name, goods, offers.codes[:lines], shop)
            stack.callback(side.open_till.close)
            sides.append(side)
        by_member, by_item = sides
        applied_s = [_put_members(side.open_till.settings.data, plan.members) for side in sides]
        items, members = iter(offers.codes[LINES:] * 2), _members(plan)
        for number in range(plan.rounds * plan.scans + 3):
            if number == 3:
                by_member.samples, by_item.samples = Samples(), Samples()
            _scan_both(sides, shop[1], next(members), next(items), number)
        lookups = _look_up(by_member.open_till.settings.data, plan)
    del application
    return _result(plan, by_member.samples, by_item.samples, (lookups, applied_s))


def _scan_both(sides: list[Side], signed: Signed, member_id: str, item: str, number: int) -> None:
    """One scan of each kind, turn about who is first."""
    by_member, by_item = sides
    now_ms, _unsure = by_member.open_till.till.membership.reader.hub_now_ms()
    code = signed.code(member_id, now_ms)
    acts = [
        lambda: by_member.scan(code, lambda: by_member.member_id() == member_id),
        lambda: by_item.scan(item, lambda: by_item.open_till.line_count() == LINES),
    ]
    for act in acts if number % 2 else reversed(acts):
        act()


def _partly_for_members(index: PromotionIndex) -> PromotionIndex:
    """The same promotions, some of them for members only: their prices hang on who is at the till."""
    every = list(index)
    return PromotionIndex(
        replace(each, who=Who(members=True)) if number % FOR_MEMBERS == 0 else each
        for number, each in enumerate(every)
    )


def _member_id(number: int) -> str:
    return f"M{number:012d}"


def _members(plan: Plan) -> Iterator[str]:
    """Members in no order, each once."""
    chosen = Random(f"{plan.seed} members").sample(range(plan.members), plan.rounds * plan.scans + 3)
    return iter([_member_id(number) for number in chosen])


def _body(number: int) -> MemberBody:
    phone = f"+86138{number:08d}"
    refs = (
        ("phone", lookup_ref(_LOOKUP_KEY, "phone", phone)),
        ("card", lookup_ref(_LOOKUP_KEY, "card", f"88{number:010d}")),
        ("name", lookup_ref(_LOOKUP_KEY, "name", f"会员{number % 5000}")),
    )
    coupons = tuple(
        CouponBody(f"C{number}-{place}", f"B{place}", {"en": "5.00 off", "zh_CN": "立减5元"})
        for place in (1, 2)
    )
    return MemberBody(
        _member_id(number), "会**", phone[-4:], "gold", ("new",), points=number % 5_000, pending=30,
        coupons=coupons, refs=refs, as_of_ms=1,
    )  # fmt: skip


def _put_members(data: Path, count: int) -> float:
    """Put so many members on a till, as they come from the hub; the seconds that took without rests."""
    file = MembersFile(CatalogPlace(data / MEMBERS_NAME), lambda: 1)
    file.hurry()
    spent_ns = 0
    for start in range(0, count, FEED_PAGE_MAX):
        page = [
            Change("upsert", _member_id(number), 1, msgspec.Raw(msgspec.json.encode(_body(number))))
            for number in range(start, min(count, start + FEED_PAGE_MAX))
        ]
        begun = perf_counter_ns()
        file.apply(page, f"bench:{start}")
        spent_ns += perf_counter_ns() - begun
    file.close()
    return spent_ns / 1e9


def _look_up(data: Path, plan: Plan) -> dict[str, list[int]]:
    """Nanoseconds of each kind of look-up, over a connection like the till's own."""
    signed, random = Signed(plan.seed), Random(plan.seed)
    search = MemberSearch(CatalogPlace(data / MEMBERS_NAME), lambda: signed.programme)
    found: dict[str, list[int]] = {"id": [], "card": [], "phone": []}
    try:
        for _ in range(LOOKUPS):
            number = random.randrange(plan.members)
            wanted = (("id", _member_id(number)), ("card", f"88{number:010d}"), ("phone", f"138{number:08d}"))
            for by, text in wanted:
                begun = perf_counter_ns()
                cards = search.find(by, text)  # type: ignore[arg-type]
                found[by].append(perf_counter_ns() - begun)
                if [card.member_id for card in cards] != [_member_id(number)]:
                    raise RuntimeError(f"{by} {text} did not lead to its member")
    finally:
        search.close()
    return found


def _ms(values: list[int], share: float | None = None) -> float:
    return round((median(values) if share is None else quantile(values, share)) / 1e6, 4)


def _result(
    plan: Plan, member: Samples, item: Samples, store: tuple[dict[str, list[int]], list[float]]
) -> Result:
    lookups, applied_s = store
    figures: dict[str, Any] = {
        "codes": plan.codes,
        "lines": LINES,
        "members": plan.members,
        "promotions": plan.promotions,
        "scans": len(member.outside),
        "window": f"{SIZE[0]}x{SIZE[1]}",
        "outside_paint_of_item_ratio": round(median(member.outside) / median(item.outside), 3),
        "outside_paint_p50_ms": _ms(member.outside),
        "outside_paint_p99_ms": _ms(member.outside, 0.99),
        "paint_p50_ms": _ms(member.paint),
        "apply_members_s": round(median([round(each * 1e9) for each in applied_s]) / 1e9, 3),
    }
    for kind, values in lookups.items():
        figures[f"look_up_by_{kind}_p50_ms"] = _ms(values)
        figures[f"look_up_by_{kind}_p99_ms"] = _ms(values, 0.99)
    baselines: dict[str, Any] = {
        "item_outside_paint_p50_ms": _ms(item.outside),
        "item_outside_paint_p99_ms": _ms(item.outside, 0.99),
        "item_paint_p50_ms": _ms(item.paint),
    }
    aims = [
        Aim("outside_paint_of_item_ratio", "<=", _RATIO_MOST),
        Aim("look_up_by_id_p50_ms", "<=", _LOOKUP_MOST_MS),
        Aim("look_up_by_card_p50_ms", "<=", _LOOKUP_MOST_MS),
    ]
    return Result("member", plan.seed, figures, baselines, aims)
