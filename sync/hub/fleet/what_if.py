"""What a new or changed promotion would have changed on the baskets of the last days, and who would pay it.

Baskets are those that were sold, with the prices they were sold at, today's traits of the goods, and the
coupons that were used. Each that the promotion touches is priced twice by the till's engine, among today's
other promotions, without and with it. Its dates are left aside, its days and hours hold. Members are not
known here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, func, select, update

from posapp.domain.cart_prices import policy_of
from posapp.domain.pricing.answers.engine import PriceCache, price_among
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, LineTax, Traits
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.domain.tax import taxes_of
from sync.hub.database import Database, insert_rows
from sync.hub.fleet.live_prices import LiveStore, goods_of_store, read_live
from sync.hub.jobs import AbandonedError, Effect, Handler, Job
from sync.hub.schema.events import PRICE_MODIFIER, RETAIL_TRANSACTION, SALE_LINE
from sync.hub.schema.feeds import JOB
from sync.hub.schema.prices import WHAT_IF

WHAT_IF_JOB: Final = "what_if"
CLAIM_MS: Final = 30 * 60_000
#: More baskets than these are not looked at; how many were is part of the answer.
BASKETS_MOST: Final = 200_000
STORES_MOST: Final = 50
DAYS_MOST: Final = 31
DAYS_USUAL: Final = 7
EXAMPLES: Final = 10
#: So often other work of the process is let by.
_REST_EVERY: Final = 25
_REST_S: Final = 0.001


class Question(msgspec.Struct, frozen=True):
    """What is asked: documents of promotions, for these stores and business days (first, last)."""

    stores: tuple[str, ...]
    first_day: str
    last_day: str
    documents: tuple[str, ...]
    baskets_most: int = BASKETS_MOST


class Given(msgspec.Struct, frozen=True):
    """What a promotion or a party gives, before and after."""

    name: str
    currency: str
    before_minor: int
    after_minor: int


class Example(msgspec.Struct, frozen=True):
    """A basket that changes most: what it pays for its goods before and after."""

    store_id: str
    transaction_id: str
    business_date: str
    currency: str
    before_minor: int
    after_minor: int


class Changed(msgspec.Struct, frozen=True):
    """The answer; `is_cut`: there are more baskets than were looked at. Sums are over all touched baskets."""

    baskets: int
    touched: int
    changed: int
    not_proven: int
    is_cut: bool
    totals: tuple[Given, ...]
    promotions: tuple[Given, ...]
    parties: tuple[Given, ...]
    examples: tuple[Example, ...]


@dataclass(slots=True)
class _Sums:
    baskets: int = 0
    touched: int = 0
    changed: int = 0
    not_proven: int = 0
    totals: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    promotions: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    parties: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def add(self, priced: PricedBasket, currency: str, side: int) -> None:
        _plus(self.totals, ("", currency), side, priced.discount_minor)
        for one in priced.discounts:
            _plus(self.promotions, (one.promotion_id, currency), side, one.amount_minor)
            for party, name, minor in one.funding:
                _plus(self.parties, (f"{party} {name}".strip(), currency), side, minor)

    def answer(self, *, is_cut: bool) -> Changed:
        _keep_most(self.examples)
        return Changed(
            self.baskets, self.touched, self.changed, self.not_proven, is_cut,
            _given(self.totals), _given(self.promotions), _given(self.parties), tuple(self.examples),
        )  # fmt: skip


def _plus(sums: dict[tuple[str, str], list[int]], key: tuple[str, str], side: int, minor: int) -> None:
    sums.setdefault(key, [0, 0])[side] += minor


def _given(sums: dict[tuple[str, str], list[int]]) -> tuple[Given, ...]:
    told = [Given(name, currency, *both) for (name, currency), both in sums.items()]
    return tuple(
        sorted(told, key=lambda one: (-abs(one.after_minor - one.before_minor), one.name, one.currency))
    )


# ------------------------------------------------------------------ the work
def what_would_change(
    database: Database, question: Question, rest: Callable[[], None] = lambda: None
) -> Changed:
    """Price the baskets of a question without and with its promotions; `rest` is called now and then."""
    sums = _Sums()
    is_cut = False
    for store_id in question.stores:
        with database.reading() as connection:
            live = read_live(connection, store_id)
        if live is None:
            continue
        work = _Store(live, [read_strictly(text) for text in question.documents])
        for day in _days(question):
            with database.reading() as connection:
                room = question.baskets_most - sums.baskets
                is_cut = work.day(connection, day, room, sums, rest) or is_cut
    return sums.answer(is_cut=is_cut)


class _Store:
    """One store: its promotions before and after, and a memory of what was solved."""

    def __init__(self, live: LiveStore, documents: Sequence[Any]) -> None:
        self._live = live
        read = [read_promotion(document, currency=live.shop.currency) for document in documents]
        asked = [each for each in read if isinstance(each, Promotion)]
        old = [live.index.get(each.promotion_id) for each in asked]
        #: Only baskets that one of these touches can come out otherwise.
        self._asked = PromotionIndex(_always(each) for each in asked)
        self._old = PromotionIndex(_always(each) for each in old if each is not None)
        self._names = {each.promotion_id for each in asked}
        self._policy = policy_of(live.shop)
        self._cache = PriceCache()
        self._goods: dict[str, Any] = {}
        self._touched: dict[tuple[str, int, bool], bool] = {}
        self._taxes: dict[str, tuple[LineTax, ...]] = {}

    def day(self, connection: Connection, day: str, room: int, sums: _Sums, rest: Callable[[], None]) -> bool:
        """Go through the baskets of a business day; whether there were more than there was room for."""
        store_id = self._live.shop.store_id
        lines, codes, ends = _sold(connection, store_id, day)
        self._learn(connection, {row.sku for rows in lines.values() for row in rows})
        for number, (transaction_id, rows) in enumerate(lines.items()):
            if number >= room:
                return True
            if number % _REST_EVERY == 0:
                rest()
            sums.baskets += 1
            shown = codes.get(transaction_id, ())
            # Most baskets are none of the promotion's business: told line by line, once for each item.
            if not shown and not any(self._may_touch(row) for row in rows):
                continue
            basket = self._basket(rows, ends[transaction_id], shown)
            self._compare(basket, (store_id, transaction_id, day), sums)
        return False

    def _learn(self, connection: Connection, skus: set[str]) -> None:
        new = sorted(skus - self._goods.keys())
        found = goods_of_store(connection, self._live.shop.store_id, new)
        self._goods.update({sku: found.get(sku) for sku in new})

    def _basket(self, rows: Sequence[Any], completed_at_ms: int, codes: tuple[str, ...]) -> Basket:
        shop = self._live.shop
        return Basket(
            lines=tuple(self._line(row) for row in rows),
            currency=shop.currency,
            at=datetime.fromtimestamp(completed_at_ms // 1000, UTC).astimezone(self._live.facts.zone),
            store_id=shop.store_id,
            region=shop.region,
            codes=tuple(Code(code) for code in codes),
        )

    def _may_touch(self, row: Any) -> bool:
        key = (row.sku, row.unit_price_minor, row.unit == "g" or row.price_reason == "code")
        known = self._touched.get(key)
        if known is None or key[2]:
            basket = self._basket([row], 0, ())
            known = bool(self._asked.touching(basket) or self._old.touching(basket))
            self._touched[key] = known
        return known

    def _line(self, row: Any) -> BasketLine:
        """The line as the till priced it: goods by weight and amounts that a code fixed are one piece."""
        goods = self._goods.get(row.sku)
        is_fixed = row.price_reason == "code"
        is_whole = row.unit == "g" or is_fixed or row.quantity * row.unit_price_minor != row.amount_minor
        taxes = self._taxes.get(row.tax_category)
        if taxes is None:
            taxes = self._taxes[row.tax_category] = taxes_of(row.tax_category, self._live.shop.tax)
        return BasketLine(
            line_no=row.line_no,
            sku=row.sku,
            quantity=1 if is_whole else row.quantity,
            unit_minor=row.amount_minor if is_whole else row.unit_price_minor,
            traits=Traits() if goods is None else goods.traits,
            taxes=taxes,
            is_locked=is_fixed,
            is_weighed=row.unit == "g",
            price_reason=row.price_reason,
        )

    def _compare(self, basket: Basket, place: tuple[str, str, str], sums: _Sums) -> None:
        new, old = self._asked.touching(basket), self._old.touching(basket)
        if not new and not old:
            return
        others = [each for each in self._live.index.touching(basket) if each.promotion_id not in self._names]
        before = price_among(basket, (*others, *old), self._policy, self._cache)
        after = price_among(basket, (*others, *new), self._policy, self._cache)
        sums.touched += 1
        sums.not_proven += not (before.is_proven and after.is_proven)
        sums.add(before, basket.currency, 0)
        sums.add(after, basket.currency, 1)
        if (before.discount_minor, before.lines) == (after.discount_minor, after.lines):
            return
        sums.changed += 1
        paid = [each.goods_minor - each.discount_minor for each in (before, after)]
        sums.examples.append(Example(*place, basket.currency, *paid))
        if len(sums.examples) > 2 * EXAMPLES:
            _keep_most(sums.examples)


def _keep_most(examples: list[Example]) -> None:
    examples.sort(key=lambda one: (-abs(one.after_minor - one.before_minor), one.transaction_id))
    del examples[EXAMPLES:]


def _always(promotion: Promotion) -> Promotion:
    return replace(promotion, begins=None, ends=None)


def _sold(
    connection: Connection, store_id: str, day: str
) -> tuple[dict[str, list[Any]], Any, dict[str, int]]:
    """Lines, coupons and times of the sales of a business day, by sale."""
    line, sale, off = SALE_LINE.c, RETAIL_TRANSACTION.c, PRICE_MODIFIER.c
    query = (
        select(
            line.transaction_id, line.line_no, line.sku, line.unit, line.tax_category, line.price_reason,
            line.quantity, line.unit_price_minor, line.amount_minor, sale.completed_at_ms,
        )
        .join(
            RETAIL_TRANSACTION,
            and_(*(line[name] == sale[name] for name in ("store_id", "business_date", "transaction_id"))),
        )
        .where(line.store_id == store_id, line.business_date == day, line.amount_minor > 0)
        .order_by(line.transaction_id, line.line_no)
    )  # fmt: skip
    lines: dict[str, list[Any]] = {}
    ends: dict[str, int] = {}
    for row in connection.execute(query):
        lines.setdefault(row.transaction_id, []).append(row)
        ends[row.transaction_id] = int(row.completed_at_ms)
    codes: dict[str, tuple[str, ...]] = {}
    used = select(off.transaction_id, off.code).where(
        off.store_id == store_id, off.business_date == day, off.code != ""
    )
    for transaction_id, code in connection.execute(used):
        codes[transaction_id] = (*codes.get(transaction_id, ()), code)
    return lines, codes, ends


def _days(question: Question) -> Iterator[str]:
    day, last = date.fromisoformat(question.first_day), date.fromisoformat(question.last_day)
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def count_baskets(connection: Connection, question: Question) -> int:
    """How many baskets a question is about."""
    sale = RETAIL_TRANSACTION.c
    query = select(func.count()).where(
        sale.store_id.in_(question.stores),
        sale.business_date >= question.first_day,
        sale.business_date <= question.last_day,
    )
    return int(connection.execute(query).scalar_one())


# ------------------------------------------------------------------ as a job
@dataclass(frozen=True, slots=True)
class Run:
    """A question that was asked, and its answer once there is one."""

    run_id: str
    made_by: str
    state: str
    made_at_ms: int
    done_at_ms: int
    question: Question
    answer: Changed | None
    #: How often the work failed so far, and why the last time.
    failures: int = 0
    trouble: str = ""


def ask(connection: Connection, run_id: str, question: Question, *, who: str, now_ms: int) -> None:
    """Keep a question, to be answered by `answer_run` or by a job."""
    row = (run_id, who, "waiting", now_ms, 0, msgspec.json.encode(question), b"")
    insert_rows(connection, WHAT_IF, [row])


def one_run(connection: Connection, run_id: str) -> Run | None:
    """A question with its answer, or None."""
    row = connection.execute(select(WHAT_IF).where(WHAT_IF.c.run_id == run_id)).one_or_none()
    return None if row is None else _run(row, _failures(connection, [run_id]))


def last_runs(connection: Connection, count: int = 10) -> list[Run]:
    """The questions asked last, the newest first."""
    query = select(WHAT_IF).order_by(WHAT_IF.c.made_at_ms.desc(), WHAT_IF.c.run_id).limit(count)
    rows = list(connection.execute(query))
    failures = _failures(connection, [row.run_id for row in rows])
    return [_run(row, failures) for row in rows]


def _failures(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """How often the work of each question failed, and why the last time; none where it did not."""
    query = select(JOB.c.key, JOB.c.attempts, JOB.c.error).where(
        JOB.c.kind == WHAT_IF_JOB, JOB.c.key.in_(run_ids), JOB.c.attempts > 0
    )
    return {row.key: (int(row.attempts), row.error) for row in connection.execute(query)}


def _run(row: Any, failures: dict[str, tuple[int, str]]) -> Run:
    is_done = row.state == "done"
    return Run(
        row.run_id, row.made_by, row.state, int(row.made_at_ms), int(row.done_at_ms),
        msgspec.json.decode(bytes(row.asked), type=Question),
        msgspec.json.decode(bytes(row.answer), type=Changed) if is_done else None,
        *((0, "") if is_done else failures.get(row.run_id, (0, ""))),
    )  # fmt: skip


def keep_answer(connection: Connection, run_id: str, answer: Changed, now_ms: int) -> None:
    """Keep the answer of a question."""
    values = {"state": "done", "answer": msgspec.json.encode(answer), "done_at_ms": now_ms}
    connection.execute(update(WHAT_IF).where(WHAT_IF.c.run_id == run_id).values(**values))


def what_if_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """How a job that answers a question is done; its key is the question's id."""
    abandoned = threading.Event()

    def rest() -> None:
        if abandoned.wait(_REST_S):
            raise AbandonedError

    def prepare(job: Job) -> Effect:
        with database.reading() as connection:
            run = one_run(connection, job.key)
        if run is None or run.state != "waiting":
            return lambda _connection: None
        answer = what_would_change(database, run.question, rest)
        return lambda connection: keep_answer(connection, job.key, answer, now_ms())

    return Handler(prepare, CLAIM_MS, abandoned.set)
