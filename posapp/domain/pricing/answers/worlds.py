"""What holds with some price books: lots at their prices, and the rights whose gates are open at these.

Also the memory that is handed from pricing to pricing. What is kept is keyed by content or by values that do
not change, so that the same is answered with it and without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.goods.admitting import Admitting
from posapp.domain.pricing.goods.gates import Closed, Open, unmet
from posapp.domain.pricing.goods.held import Held, HeldMemory
from posapp.domain.pricing.items.items import ItemCache
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.orders.layer import OrderRight, order_right, with_most
from posapp.domain.pricing.orders.settling import Told
from posapp.domain.pricing.orders.watch import Goods, most_of
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion, SpendTier
from posapp.values import dataclass

#: Lots of lines kept by identity; then they begin anew.
LOTS_MAX = 4_000


class PriceCache:
    """What is kept from one pricing to the next: the item layer's parts, gates, sets of goods, discounts."""

    __slots__ = ("admitting", "held", "items", "lots", "told")

    def __init__(self) -> None:
        self.items = ItemCache()
        self.admitting = Admitting()
        self.held = HeldMemory()
        self.told: Told = {}
        #: By identity of the line, which is held: its lot where no price book is about.
        self.lots: dict[int, tuple[BasketLine, Lot]] = {}

    def plain_lots(self, lines: Sequence[BasketLine]) -> tuple[Lot, ...]:
        """The lots of lines at their own prices, the same objects as before; a line of nothing has none."""
        kept = self.lots
        if len(kept) > LOTS_MAX:
            kept = self.lots = {}
        found = []
        for line in lines:
            known = kept.get(id(line))
            if known is None:
                if not line.quantity:
                    continue
                known = kept[id(line)] = (line, price_lots((line,), ())[0])
            found.append(known[1])
        return tuple(found)


@dataclass(frozen=True, slots=True)
class World:
    """Lots, and the rights that are open at their prices."""

    goods: Goods
    books: frozenset[str]
    items: tuple[Right, ...]
    orders: tuple[OrderRight, ...]
    #: The most that each of them takes off, by id.
    most: dict[str, int]
    closed: dict[str, Closed]
    #: What the price books take off.
    by_books: int
    #: Promotions that somebody may have to choose, or whose gates hang on the goods.
    rest: tuple[Promotion, ...]


def world_of(
    basket: Basket, promotions: Sequence[Promotion], *, policy: Policy, places: dict[int, int],
    books: frozenset[str], cache: PriceCache,
) -> World:  # fmt: skip
    """The world with these price books (by id) of those that are open."""
    making = _Making(basket, policy, cache, cache.held.of(basket.lines))
    cache.admitting.get_ready(basket)
    lots = making.lots([each for each in promotions if each.layer == "price"], books)
    goods = Goods(basket.lines, lots, places)
    making.amounts = goods.sums.whole
    rest: list[Promotion] = []
    items: list[Right] = []
    orders: list[OrderRight] = []
    known = cache.admitting.rights
    for promotion in promotions:
        right = known.get(id(promotion)) or cache.admitting.at_once(promotion)
        if right is not None:
            items.append(right)
            continue
        if promotion.layer == "item":
            opened = making.opened(promotion)
            right = known.get(id(promotion))
            if right is not None:
                items.append(right)
                continue
            items += [Right(each, left_minor=one.most_minor, code=one.code) for each, one in opened]
        elif promotion.layer == "order":
            opened = making.opened(promotion)
            if opened and _is_out_of_reach(promotion, making.held, goods, policy):
                opened = []
            orders += [order_right(each, basket, one, making.held) for each, one in opened]
        rest.append(promotion)
    most: dict[str, int] = {}
    able: list[OrderRight] = []
    for order in orders:
        amount = most_of(goods, order, policy)
        # Below its lowest step even before the items: it takes no part.
        if amount > 0 or policy.choose == "sequence":
            able.append(with_most(order, amount))
            most[order.promotion_id] = most.get(order.promotion_id, 0) + amount
    by_books = sum([(lot.line.unit_minor - lot.price_minor) * lot.count for lot in lots if lot.book])
    return World(goods, books, tuple(items), tuple(able), most, making.closed, by_books, tuple(rest))


def _is_out_of_reach(promotion: Promotion, held: Held, goods: Goods, policy: Policy) -> bool:
    """Whether its goods, even at their own prices, come to less than its lowest step."""
    kind = promotion.kind
    if not isinstance(kind, SpendTier) or kind.by != "amount" or promotion.same or not kind.steps:
        return False
    if policy.choose == "sequence" or policy.order_percent_per != "order":
        return False
    amounts = goods.sums.amounts
    before = sum([amounts[at] for at in held.places(promotion.on) if amounts[at] > 0])
    return before < min([step.least for step in kind.steps])


class _Making:
    """A world while it is made."""

    __slots__ = ("_basket", "_cache", "_policy", "amounts", "closed", "held")

    def __init__(self, basket: Basket, policy: Policy, cache: PriceCache, held: Held) -> None:
        self._basket = basket
        self._policy = policy
        self._cache = cache
        self.held = held
        self.amounts: Sequence[int] = ()
        self.closed: dict[str, Closed] = {}

    def lots(self, offered: Sequence[Promotion], books: frozenset[str]) -> tuple[Lot, ...]:
        rights: list[Right] = []
        for promotion in offered:
            for each, one in self.opened(promotion):
                if promotion.promotion_id in books:
                    rights.append(Right(each, left_minor=one.most_minor, code=one.code))
        if not rights:
            return self._cache.plain_lots(self._basket.lines)
        return price_lots(self._basket.lines, rights, self._policy.percent_mode)

    def opened(self, promotion: Promotion) -> list[tuple[Promotion, Open]]:
        """The promotion where it is open; where it acts on alike goods, each value that is."""
        is_spread = promotion.same and (promotion.layer == "price" or self._policy.choose != "sequence")
        if not is_spread:
            # In a sequence each value is judged by itself when the turn of the promotion comes.
            admitted = self._cache.admitting.gate
            only = admitted(promotion, self._basket) if promotion.same else self._gate(promotion)
            if isinstance(only, Open):
                return [(promotion, only)]
            self.closed[promotion.promotion_id] = only
            return []
        found: list[tuple[Promotion, Open]] = []
        first: Closed | None = None
        for each in self._cache.admitting.split(promotion, self._basket):
            opened = self._gate(each)
            if isinstance(opened, Closed):
                first = first or opened
            else:
                found.append((each, opened))
        if not found:
            self.closed[promotion.promotion_id] = first or Closed("condition")
        return found

    def _gate(self, promotion: Promotion) -> Open | Closed:
        opened = self._cache.admitting.gate(promotion, self._basket)
        needs = promotion.needs
        if isinstance(opened, Closed) or not needs.conditions or needs.judged_on != "list":
            return opened
        # Price books are judged on what is listed, all else on what they leave.
        amounts = None if promotion.layer == "price" else self.amounts
        uses = self._basket.uses.get(promotion.promotion_id)
        return unmet(needs, self._basket.lines, amounts, uses, self.held) or opened
