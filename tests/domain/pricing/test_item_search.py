"""The item layer's search: equal to trying everything, the same in any order, and ties as stated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from posapp.domain.pricing.items import search
from posapp.domain.pricing.items.items import ItemCache, solve_items
from posapp.domain.pricing.items.kernel import Kernel, use
from posapp.domain.pricing.terms.applications import ItemChoice, Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine, Traits
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    Every,
    Funding,
    GoodsSet,
    Having,
    Kind,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    Part,
    Promotion,
    QtyTier,
    Reward,
    Stack,
    Step,
)
from tests.domain.pricing import item_cases
from tests.domain.pricing.item_campaign import wrong_choice, wrong_frontier, wrong_sums
from tests.domain.pricing.item_cases import small_case

HALF = Off(ppm=500_000)


@pytest.fixture(autouse=True, params=["as it is found", "in Python"])
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    """All of it with the C kernel, where there is one, and without."""
    before = use(None if request.param == "as it is found" else Kernel(None))
    yield
    use(before)


def lots(*goods: tuple[str, int, int], locked: bool = False) -> list[Lot]:
    """(SKU, pieces, price) as lots."""
    return [
        Lot(BasketLine(n, sku, pieces, price), 0, pieces, price, locked)
        for n, (sku, pieces, price) in enumerate(goods, 1)
    ]


def only(*skus: str) -> GoodsSet:
    return Having("sku", frozenset(skus))


def right(name: str, kind: Kind, on: GoodsSet = Every(), **fields: object) -> Right:
    return Right(Promotion(name, "item", kind, on=on, **fields))  # type: ignore[arg-type]


def told(choice: ItemChoice) -> list[tuple[str, int, list[tuple[int, int]]]]:
    return [
        (one.promotion.promotion_id, one.amount_minor, [unit[:2] for unit in one.units])
        for one in choice.applications
    ]


@pytest.mark.parametrize("begin", range(0, 600, 100))
def test_equal_to_every_assignment(begin: int) -> None:
    found = [wrong_choice(seed, 1_000) for seed in range(begin, begin + 100)]
    assert [one for one in found if one] == []
    assert len([one for one in found if one is not None]) > 60


def test_equal_where_bounds_are_always_tightened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL", 0)
    assert [one for one in (wrong_choice(seed, 600) for seed in range(2_000, 2_250)) if one] == []


def test_the_frontier_misses_nothing() -> None:
    assert [one for one in (wrong_frontier(seed, 700) for seed in range(250)) if one] == []


def test_the_order_of_rights_and_what_the_cache_holds_change_nothing() -> None:
    cache = ItemCache()
    for seed in range(150):
        goods, rights = small_case(seed, units_max=9)
        want = solve_items(goods, rights)
        shuffled = Random(seed).sample(rights, len(rights))
        assert told(solve_items(goods, shuffled)) == told(want)
        # The cache has seen other promotions of the same names, and the basket with one line less.
        solve_items(goods[:-1], rights, cache=cache)
        assert solve_items(goods, rights, cache=cache).applications == want.applications
        assert told(solve_items(goods, shuffled, cache=cache)) == told(want)


def test_what_is_cut_short_is_an_answer_and_says_so() -> None:
    random = Random(4)
    goods = lots(*[(random.choice("ABCDEFG"), 2, 90 + 7 * n) for n in range(14)])
    rights = [
        right(f"n{n}", NFor(2 + n % 3, Off(price_minor=150 + 20 * n)), only(*random.sample("ABCDEFG", 4)))
        for n in range(9)
    ]
    whole = solve_items(goods, rights)
    cut = solve_items(goods, rights, Policy(states_max=40))
    assert (whole.is_proven, cut.is_proven) == (True, False)
    assert cut.value_minor <= whole.value_minor
    assert wrong_sums(cut, goods) == "" == wrong_sums(whole, goods)
    # Neither the order of rights nor what the cache had more work for changes what is found.
    assert told(cut) == told(solve_items(goods, rights[::-1], Policy(states_max=40)))
    cache = ItemCache()
    solve_items(goods[:3], rights, Policy(states_max=40), cache)
    again = solve_items(goods, rights, Policy(states_max=40), cache)
    assert (told(again), again.states) == (told(cut), cut.states)


def test_a_better_combination_than_the_best_single_ones() -> None:
    goods = lots(("A", 3, 100))
    rights = [right("second", Nth(2, HALF)), right("three", NFor(3, Off(price_minor=190)))]
    assert told(solve_items(goods, rights)) == [("three", 110, [(1, 0), (1, 1), (1, 2)])]
    rights.append(right("tenth", EachUnit(Off(ppm=400_000))))
    assert solve_items(goods, rights).value_minor == 120


def test_groups_are_formed_by_falling_price() -> None:
    goods = lots(("A", 1, 100), ("B", 1, 90), ("C", 1, 80), ("D", 1, 70))
    choice = solve_items(goods, [right("second", Nth(2, Off(ppm=1_000_000)))])
    assert told(choice) == [("second", 90, [(1, 0), (2, 0)]), ("second", 70, [(3, 0), (4, 0)])]


def test_stacks_are_computed_each_on_what_is_left() -> None:
    agreeing = Stack(tags=frozenset("x"), agrees=frozenset("x"), priority=1)
    goods = lots(("A", 2, 1000))
    rights = [
        right("ten", EachUnit(Off(ppm=100_000)), stack=agreeing),
        right("fifty", EachUnit(Off(minor=50)), stack=replace(agreeing, priority=9)),
        right("second", Nth(2, HALF), stack=agreeing),
    ]
    choice = solve_items(goods, rights)
    # 1000 - 50 = 950, less a tenth = 855, and half of that for the second: 428.
    assert {one.promotion.promotion_id: one.amount_minor for one in choice.applications} == {
        "fifty": 100,
        "ten": 190,
        "second": 428,
    }
    one_way = [*rights[:2], right("second", Nth(2, HALF), stack=Stack(tags=frozenset("x")))]
    assert solve_items(goods, one_way).value_minor == 500


def test_fewest_coupons_then_the_one_that_ends_first() -> None:
    goods = lots(("A", 1, 100), ("B", 1, 100))
    half = EachUnit(HALF)

    def coupon(name: str, on: GoodsSet, ends: datetime | None = None) -> Right:
        promotion = Promotion(name, "item", half, on=on, needs=Needs(codes=frozenset({name})), ends=ends)
        return Right(promotion, code=name)

    both = coupon("zz", only("A", "B"))
    rights = [coupon("c1", only("A")), coupon("c2", only("B")), both]
    assert told(solve_items(goods, rights)) == [("zz", 100, [(1, 0), (2, 0)])]
    soon = coupon("yy", only("A", "B"), datetime(2026, 1, 1))  # noqa: DTZ001 - a wall clock time is meant
    assert [one.code for one in solve_items(goods, [*rights, soon]).applications] == ["yy"]
    # What costs no coupon goes before one that gives no more.
    free = right("zzz", half)
    assert [one.code for one in solve_items(goods, [*rights, soon, free]).applications] == [""]


def test_least_cost_to_the_store_then_the_lowest_id() -> None:
    goods = lots(("A", 2, 100))
    brand = (Funding("brand", 1_000_000),)
    rights = [right(name, EachUnit(HALF)) for name in "ab"]
    rights.append(right("c", EachUnit(HALF), funding=brand))
    assert [one.promotion.promotion_id for one in solve_items(goods, rights).applications] == ["c"]
    assert [one.promotion.promotion_id for one in solve_items(goods, rights[:2]).applications] == ["a"]
    groups = [right(name, NFor(2, HALF)) for name in ("n2", "n1")]
    groups.append(right("n3", NFor(2, HALF), funding=brand))
    assert [one.promotion.promotion_id for one in solve_items(goods, groups).applications] == ["n3"]
    assert [one.promotion.promotion_id for one in solve_items(goods, groups[:2]).applications] == ["n1"]


def test_limits_go_to_the_units_that_save_most() -> None:
    goods = lots(("A", 2, 100), ("B", 2, 300))
    assert solve_items(goods, [right("p", EachUnit(HALF), limits=Limits(max_units=3))]).value_minor == 350
    assert solve_items(goods, [right("p", EachUnit(HALF), limits=Limits(max_minor=170))]).value_minor == 170
    assert solve_items(goods, [replace(right("p", EachUnit(HALF)), left_minor=20)]).value_minor == 20
    assert solve_items(goods, [replace(right("p", Nth(2, HALF)), uses_max=1)]).value_minor == 150
    per_line = Limits(max_units_per_line=1)
    assert solve_items(goods, [right("p", EachUnit(HALF), limits=per_line)]).value_minor == 200
    floor = Limits(floor_ppm=900_000)
    assert solve_items(goods, [right("p", NFor(4, Off(price_minor=100)), limits=floor)]).value_minor == 80


def test_locked_units_are_left_alone() -> None:
    rights = [right("p", EachUnit(HALF)), right("n", Nth(2, HALF))]
    assert solve_items(lots(("A", 2, 100), locked=True), rights).applications == ()


def test_tiers_hold_the_highest_step_reached() -> None:
    goods = lots(("A", 3, 100))
    worse_later = QtyTier((Step(2, Off(ppm=300_000)), Step(3, Off(ppm=50_000))))
    assert solve_items(goods, [right("t", worse_later)]).value_minor == 60
    counted = replace(worse_later, counts="basket")
    assert solve_items(goods, [right("t", counted)]).value_minor == 15
    by_line = QtyTier((Step(3, Off(ppm=100_000)),), counts="line")
    assert solve_items(lots(("A", 3, 100), ("B", 2, 100)), [right("t", by_line)]).value_minor == 30


def test_bought_over_once_and_for_an_amount() -> None:
    goods = lots(("A", 4, 100))
    over = Reward((Part(only("A")),), Part(only("A")), Off(ppm=1_000_000), over=1)
    assert solve_items(goods, [right("r", over)]).value_minor == 100
    amount = Reward((), Part(only("A")), HALF, buy_minor=250, buy_of=only("A"))
    assert solve_items(goods, [right("r", amount)]).value_minor == 50
    assert solve_items(goods[:1] + lots(("A", 3, 100)), [right("r", amount)]).value_minor == 50


def test_a_reward_is_not_dearer_than_what_was_bought() -> None:
    kind = Reward((Part(only("A")),), Part(only("B")), Off(ppm=1_000_000), cheaper=True)
    assert solve_items(lots(("A", 1, 100), ("B", 1, 101)), [right("r", kind)]).applications == ()
    assert solve_items(lots(("A", 1, 100), ("B", 1, 100)), [right("r", kind)]).value_minor == 100
    assert solve_items(lots(("B", 1, 100), ("A", 1, 100)), [right("r", kind)]).value_minor == 100


def test_pieces_bought_over_are_those_that_give_most(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = item_cases._reward

    def with_over(random: Random) -> Reward:
        kind = drawn(random)
        return (
            replace(kind, over=random.choice((1, 1, 2)), cheaper=random.random() < 0.8) if kind.buy else kind
        )

    monkeypatch.setattr(item_cases, "_reward", with_over)
    found = [wrong(seed, 500) for seed in range(700) for wrong in (wrong_choice, wrong_frontier)]
    assert [one for one in found if one] == []


def test_the_piece_bought_over_is_the_one_that_lets_the_reward_be_dearest() -> None:
    kind = Reward((Part(only("A")),), Part(only("B")), Off(ppm=1_000_000), cheaper=True, over=1)
    goods = lots(("A", 1, 200), ("B", 1, 150), ("A", 1, 50), ("B", 1, 40))
    (made,) = solve_items(goods, [right("r", kind)]).applications
    assert made.amount_minor == 150
    assert [unit.line_no for unit in made.units] == [1, 2, 3]
    # Goods of one kind may be bought, bought over or given, too.
    mixed = Reward((Part(Every()),), Part(Every()), Off(ppm=1_000_000), cheaper=True, over=1)
    assert solve_items(lots(("A", 2, 90), ("B", 1, 7)), [right("r", mixed)]).value_minor == 90


def test_the_piece_bought_over_may_be_any_where_those_of_a_group_differ() -> None:
    kind = Reward((Part(Every()),), Part(only("A")), Off(ppm=1_000_000), over=1)
    goods = lots(("C", 1, 200), ("A", 1, 100), ("A", 1, 90))
    assert solve_items(goods, [right("r", kind, differ="sku")]).value_minor == 100


def test_units_of_a_group_that_have_to_differ() -> None:
    kind = NFor(2, Off(price_minor=100))
    same = lots(("A", 2, 90))
    assert solve_items(same, [right("d", kind, differ="sku")]).applications == ()
    mixed = lots(("B", 1, 93), ("C", 1, 92), ("A", 2, 91))
    # First come, first served would put B with C and leave both A alone.
    assert solve_items(mixed, [right("d", kind, differ="sku")]).value_minor == 93 + 92 + 182 - 200


def test_gifts_that_lie_in_no_line() -> None:
    kind = Reward((Part(only("A"), 2),), Part(only("G")), Off(ppm=1_000_000), adds=("G",))
    gift = right("gift", kind, limits=Limits(per_order=2))
    choice = solve_items(lots(("A", 7, 100)), [gift])
    assert [(one.promotion.promotion_id, one.quantity) for one in choice.gifts] == [("gift", 2)]
    assert choice.value_minor == 0
    assert solve_items(lots(("A", 2, 100), ("G", 1, 30)), [gift]).gifts == ()
    # Money off comes first; a gift takes what is left over.
    assert solve_items(lots(("A", 3, 100)), [gift, right("n", NFor(2, HALF))]).gifts == ()
    # Nobody gives away what is only reduced.
    reduced = right("half", replace(kind, off=HALF))
    assert solve_items(lots(("A", 7, 100)), [reduced]).gifts == ()


def test_sets_by_category_brand_tag_and_price() -> None:
    line = BasketLine(1, "A", 1, 100, traits=Traits(("food", "fruit"), "Best", frozenset({"fresh"})))
    goods = [Lot(line, 0, 1, 100)]
    for what, value in (("category", "food"), ("category", "fruit"), ("brand", "Best"), ("tag", "fresh")):
        on = Having(what, frozenset({value}))  # type: ignore[arg-type]
        assert solve_items(goods, [right("p", EachUnit(HALF), on)]).value_minor == 50
    no_tag = Having("tag", frozenset({"food"}))
    assert solve_items(goods, [right("p", EachUnit(HALF), no_tag)]).value_minor == 0


def test_bundles_of_parts_that_overlap() -> None:
    goods = lots(("A", 2, 100), ("B", 1, 40), ("C", 1, 30))
    kind = Bundle((Part(only("A", "B")), Part(only("A", "C"))), Off(price_minor=50))
    assert solve_items(goods, [right("b", kind)]).value_minor == 170
