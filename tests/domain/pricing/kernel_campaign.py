"""The item search in C against the one in Python, component by component, by seed range; prints what differs.

    python -m tests.domain.pricing.kernel_campaign 0 60000

Begin again at the last seed that it printed. Both have to say the same of every unit, and have met as many
states: small adversarial baskets and some of the published shop, with much work allowed and with little, and
with bounds that are tightened early. The tests run a short range of the same.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from posapp.commands.bench_price_shop import PriceShop, price_basket, price_shop
from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.items import search, solving
from posapp.domain.pricing.items.items import solve_items
from posapp.domain.pricing.items.kernel import Kernel, kernel, use
from posapp.domain.pricing.items.search import Found, Unit
from posapp.domain.pricing.items.tables import Cluster
from posapp.domain.pricing.terms.policy import Policy
from tests.domain.pricing.item_cases import small_case

#: Every so many seeds a basket of the published shop.
SHOP_EVERY = 20
STATES = (200_000, 200_000, 40, 7)
SMALL = (250, 250, 20, 0)


class Comparing:
    """What the kernel answered to components (0: solved), how many are not proven, and what differed."""

    def __init__(self) -> None:
        self.codes: Counter[int] = Counter()
        self.unproven = 0
        self.wrong: list[str] = []
        self._shop: tuple[PriceShop, PromotionIndex] | None = None

    def both(self, units: Sequence[Unit], clusters: Sequence[Cluster], states_max: int) -> Found:
        """The search with both, for one component."""
        found = kernel().solve
        assert found is not None

        def counted(*words: int) -> int:
            code: int = found(*words)
            self.codes[code] += 1
            return code

        before = use(Kernel(counted))
        mine = search.search(units, clusters, states_max)
        use(Kernel(None))
        other = search.search(units, clusters, states_max)
        use(before)
        self.unproven += not mine.is_proven
        if mine != other:
            self.wrong.append(f"{len(units)} units: {mine.states} states and {other.states}")
        return mine

    def seed(self, seed: int) -> None:
        """One seed: a small basket, now and then one of the shop."""
        random = Random(f"{seed} kernel")
        policy = Policy(states_max=random.choice(STATES))
        with self.listening(random.choice(SMALL)):
            if seed % SHOP_EVERY:
                lots, rights = small_case(seed, units_max=random.choice((6, 6, 9, 12)))
                solve_items(lots, rights, policy)
                return
            if self._shop is None:
                shop = price_shop(1_000, 300, 5)
                self._shop = shop, PromotionIndex(shop.promotions)
            price(price_basket(self._shop[0], random.randint(8, 20), seed), self._shop[1], policy)

    @contextmanager
    def listening(self, small: int) -> Iterator[None]:
        """Every component goes through both; below so many states no better bound is looked for."""
        before, known = search.SMALL, solving.search
        search.SMALL, solving.search = small, self.both
        try:
            yield
        finally:
            search.SMALL, solving.search = before, known


def main(begin: int, end: int) -> int:
    """Run a range; the number of components that differ."""
    if kernel().solve is None:
        print(f"no kernel: {kernel().reason}")
        return 1
    comparing = Comparing()
    for seed in range(begin, end):
        comparing.seed(seed)
        if comparing.wrong:
            print(f"{seed}: {comparing.wrong.pop()}", flush=True)
            return 1
        if seed % 5_000 == 0:
            print(f"at {seed}: {comparing.codes[0]} components, {comparing.unproven} not proven", flush=True)
    print(f"{comparing.codes[0]} components, {comparing.unproven} not proven, none differs")
    print(f"left to Python: {comparing.codes.total() - comparing.codes[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
