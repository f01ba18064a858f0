"""A basket's prices: layer after layer, by the choice best for the customer or in a declared sequence.

price → items → order → points; the payable is rounded at the end and only there. Gates close what may not be
used, the choices around the layers decide which of a group, and the layers do the rest. Given the same
basket, promotions and policy the answer is the same everywhere; a cache only changes how long it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from posapp.domain.pricing.answers.finishing import Account, finished
from posapp.domain.pricing.answers.in_turn import at_least_in_turn
from posapp.domain.pricing.answers.worlds import PriceCache as PriceCache
from posapp.domain.pricing.answers.worlds import World, world_of
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.items.items import item_frontier, prepare_items, solve_items, touched_lines
from posapp.domain.pricing.items.price_layer import may_be_rivals
from posapp.domain.pricing.orders.bound import Ceiling
from posapp.domain.pricing.orders.choices import Choosing, Outcome
from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.settling import store_cost
from posapp.domain.pricing.orders.window import Combined, combine, settle
from posapp.domain.pricing.sequences.books import Way, with_books
from posapp.domain.pricing.sequences.sequence import in_sequence, judged
from posapp.domain.pricing.terms.applications import Frontier, ItemChoice, LinePart, Lot, Right
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Bundle, GoodsSet, Promotion, Reward, UnreadablePromotion
from posapp.values import dataclass

#: Offers of a price book to a lot that take as long as a state of the search.
_PRICES_A_STATE = 4
#: Promotions as they may be handed in; those that could not be read take no part.
Promotions = PromotionIndex | Sequence[Promotion | UnreadablePromotion]


@dataclass(frozen=True, slots=True)
class SearchedItems:
    """The item layer's own search behind the words that the order window asks in."""

    cache: PriceCache
    #: Choices of this basket, by lots and rights as its case holds them.
    _known: dict[tuple[int, int], tuple[ItemChoice, object]] = field(default_factory=dict)

    def solve(self, lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> ItemChoice:
        """The choice of most value; what was asked before for the same objects is not solved again."""
        key = (id(lots), id(rights))
        known = self._known.get(key)
        if known is None:
            choice = solve_items(lots, rights, policy, self.cache.items)
            if not choice.is_proven:
                choice = at_least_in_turn(lots, rights, policy, choice)
            # Held beside it, so that no other is taken for them.
            known = self._known[key] = choice, (lots, rights)
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
    return Case(basket, promotions, policy, SearchedItems(cache))


def _is_chosen(promotion: Promotion) -> bool:
    """Whether there is a choice about it: its group, a code, points; and price books, which are no matter of
    course where another price would do."""
    stack, needs = promotion.stack, promotion.needs
    return bool(promotion.layer == "price" or stack.group or stack.alone or needs.is_coupon or needs.points)


def touching(basket: Basket, promotions: Promotions) -> tuple[Promotion, ...]:
    """The promotions that touch the basket, each id once."""
    return indexed(promotions).touching(basket)


def indexed(promotions: Promotions) -> PromotionIndex:
    """The promotions as an index; of those with the same id the last."""
    if isinstance(promotions, PromotionIndex):
        return promotions
    return PromotionIndex(each for each in promotions if isinstance(each, Promotion))


@dataclass(slots=True)
class Case:
    """One basket and the promotions that touch it, while the best choice is looked for."""

    basket: Basket
    promotions: Sequence[Promotion]
    policy: Policy
    items: SearchedItems
    places: dict[int, int] = field(init=False)
    _books: frozenset[str] = field(init=False)
    #: The promotions of the first layer and of the last.
    _ends: list[Promotion] = field(init=False)
    _worlds: dict[frozenset[str], World] = field(default_factory=dict)
    _ceilings: dict[tuple[int, int], tuple[int, Ceiling | None, object]] = field(default_factory=dict)
    #: By world: which of its item rights have to be chosen; and by these, the rights that are active.
    _chosen_items: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    _rights: dict[tuple[frozenset[str], frozenset[str]], tuple[Right, ...]] = field(default_factory=dict)
    #: Ids of what has to be chosen; all else that is open is used as a matter of course.
    _chosen: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.places = {line.line_no: at for at, line in enumerate(self.basket.lines)}
        if len(self.places) != len(self.basket.lines):
            raise ValueError("every line of a basket has a number of its own")
        self.promotions = judged(self.promotions, self.policy)
        self._ends = [each for each in self.promotions if each.layer in ("price", "points")]
        self._books = frozenset([each.promotion_id for each in self._ends if each.layer == "price"])

    def priced(self) -> PricedBasket:
        """The answer."""
        combined, account = self.searched()
        if account.is_proven and may_be_rivals(self.basket.lines, self._ends):
            account = Account(account.states, False)
        points = [each for each in self._ends if each.layer == "points"]
        return finished(self.basket, points, combined, self.policy, account, self.items.cache.told)

    def prepare(self) -> None:
        """Find what is open, and the normal form of its items: all that comes before the search."""
        world = self.world(self._books)
        prepare_items(world.goods.lots, world.items, self.policy, self.items.cache.items)

    def searched(self) -> tuple[Combined, Account]:
        """The choice, before points, taxes and what is told of it."""
        if self.policy.choose == "sequence":
            cost = self._world_states(self.world(self._books)) if self._books else 0
            way = with_books(self.promotions, self.policy, self._sequenced, cost)
            return way.result, Account(way.states, way.is_proven)
        choosing = self.choosing()
        if choosing.offered:
            chosen = choosing.best()
            return chosen.outcome.result, Account(chosen.states, chosen.is_proven)
        # Nothing has to be chosen: one look, and it is the best.
        combined = self._combined(self.world(self._books), frozenset(), 0)
        return combined, Account(1 + combined.states, combined.is_proven)

    def choosing(self) -> Choosing[Combined]:
        """The search among what is open and has to be chosen."""
        world = self.world(self._books)
        shut = self._shut(world)
        offered = [each for each in world.rest if each.layer != "points" and each.promotion_id not in shut]
        if any(each.stack.alone for each in offered):
            chosen = list(self.offered().values())
        else:
            chosen = [each for each in offered if _is_chosen(each)]
        self._chosen = frozenset([each.promotion_id for each in chosen])
        return Choosing(
            chosen, self.evaluate, self.bound, points=self.basket.points, states_max=self.policy.states_max,
            world_states=self._world_states(world),
        )  # fmt: skip

    def offered(self) -> dict[str, Promotion]:
        """The promotions that are open and may take part, by id."""
        shut = self._shut(self.world(self._books))
        return {
            each.promotion_id: each
            for each in self.promotions
            if each.layer != "points" and each.promotion_id not in shut
        }

    def _shut(self, world: World) -> set[str]:
        # Without a price book a condition may hold that fails with it.
        books = [each for each in world.rest if each.layer == "price"]
        is_steady = not books or not (
            any(each.stack.alone for each in world.rest)
            or any(each.stack.group or each.needs.is_coupon or each.needs.points for each in books)
        )
        shut = {n for n, closed in world.closed.items() if is_steady or closed.reason != "condition"}
        if is_steady:
            # Below their lowest step whatever the items do: they are nobody's rivals.
            shut |= {one.promotion_id for one in world.rest if one.layer == "order"} - world.most.keys()
        return shut

    def bound(self, active: frozenset[str]) -> int:
        """No set of these saves more."""
        world = self._world_with(active)
        rights = self._items_of(world, active)
        value, ceiling = self._ceiling(world, rights)
        if ceiling is None:
            orders = {right.promotion_id for right in self._orders_of(world, active)}
            return world.by_books + value + sum([world.most[n] for n in orders])
        return world.by_books + ceiling.most(self._orders_of(world, active))

    def _world_with(self, active: frozenset[str]) -> World:
        return self.world(self._books & active if self._books else self._books)

    def _items_of(self, world: World, active: frozenset[str]) -> tuple[Right, ...]:
        """The item rights of a world that are active; the same object for the same ones."""
        mine = self._chosen_items.get(world.books)
        if mine is None:
            ids = [right.promotion.promotion_id for right in world.items]
            mine = frozenset(ids) if self._chosen is None else self._chosen.intersection(ids)
            self._chosen_items[world.books] = mine
        if mine <= active:
            return world.items
        key = (world.books, active & mine)
        known = self._rights.get(key)
        if known is None:
            known = self._rights[key] = tuple(
                [right for right in world.items if self._is_active(right.promotion, active)]
            )
        return known

    def _orders_of(self, world: World, active: frozenset[str]) -> list[OrderRight]:
        return [right for right in world.orders if self._is_active(right.promotion, active)]

    def _is_active(self, promotion: Promotion, active: frozenset[str]) -> bool:
        name = promotion.promotion_id
        return name in active or (self._chosen is not None and name not in self._chosen)

    def _ceiling(self, world: World, rights: tuple[Right, ...]) -> tuple[int, Ceiling | None]:
        """The most of the items, and where that is proven the bound of both layers."""
        key = (id(world), id(rights))
        known = self._ceilings.get(key)
        if known is None:
            choice = self.items.solve(world.goods.lots, rights, self.policy)
            ceiling, most = None, choice.value_minor
            if choice.is_proven:
                ceiling = Ceiling(world.goods, choice, self.policy)
            else:
                # The best that was found bounds nothing: no more than the goods cost.
                lots = [lot for lot in world.goods.lots if not lot.is_locked]
                most = sum([max(0, lot.price_minor) * lot.count for lot in lots])
            # Held beside it, so that no other is taken for them.
            known = self._ceilings[key] = most, ceiling, (world, rights)
        return known[:2]

    # ------------------------------------------------------------------ one set of active promotions
    def evaluate(self, active: frozenset[str], at_least: int = 0) -> Outcome[Combined]:
        """What these promotions and no others give; less than `at_least` need not be the most they could."""
        world = self._world_with(active)
        combined = self._combined(world, active, at_least)
        choice = combined.choice
        gifts = sum([gift.quantity for gift in choice.gifts])
        took = [(each.promotion, each.amount_minor) for each in choice.applications if each.amount_minor]
        took += [(effect.right.promotion, effect.amount_minor) for effect in combined.effects]
        books = 0
        if world.books:
            for lot in world.goods.lots:
                if lot.book is not None:
                    off = (lot.line.unit_minor - lot.price_minor) * lot.count
                    took.append((lot.book, off))
                    books += off
        used = {promotion.promotion_id for promotion, _ in took}
        used.update([gift.promotion.promotion_id for gift in choice.gifts])
        return Outcome(
            combined.saving_minor + books, gifts, frozenset(used),
            sum([store_cost(promotion, amount) for promotion, amount in took]), combined.states,
            combined.is_proven, combined,
        )  # fmt: skip

    def _combined(self, world: World, active: frozenset[str], at_least: int) -> Combined:
        rights, orders = self._items_of(world, active), self._orders_of(world, active)
        return combine(
            world.goods, rights, orders, self.policy, self.items,
            at_least=at_least - world.by_books, ceiling=self._ceiling(world, rights)[1] if orders else None,
        )  # fmt: skip

    def _world_states(self, world: World) -> int:
        """What the prices of another choice of books cost to work out, in states of the search."""
        return len(world.goods.lots) * (1 + len(self._books)) // _PRICES_A_STATE

    def world(self, books: frozenset[str]) -> World:
        """Lots and open rights where these price books are active."""
        known = self._worlds.get(books)
        if known is None:
            known = self._worlds[books] = world_of(
                self.basket, self.promotions, policy=self.policy, places=self.places, books=books,
                cache=self.items.cache,
            )  # fmt: skip
        return known

    # ------------------------------------------------------------------ in sequence
    def _sequenced(self, active: frozenset[str]) -> Way[Combined]:
        world = self._world_with(active)
        orders = [
            Right(each.promotion, left_minor=each.budget_minor, code=each.code) for each in world.orders
        ]
        by_id = {right.promotion.promotion_id: right for right in (*world.items, *orders)}
        rights = [by_id[n] for each in self.promotions if (n := each.promotion_id) in by_id and n in active]
        choice = in_sequence(world.goods.lots, rights, self.policy, holds)
        combined = settle(world.goods, choice, (), self.policy)
        saving = combined.saving_minor + world.by_books
        return Way(saving, len(choice.gifts), combined, choice.states, choice.is_proven)
