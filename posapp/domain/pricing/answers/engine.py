"""A basket's prices: layer after layer, by the choice best for the customer or in a declared sequence.

price → items → order → points; the payable is rounded at the end and only there. Gates close what may not be
used, the choices around the layers decide which of a group, and the layers do the rest. Given the same
basket, promotions and policy the answer is the same everywhere; a cache only changes how long it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from posapp.domain.pricing.goods.gates import Closed, Open, gate
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.goods.runs import book_slots
from posapp.domain.pricing.goods.sets import holds, spread
from posapp.domain.pricing.items.items import ItemCache, item_frontier, solve_items, touched_lines
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.orders.bound import Ceiling
from posapp.domain.pricing.orders.choices import Choosing, Outcome
from posapp.domain.pricing.orders.layer import OrderRight, order_right
from posapp.domain.pricing.orders.points import apply_points, earned
from posapp.domain.pricing.orders.settling import Effect, Settled, answer, store_cost
from posapp.domain.pricing.orders.watch import Goods, most_of
from posapp.domain.pricing.orders.window import Combined, ItemSolver, combine, settle
from posapp.domain.pricing.sequences.sequence import in_sequence, judged
from posapp.domain.pricing.terms.applications import Application, Frontier, ItemChoice, LinePart, Lot, Right
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Gift, PricedBasket
from posapp.domain.pricing.terms.promotion import Bundle, GoodsSet, Promotion, Reward, UnreadablePromotion
from posapp.values import dataclass

#: Promotions as they may be handed in; those that could not be read take no part.
Promotions = PromotionIndex | Sequence[Promotion | UnreadablePromotion]


class PriceCache:
    """What is kept from one pricing to the next: solved components of the item layer, by content."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items = ItemCache()


