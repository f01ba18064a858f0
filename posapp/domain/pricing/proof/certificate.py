"""Why nothing better exists, written down so that a program that knows no search can check it.

A certificate holds the answer and every alternative to it (which of a group, what goes alone). Of each
alternative: the units and the rules' tables with prices on the units, what the order layer takes off by what
the items took, and all that those prices leave open, unit by unit. Made on demand, never while selling. Its
size is limited; where the limit is reached `is_closed` is False and `gap_minor` says how much is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from posapp.domain.pricing.answers.engine import Case, PriceCache, Promotions, case_of, touching
from posapp.domain.pricing.items.components import components
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.items.solving import Prepared, best_steps
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.window import Combined
from posapp.domain.pricing.proof.certificate_items import Tabled, TooLargeError, tabled
from posapp.domain.pricing.proof.certificate_orders import Laws, laws_of
from posapp.domain.pricing.proof.checker import ahead_of, still_open
from posapp.domain.pricing.terms.alone import lonely_sets
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass

Table = dict[str, Any]
#: Alternatives, and what is open in all of them, after which the proof is given up.
ALTERNATIVES_MAX, OPEN_MAX = 400, 20_000
#: Ways to the answer through the tables that are followed at once.
_WAYS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate, whether it proves its answer, and if not, by how much more is not ruled out.

    `gap_minor` is None where that is not known: what could not be told at all may give anything.
    """

    certificate: Table
    is_closed: bool
    gap_minor: int | None = 0


@dataclass(slots=True)
class _Items:
    """The item layer of one set of rights: components with their best values, and tables by parts."""

    prepared: list[tuple[Prepared, int]]
    tables: dict[tuple[tuple[int, int], ...], int]

    @property
    def touched(self) -> frozenset[int]:
        """The lines that any rule may touch."""
        return frozenset([line_no for lines, _ in self.components for line_no in lines])

    @property
    def components(self) -> list[tuple[frozenset[int], int]]:
        """Lines of each component and its best value."""
        return [
            (frozenset([each.form.lots[position].line.line_no for position, _ in each.places]), value)
            for each, value in self.prepared
        ]


def certify(basket: Basket, promotions: Promotions, policy: Policy = Policy()) -> Certified:
    """The certificate of the best price of a basket (`policy.choose` "best")."""
    case = case_of(basket, touching(basket, promotions), policy, PriceCache())
    return _Certifying(case).done()