@dataclass(frozen=True, slots=True)
class _Items:
    """The item layer's own search behind the words that the order window asks in."""

    cache: PriceCache
    #: Choices of this basket, by lots and rights as its case holds them.
    _known: dict[tuple[int, ...], tuple[ItemChoice, object]] = field(default_factory=dict)

    def solve(self, lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> ItemChoice:
        """The choice of most value; what was asked before for the same objects is not solved again."""
        key = (id(lots), *map(id, rights))
        known = self._known.get(key)
        if known is None:
            # Held beside it, so that no other is taken for them.
            known = self._known[key] = solve_items(lots, rights, policy, self.cache.items), (lots, rights)
        return known[0]

    def frontier(
        self,
        lots: Sequence[Lot],
        rights: Sequence[Right],
        policy: Policy,
        *,
        parts: Sequence[LinePart],
        window_minor: int,
    ) -> Frontier:
        """All choices inside the window that no other beats in value and parts."""
        return item_frontier(
            lots, rights, policy, parts=parts, window_minor=window_minor, cache=self.cache.items
        )

    def touched(self, lots: Sequence[Lot], rights: Sequence[Right]) -> frozenset[int]:
        """Numbers of the lines that an item right may touch."""
        return touched_lines(lots, rights, self.cache.items)


def goods_of(promotion: Promotion) -> tuple[GoodsSet, ...]:
    """The sets whose goods a promotion takes."""
    kind = promotion.kind
    if isinstance(kind, Bundle):
        return tuple(part.of for part in kind.parts)
    if isinstance(kind, Reward):
        bought = tuple(part.of for part in kind.buy)
        return (*bought, kind.get.of, *((kind.buy_of,) if kind.buy_minor is not None else ()))
    return (promotion.on,)


def price(
    basket: Basket, promotions: Promotions, policy: Policy = Policy(), cache: PriceCache | None = None
) -> PricedBasket:
    """The basket with its prices; what was lost and the next steps are told on request (`explaining`)."""
    return price_among(basket, touching(basket, promotions), policy, cache or PriceCache())


def price_among(
    basket: Basket, promotions: Sequence[Promotion], policy: Policy, cache: PriceCache
) -> PricedBasket:
    """The same for promotions that are known to touch the basket (`touching`).

    One that does not takes nothing off, but is a rival in its group: a price book beside it may be left out.
    """
    return case_of(basket, promotions, policy, cache).priced()


def case_of(basket: Basket, promotions: Sequence[Promotion], policy: Policy, cache: PriceCache) -> Case:
    """The basket's case, for whoever asks for more than the answer."""
    return Case(basket, promotions, policy, _Items(cache))


def touching(basket: Basket, promotions: Promotions) -> tuple[Promotion, ...]:
    """The promotions that touch the basket, each id once."""
    if not isinstance(promotions, PromotionIndex):
        promotions = PromotionIndex(each for each in promotions if isinstance(each, Promotion))
    return promotions.touching(basket)


@dataclass(frozen=True, slots=True)
class _World:
    """What holds with some price books: lots, and the rights whose gates are open at these prices."""

    goods: Goods
    books: frozenset[str]
    items: tuple[Right, ...]
    orders: tuple[OrderRight, ...]
    #: The most that each of them takes off, by id.
    most: dict[str, int]
    closed: dict[str, Closed]
    #: What the price books take off.
    by_books: int


@dataclass(slots=True)
class Case:
    """One basket and the promotions that touch it, while the best choice is looked for."""

    basket: Basket
    promotions: Sequence[Promotion]
    policy: Policy
    items: ItemSolver
    places: dict[int, int] = field(init=False)
    _worlds: dict[frozenset[str], _World] = field(default_factory=dict)
    _ceilings: dict[frozenset[str], tuple[int, Ceiling | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {line.line_no: at for at, line in enumerate(self.basket.lines)}
        if len(self.places) != len(self.basket.lines):
            raise ValueError("every line of a basket has a number of its own")
        self.promotions = judged(self.promotions, self.policy)

    def priced(self) -> PricedBasket:
        """The answer."""
        if self.policy.choose == "sequence":
            return self._finished(self._sequenced(), self.policy)
        chosen = self.choosing().best()
        combined = replace(chosen.outcome.result, states=chosen.states, is_proven=chosen.is_proven)
        return self._finished(combined, self.policy)

    def choosing(self) -> Choosing[Combined]:
        """The search among what is open."""
        world = self.world(frozenset(self._ids("price")))
        # Without a price book a condition may hold that fails with it.
        books = [each for each in self.promotions if each.layer == "price"]
        is_steady = not books or not (
            any(each.stack.alone for each in self.promotions)
            or any(each.stack.group or each.needs.is_coupon or each.needs.points for each in books)
        )
        shut = {n for n, closed in world.closed.items() if is_steady or closed.reason != "condition"}
        if is_steady:
            # Below their lowest step whatever the items do: they are nobody's rivals.
            shut |= {one.promotion_id for one in self.promotions if one.layer == "order"} - world.most.keys()
        offered = [
            each for each in self.promotions if each.layer != "points" and each.promotion_id not in shut
        ]
        return Choosing(
            offered, self.evaluate, self.bound, points=self.basket.points, states_max=self.policy.states_max
        )

    def _ids(self, layer: str) -> list[str]:
        return [each.promotion_id for each in self.promotions if each.layer == layer]

    def bound(self, active: frozenset[str]) -> int:
        """No set of these saves more."""
        world = self.world(frozenset(n for n in self._ids("price") if n in active))
        rights = [right for right in world.items if right.promotion.promotion_id in active]
        value, ceiling = self._ceiling(world, rights)
        if ceiling is None:
            return world.by_books + value + sum(most for n, most in world.most.items() if n in active)
        orders = [right for right in world.orders if right.promotion_id in active]
        return world.by_books + ceiling.most(orders)

    def _ceiling(self, world: _World, rights: Sequence[Right]) -> tuple[int, Ceiling | None]:
        """The most of the items, and where that is proven the bound of both layers."""
        ids = frozenset(right.promotion.promotion_id for right in rights) | world.books
        known = self._ceilings.get(ids)
        if known is None:
            choice = self.items.solve(world.goods.lots, rights, self.policy)
            ceiling = Ceiling(world.goods, choice, self.policy) if choice.is_proven else None
            known = self._ceilings[ids] = choice.value_minor, ceiling
        return known

    # ------------------------------------------------------------------ one set of active promotions
    def evaluate(self, active: frozenset[str], at_least: int = 0) -> Outcome[Combined]:
        """What these promotions and no others give; less than `at_least` need not be the most they could."""
        world = self.world(frozenset(n for n in self._ids("price") if n in active))
        rights = [right for right in world.items if right.promotion.promotion_id in active]
        orders = [right for right in world.orders if right.promotion_id in active]
        combined = combine(
            world.goods, rights, orders, self.policy, self.items, at_least=at_least - world.by_books,
            ceiling=self._ceiling(world, rights)[1],
        )  # fmt: skip
        gifts = sum(gift.quantity for gift in combined.choice.gifts)
        used = {each.promotion.promotion_id for each in combined.choice.applications if each.amount_minor}
        used |= {gift.promotion.promotion_id for gift in combined.choice.gifts}
        used |= {effect.right.promotion_id for effect in combined.effects}
        cost = sum(store_cost(each.promotion, each.amount_minor) for each in combined.choice.applications)
        cost += sum(store_cost(each.right.promotion, each.amount_minor) for each in combined.effects)
        books = 0
        for lot in world.goods.lots:
            if lot.book is not None:
                off = (lot.line.unit_minor - lot.price_minor) * lot.count
                used.add(lot.book.promotion_id)
                books, cost = books + off, cost + store_cost(lot.book, off)
        return Outcome(
            combined.saving_minor + books, gifts, frozenset(used), cost, combined.states, combined.is_proven,
            combined,
        )  # fmt: skip

    def world(self, books: frozenset[str]) -> _World:
        """Lots and open rights where these price books are active."""
        known = self._worlds.get(books)
        if known is None:
            known = self._worlds[books] = self._world_anew(books)
        return known

    def _world_anew(self, books: frozenset[str]) -> _World:
        basket = self.basket
        closed: dict[str, Closed] = {}
        book_rights: list[Right] = []
        for promotion in self.promotions:
            if promotion.layer != "price":
                continue
            found = self._opened(promotion, None, is_spread=bool(promotion.same))
            if isinstance(found, Closed):
                closed[promotion.promotion_id] = found
            elif promotion.promotion_id in books:
                book_rights += [
                    Right(each, left_minor=opened.most_minor, code=opened.code) for each, opened in found
                ]
        lots = price_lots(basket.lines, book_rights, self.policy.percent_mode)
        amounts = [0] * len(basket.lines)
        for lot in lots:
            amounts[self.places[lot.line.line_no]] += lot.price_minor * lot.count
        items: list[Right] = []
        orders: list[OrderRight] = []
        for promotion in self.promotions:
            if promotion.layer not in ("item", "order"):
                continue
            is_spread = bool(promotion.same) and self.policy.choose != "sequence"
            found = self._opened(promotion, amounts, is_spread=is_spread)
            if isinstance(found, Closed):
                closed[promotion.promotion_id] = found
                continue
            for each, opened in found:
                if promotion.layer == "item":
                    items.append(Right(each, left_minor=opened.most_minor, code=opened.code))
                else:
                    orders.append(order_right(each, basket, opened))
        goods = Goods(basket.lines, lots, self.places)
        most: dict[str, int] = {}
        able: list[OrderRight] = []
        for right in orders:
            amount = most_of(goods, right, self.policy)
            # Below its lowest step even before the items: it takes no part.
            if amount > 0 or self.policy.choose == "sequence":
                able.append(replace(right, most_minor=amount))
                most[right.promotion_id] = most.get(right.promotion_id, 0) + amount
        by_books = sum([(lot.line.unit_minor - lot.price_minor) * lot.count for lot in lots])
        return _World(goods, books, tuple(items), tuple(able), most, closed, by_books)

    def _opened(
        self, promotion: Promotion, amounts: Sequence[int] | None, *, is_spread: bool
    ) -> Closed | list[tuple[Promotion, Open]]:
        """The promotion where it is open; where it acts on alike goods, each value that is."""
        if not is_spread:
            opened = gate(promotion, self.basket, amounts=amounts)
            return opened if isinstance(opened, Closed) else [(promotion, opened)]
        found: list[tuple[Promotion, Open]] = []
        first: Closed | None = None
        for each in spread(promotion, self.basket.lines):
            opened = gate(each, self.basket, amounts=amounts)
            if isinstance(opened, Closed):
                first = first or opened
            else:
                found.append((each, opened))
        return found or first or Closed("condition")

    # ------------------------------------------------------------------ in sequence
    def _sequenced(self) -> Combined:
        world = self.world(frozenset(self._ids("price")))
        orders = [
            Right(each.promotion, left_minor=each.budget_minor, code=each.code) for each in world.orders
        ]
        by_id = {right.promotion.promotion_id: right for right in (*world.items, *orders)}
        rights = [by_id[each.promotion_id] for each in self.promotions if each.promotion_id in by_id]
        choice = in_sequence(world.goods.lots, rights, self.policy, holds)
        return settle(world.goods, choice, (), self.policy)

    # ------------------------------------------------------------------ the end
    def _finished(self, combined: Combined, policy: Policy) -> PricedBasket:
        """Points on what is left, then lines, discounts, tax and the points that are earned."""
        basket = self.basket
        runs = [run.part(run.count) for run in combined.runs]
        effects = self._effects(combined)
        opened = [
            (each, found)
            for each in self.promotions
            if each.layer == "points" and isinstance(found := gate(each, basket), Open)
        ]
        used = {effect.promotion.promotion_id: effect.promotion for effect in effects.values()}
        if policy.choose == "best":
            groups = {promotion.stack.group for promotion in used.values()} - {""}
            opened = [pair for pair in opened if pair[0].stack.group not in groups]
        costs = sum(promotion.needs.points for promotion in used.values())
        first = len(combined.slots) + len(combined.effects)
        paid = apply_points(runs, basket, opened, first, policy, balance=basket.points - costs)
        for slot, effect in enumerate(paid, first):
            effects[slot] = Effect(effect.promotion, effect.code, 1, effect.base_minor, effect.points)
        gifts = _gifts(combined.choice, self.basket)
        priced = answer(basket, Settled(runs, effects, gifts, combined.states, combined.is_proven), policy)
        earning = [each for each, _ in opened]
        by_points = [0] * len(basket.lines)
        for discount in priced.discounts:
            if discount.points:
                for line_no, part in discount.lines:
                    by_points[self.places[line_no]] += part
        return replace(
            priced,
            points_used=priced.points_used + costs,
            points_earned=earned(basket, priced.lines, earning, policy, by_points),
        )

    def _effects(self, combined: Combined) -> dict[int, Effect]:
        effects: dict[int, Effect] = {}
        lots = combined.goods.lots
        for promotion_id, slot in book_slots(lots).items():
            mine = [lot for lot in lots if lot.book is not None and lot.book.promotion_id == promotion_id]
            book = mine[0].book
            if book is not None:
                base = sum(lot.line.unit_minor * lot.count for lot in mine)
                effects[slot] = Effect(
                    book, _code_of(book, self.basket), sum(lot.count for lot in mine), base
                )
        by_key: dict[tuple[str, str], list[Application]] = {}
        for application in combined.choice.applications:
            by_key.setdefault((application.promotion.promotion_id, application.code), []).append(application)
        for slot, application in enumerate(combined.slots):
            mine_all = by_key[application.promotion.promotion_id, application.code]
            effects[slot] = Effect(
                application.promotion,
                application.code,
                sum(each.times for each in mine_all),
                sum(unit.price_minor for each in mine_all for unit in each.units),
            )
        for slot, effect in enumerate(combined.effects, len(combined.slots)):
            effects[slot] = Effect(effect.right.promotion, effect.right.code, effect.times, effect.base_minor)
        return effects


def _code_of(promotion: Promotion, basket: Basket) -> str:
    opened = gate(promotion, basket) if promotion.needs.is_coupon else None
    return opened.code if isinstance(opened, Open) else ""


def _gifts(choice: ItemChoice, basket: Basket) -> tuple[Gift, ...]:
    """What is given free: goods of the basket that cost nothing any more, and goods the till is to give."""
    skus = {line.line_no: line.sku for line in basket.lines}
    found: dict[tuple[str, str, bool], int] = {}
    for application in choice.applications:
        kind = application.promotion.kind
        if isinstance(kind, Reward) and kind.off.ppm == PPM_OF_ALL:
            for unit in application.units:
                if unit.role == "get":
                    key = (application.promotion.promotion_id, skus[unit.line_no], True)
                    found[key] = found.get(key, 0) + 1
    for gift in choice.gifts:
        for sku in _added(gift.promotion):
            key = (gift.promotion.promotion_id, sku, False)
            found[key] = found.get(key, 0) + gift.quantity
    return tuple(Gift(*key[:2], quantity, key[2]) for key, quantity in found.items())


def _added(promotion: Promotion) -> Iterable[str]:
    """The first choice of what a gift adds."""
    return promotion.kind.adds[:1] if isinstance(promotion.kind, Reward) else ()