class _Certifying:
    """One basket's alternatives as they are found."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.outcome = case.choosing().best().outcome
        self.saving = self.outcome.saving_minor
        self.offered = case.offered()
        self.given = frozenset(n for n, each in self.offered.items() if _is_given(each, self.offered))
        self.alternatives: list[Table] = []
        self.items: list[Tabled] = []
        self.answer: Table | None = None
        self.gap = 0
        self.left = OPEN_MAX
        self._known: dict[frozenset[str], _Items] = {}
        self._laws: list[Laws] = []
        self._aheads: dict[int, list[list[dict[str, int]]]] = {}

    def done(self) -> Certified:
        """All alternatives, the answer among them."""
        told = [each for n, each in self.offered.items() if n not in self.given]
        is_closed = True
        try:
            for world in self._worlds(told):
                self._cover(world)
            if self.answer is None:
                self._give_answer()
        except TooLargeError:
            is_closed = False
        groups: dict[str, list[str]] = {}
        for each in told:
            if not each.stack.alone:
                groups.setdefault(each.stack.group or "=" + each.promotion_id, []).append(each.promotion_id)
        exact = sorted(each.promotion_id for each in told if each.layer == "price")
        certificate = {
            "currency": self.case.basket.currency,
            "saving": self.saving,
            "groups": [[*names, *([""] if set(names) & set(exact) else [])] for names in groups.values()],
            "alone": [sorted(names) for names in self._lonely(told)],
            "exact": exact,
            "answer": self.answer,
            "alternatives": self.alternatives,
            "items": [each.items for each in self.items],
        }
        is_whole = is_closed
        is_closed = is_whole and not self.gap and self.answer is not None
        # Without all alternatives, or a gap of some, nobody knows what the rest gives.
        gap = self.gap if is_closed or (is_whole and self.gap) else None
        return Certified(certificate, is_closed, gap)

    def _worlds(self, told: Sequence[Promotion]) -> list[frozenset[str]]:
        """Where prices are the same: each choice of price books, and what goes alone."""
        together = [each for each in told if not each.stack.alone]
        return self._by_books(together) + self._lonely(told)

    def _lonely(self, told: Sequence[Promotion]) -> list[frozenset[str]]:
        """What goes alone: one by itself, or those of one name with each choice of their price books."""
        worlds = []
        for names in lonely_sets(told):
            by_name = len(names) > 1
            worlds += self._by_books([self.offered[n] for n in sorted(names)]) if by_name else [names]
        return worlds

    def _by_books(self, together: Sequence[Promotion]) -> list[frozenset[str]]:
        books = [each for each in together if each.layer == "price"]
        worlds = [frozenset(each.promotion_id for each in together if each.layer != "price")]
        for book in books:
            worlds += [
                world | {book.promotion_id} for world in worlds if _has_room(self.offered, world, book)
            ]
            if len(worlds) > ALTERNATIVES_MAX:
                raise TooLargeError
        return worlds

    # ------------------------------------------------------------------ alternatives
    def _cover(self, active: frozenset[str]) -> None:
        """One alternative that closes, or the same for each member of a group that is in its way."""
        made, laws = self._alternative(active)
        if not self._is_bounded(made) and len(self.alternatives) < ALTERNATIVES_MAX:
            groups: dict[str, list[str]] = {}
            for name in sorted(active):
                groups.setdefault(self.offered[name].stack.group, []).append(name)
            rivals = next((names for group, names in groups.items() if group and len(names) > 1), None)
            if rivals:
                for kept in rivals:
                    self._cover(active - set(rivals) | {kept})
                return
        self._close(made)
        self.alternatives.append(made)
        if self.answer is None and self.outcome.used <= active | self._given(active):
            self.answer = self._taken(made, laws, len(self.alternatives) - 1)

    def _given(self, active: frozenset[str]) -> frozenset[str]:
        """Price books that nobody has to choose; none where something goes alone."""
        if any(self.offered[name].stack.alone for name in active):
            return frozenset()
        return self.given

    def _alternative(self, active: frozenset[str]) -> tuple[Table, Laws]:
        given = self._given(active)
        names = active | given
        books = frozenset(name for name in names if self.offered[name].layer == "price")
        world = self.case.world(books)
        rights = [right for right in world.items if right.promotion.promotion_id in names]
        lots = world.goods.lots
        key = books | {right.promotion.promotion_id for right in rights}
        items = self._known.get(key)
        if items is None:
            items = self._known[key] = self._make_items(rights, books)
        found = items.components

        def highest(lines: frozenset[int]) -> int:
            return sum([value for mine, value in found if not lines.isdisjoint(mine)])

        orders = [right for right in world.orders if right.promotion_id in names]
        laws = laws_of(world.goods, orders, items.touched, highest, self.case.policy)
        number = items.tables.get(tuple(laws.parts.items()))
        if number is None:
            number = items.tables[tuple(laws.parts.items())] = len(self.items)
            self.items.append(tabled(laws.parts, laws.count, items.prepared, self.case.policy))
        made = {
            "active": sorted(active),
            "booked": sorted({lot.book.promotion_id for lot in lots if lot.book is not None} - given),
            "books": sum((lot.line.unit_minor - lot.price_minor) * lot.count for lot in lots),
            "goods": sum(max(0, lot.price_minor) * lot.count for lot in lots if not lot.is_locked),
            "orders": list(laws.orders),
            "items": number,
            "open": [],
        }
        return made, laws

    def _make_items(self, rights: Sequence[Right], books: frozenset[str]) -> _Items:
        goods, policy = self.case.world(books).goods, self.case.policy
        # What is best may be less than the most: no step may stand for a higher one.
        form = normal_form(goods.lots, rights, policy, SetCache(), is_frontier=True)
        prepared = []
        for one in components(form):
            each = Prepared(form, one)
            steps, _, _ = best_steps(each, policy.states_max)
            prepared.append((each, sum(step.gain for done in steps for step in done)))
        return _Items(prepared, {})

    # ------------------------------------------------------------------ bounds
    def _after(self, made: Table, least: int, unit: int, listed: Any) -> Any:
        number = made["items"]
        items = self.items[number].items
        aheads = self._aheads.get(number)
        if aheads is None:
            aheads = self._aheads[number] = [ahead_of(rule, items) for rule in items["rules"]]
        return still_open(made, items, aheads, least - made["books"], unit, listed)

    def _begun(self, made: Table, least: int) -> Any:
        return self._after(made, least, -1, [((), (0,) * self.items[made["items"]].items["parts"])])

    def _is_bounded(self, made: Table) -> bool:
        """Whether its prices alone show that no more is had."""
        return not self._begun(made, self.saving)

    def _close(self, made: Table) -> None:
        """List what is open, unit by unit, until nothing is."""
        now = self._begun(made, self.saving)
        unit = 0
        units = len(self.items[made["items"]].places)
        while now and unit < units:
            now = self._after(made, self.saving, unit, now)
            made["open"].append(sorted([[list(pair) for pair in states], list(off)] for states, off in now))
            self.left -= len(now)
            unit += 1
            if self.left < 0:
                break
        if now:
            self.gap = max(self.gap, self._gap(made))

    def _gap(self, made: Table) -> int:
        """By how much more than the answer the prices alone do not rule out."""
        low, high = self.saving, made["books"] + made["goods"]
        while low < high:
            middle = (low + high) // 2
            if self._begun(made, middle):
                low = middle + 1
            else:
                high = middle
        return low - self.saving

    # ------------------------------------------------------------------ the answer
    def _taken(self, made: Table, laws: Laws, number: int) -> Table | None:
        """The moves of the answer in an alternative, where its tables know them."""
        combined = self.outcome.result
        target = [0] * laws.count
        lines = combined.goods.lines
        for run in combined.runs:
            fell = (run.price_minor - run.base_minor) * run.count
            line_no = lines[run.at].line_no
            if fell and line_no not in laws.parts:
                return None
            if fell:
                target[laws.parts[line_no]] += fell
        taken = self._way(self.items[made["items"]], combined, tuple(target))
        orders = _amounts(combined, laws.rights)
        if taken is None or orders is None:
            return None
        return {"alternative": number, "taken": taken, "orders": orders}

    def _way(self, items: Tabled, combined: Combined, target: tuple[int, ...]) -> list[list[int]] | None:
        """Moves by which each unit goes through the promotions that the answer applied to it."""
        done: dict[tuple[int, int], set[str]] = {}
        for application in combined.choice.applications:
            for taken in application.units:
                done.setdefault(taken[:2], set()).add(application.promotion.promotion_id)
        rules = items.items["rules"]
        moves: dict[int, list[tuple[int, int]]] = {}
        for n, rule in enumerate(rules):
            for m, move in enumerate(rule["moves"]):
                moves.setdefault(move[0], []).append((n, m))
        ways: dict[tuple[Any, ...], list[list[int]]] = {((), (0,) * len(target)): []}
        for unit, place in enumerate(items.places):
            wanted = frozenset(done.get(place, ()))
            after: dict[tuple[Any, ...], list[list[int]]] = {}
            for (states, off), way in ways.items():
                if not wanted:
                    after.setdefault((states, off), way)
                for n, m in moves.get(unit, ()):
                    _, state, then, fallen, _ = rules[n]["moves"][m]
                    if items.promotions[n][m] == wanted and dict(states).get(n, "0") == state:
                        begun = tuple(sorted({**dict(states), n: then}.items()))
                        fell = tuple([a + b for a, b in zip(off, fallen, strict=True)])
                        after.setdefault((begun, fell), [*way, [n, m]])
            ways = after
            if len(ways) > _WAYS_MAX:
                return None
        for (states, off), way in ways.items():
            if off == target and all(state in rules[n]["ends"] for n, state in states):
                return way
        return None

    def _give_answer(self) -> None:
        """The answer in an alternative of its own: what it uses and no more."""
        names = self.outcome.used & frozenset(self.offered) - self.given
        made, laws = self._alternative(names)
        self._close(made)
        self.alternatives.append(made)
        self.answer = self._taken(made, laws, len(self.alternatives) - 1)


def _amounts(combined: Combined, rights: Sequence[OrderRight]) -> list[list[int]] | None:
    """What the order promotions took, by their numbers in an alternative."""
    found: list[list[int]] = []
    for effect in combined.effects:
        number = next((n for n, right in enumerate(rights) if right == effect.right), None)
        if number is None:
            return None
        found.append([number, effect.amount_minor])
    return found


def _is_given(promotion: Promotion, offered: Mapping[str, Promotion]) -> bool:
    """A price book that costs nothing to take, no coupon and no rival: the lowest price is no choice."""
    needs, stack = promotion.needs, promotion.stack
    if promotion.layer != "price" or stack.alone or needs.is_coupon or needs.points:
        return False
    rivals = [each for each in offered.values() if each.stack.group == stack.group and not each.stack.alone]
    return not stack.group or len(rivals) < 2


def _has_room(offered: dict[str, Promotion], world: frozenset[str], book: Promotion) -> bool:
    group = book.stack.group
    return not group or not any(
        offered[name].stack.group == group and offered[name].layer == "price" for name in world
    )
