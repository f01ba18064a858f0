"""Sets of goods, alike goods, and the index that finds the promotions of a basket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.pricing.goods.index import PromotionIndex, touched_sets
from posapp.domain.pricing.goods.sets import holds, spread, values_of
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Traits
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Condition,
    Deposit,
    EachUnit,
    Every,
    Except,
    GoodsSet,
    Having,
    Kind,
    Needs,
    Off,
    OrderOff,
    Part,
    PriceBook,
    Priced,
    Promotion,
    Reward,
)

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
TENTH = EachUnit(Off(ppm=100_000))


def line(sku: str, *tags: str, category: str = "", brand: str = "", unit_minor: int = 100) -> BasketLine:
    path = tuple(category.split("/")) if category else ()
    return BasketLine(1, sku, 1, unit_minor, Traits(path, brand, frozenset(tags)))


def having(what: str, *values: str) -> Having:
    word = next(each for each in ("sku", "category", "brand", "tag") if each == what)
    return Having(word, frozenset(values))  # type: ignore[arg-type]


def basket(*lines: BasketLine, codes: tuple[Code, ...] = ()) -> Basket:
    return Basket(tuple(replace(each, line_no=n) for n, each in enumerate(lines, 1)), "EUR", AT, codes=codes)


MILK = line("M1", "cold", "organic", category="food/dairy/milk", brand="Alm", unit_minor=129)


@pytest.mark.parametrize(
    ("goods", "is_in"),
    [
        (Every(), True),
        (having("sku", "M1", "M2"), True),
        (having("sku", "M2"), False),
        (having("category", "dairy"), True),
        (having("category", "bread"), False),
        (having("brand", "Alm"), True),
        (having("brand", ""), False),
        (having("tag", "cold", "hot"), True),
        (having("tag", "hot"), False),
        (Priced(129, 129), True),
        (Priced(130, None), False),
        (Priced(None, 128), False),
        (Priced(None, None), True),
        (AnyOf((having("sku", "X"), having("tag", "cold"))), True),
        (AnyOf((having("sku", "X"), having("tag", "hot"))), False),
        (AllOf((having("category", "food"), having("tag", "cold"))), True),
        (AllOf((having("category", "food"), having("tag", "hot"))), False),
        (Except(having("brand", "Alm")), False),
        (AllOf((Every(), Except(having("brand", "Other")))), True),
    ],
)
def test_whether_goods_are_in_a_set(goods: GoodsSet, is_in: bool) -> None:
    assert holds(goods, MILK) is is_in


def test_goods_without_a_brand_are_in_no_brand() -> None:
    assert not holds(having("brand", "Alm"), line("X"))


# ------------------------------------------------------------------ alike goods
@pytest.mark.parametrize(
    ("trait", "values"),
    [
        ("sku", ("M1",)),
        ("category", ("milk",)),
        ("brand", ("Alm",)),
        ("price", ("129",)),
        ("tag:o", ("organic",)),
        ("tag:", ("cold", "organic")),
        ("tag:x", ()),
    ],
)
def test_what_goods_are_alike_in(trait: str, values: tuple[str, ...]) -> None:
    assert values_of(trait, MILK) == values


def test_a_promotion_on_alike_goods_sees_each_kind_by_itself() -> None:
    kind = Bundle((Part(having("tag", "t"), 2),), Off(minor=5))
    needs = Needs(conditions=(Condition(min_qty=2),))
    promotion = Promotion("P", "item", kind, needs=needs, same="brand")
    lines = [line("A", "t", brand="b"), line("B", "t", brand="a"), line("C", "t", brand="b"), line("D", "t")]
    copies = spread(promotion, lines)
    assert [copy.on for copy in copies] == [having("brand", "a"), having("brand", "b")]
    assert [copy.same for copy in copies] == ["", ""]
    for copy, brand in zip(copies, "ab", strict=True):
        assert copy.needs.conditions[0].of == having("brand", brand)
        assert isinstance(copy.kind, Bundle)
        assert copy.kind.parts == (Part(AllOf((having("tag", "t"), having("brand", brand))), 2),)


@pytest.mark.parametrize(
    ("same", "among"),
    [
        ("price", Priced(100, 100)),
        ("sku", having("sku", "A")),
        ("category", having("category", "c")),
        ("tag:x", having("tag", "x1")),
    ],
)
def test_what_is_alike_becomes_a_set(same: str, among: GoodsSet) -> None:
    reward = Reward((Part(Every()),), Part(having("sku", "A")), Off(ppm=1), buy_of=having("sku", "B"))
    (copy,) = spread(Promotion("P", "item", reward, same=same), [line("A", "x1", "y", category="b/c")])
    assert copy.on == among
    assert isinstance(copy.kind, Reward)
    assert copy.kind.buy == (Part(among),)
    assert copy.kind.get == Part(AllOf((having("sku", "A"), among)))
    assert copy.kind.buy_of == AllOf((having("sku", "B"), among))


def test_a_promotion_that_asks_for_nothing_alike_stays_itself() -> None:
    promotion = Promotion("P", "item", TENTH)
    assert spread(promotion, [MILK]) == (promotion,)


# ------------------------------------------------------------------ the index
def ids(index: PromotionIndex, *lines: BasketLine, codes: tuple[Code, ...] = ()) -> list[str]:
    return [promotion.promotion_id for promotion in index.touching(basket(*lines, codes=codes))]


def test_promotions_are_found_by_what_they_ask_for_in_their_order() -> None:
    sets: dict[str, GoodsSet] = {
        "z": having("tag", "cold"),
        "y": having("sku", "M1"),
        "x": having("sku", "M2"),
        "w": having("category", "dairy"),
        "v": having("brand", "Alm", "M1"),
        "u": Every(),
        "t": AllOf((having("category", "food"), Except(having("brand", "Alm")))),
        "s": AllOf((having("category", "food"), Except(having("brand", "Bea")))),
        "r": Except(having("sku", "M1")),
        "q": Priced(100, 150),
        "p": AnyOf((having("sku", "M9"), Priced(500, None))),
    }
    index = PromotionIndex(Promotion(name, "item", TENTH, on) for name, on in sets.items())
    assert ids(index, MILK) == ["z", "y", "w", "v", "u", "s", "q"]
    assert ids(index, line("M2"), line("TV", unit_minor=600)) == ["x", "u", "r", "q", "p"]
    assert ids(index) == []


def test_kinds_are_found_by_what_is_bought() -> None:
    a, b = Part(having("sku", "A")), Part(having("sku", "B"))
    kinds: dict[str, Kind] = {
        "bundle": Bundle((a, b), Off(minor=1)),
        "gift": Reward((a,), b, Off(ppm=1_000_000)),
        "for an amount": Reward((), b, Off(ppm=1), buy_minor=100, buy_of=having("sku", "C")),
        "present": Reward((), b, Off(ppm=1_000_000)),
        "book": PriceBook({"A": 90}),
        "book with the rest": PriceBook({"A": 90}, Off(ppm=1)),
    }
    index = PromotionIndex(Promotion(name, "item", kind) for name, kind in kinds.items())
    assert ids(index, line("A")) == ["bundle", "gift", "book", "book with the rest"]
    assert ids(index, line("B")) == ["bundle", "present", "book with the rest"]
    assert ids(index, line("C")) == ["for an amount", "book with the rest"]
    narrowed = PromotionIndex([Promotion("P", "price", PriceBook({"A": 90}), having("tag", "t"))])
    assert (ids(narrowed, line("A")), ids(narrowed, line("A", "t"))) == ([], ["P"])


def test_coupons_for_all_goods_are_found_by_their_code() -> None:
    everything = OrderOff(Off(minor=100))
    index = PromotionIndex(
        [
            Promotion("one", "order", everything, needs=Needs(codes=frozenset({"ONE", "UNO"}))),
            Promotion("batch", "order", everything, needs=Needs(batch="may")),
            Promotion("cheese", "order", everything, having("tag", "cheese"), needs=Needs(batch="may")),
        ]
    )
    assert ids(index, MILK) == []
    assert ids(index, MILK, codes=(Code("Uno"),)) == ["one"]
    assert ids(index, MILK, codes=(Code("x1", "may"),)) == ["batch"]
    assert ids(index, line("C", "cheese")) == ["cheese"]


def test_deposits_are_found_by_themselves() -> None:
    index = PromotionIndex([Promotion("D", "order", Deposit(100, 300))])
    assert index.touching(basket(MILK)) == ()
    assert index.touching(replace(basket(MILK), deposits={"D": 100}))[0].promotion_id == "D"


def test_disabled_promotions_are_kept_and_not_found() -> None:
    index = PromotionIndex([Promotion("P", "item", TENTH, enabled=False)])
    assert (len(index), ids(index, MILK)) == (1, [])
    index.replace(Promotion("P", "item", TENTH))
    assert ids(index, MILK) == ["P"]
    assert index.remove("P")
    assert not index.remove("P")
    assert (len(index), index.get("P"), ids(index, MILK), list(index)) == (0, None, [], [])


words = st.sampled_from("ABCD")
leaves: st.SearchStrategy[GoodsSet] = st.one_of(
    st.just(Every()),
    st.builds(Having, st.sampled_from(["sku", "category", "brand", "tag"]), st.frozensets(words, min_size=1)),
    st.builds(Priced, st.one_of(st.none(), st.integers(0, 9)), st.one_of(st.none(), st.integers(0, 9))),
)
sets_drawn = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: AnyOf(tuple(each))),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: AllOf(tuple(each))),
        inner.map(Except),
    ),
    max_leaves=4,
)
drawn_lines = st.builds(
    lambda sku, path, brand, tags, price: BasketLine(1, sku, 1, price, Traits(tuple(path), brand, tags)),
    words, st.lists(words, max_size=2), st.one_of(st.just(""), words), st.frozensets(words, max_size=2),
    st.integers(0, 9),
)  # fmt: skip
steps_drawn = st.lists(
    st.tuples(st.sampled_from(["P1", "P2", "P3", "P4"]), st.one_of(st.none(), sets_drawn)), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(steps_drawn, st.lists(drawn_lines, max_size=3))
def test_the_index_finds_what_looking_at_all_finds(
    steps: list[tuple[str, GoodsSet | None]], lines: list[BasketLine]
) -> None:
    index, live = PromotionIndex(), dict[str, Promotion]()
    for promotion_id, on in steps:
        if on is None:
            assert index.remove(promotion_id) is (live.pop(promotion_id, None) is not None)
        else:
            live[promotion_id] = Promotion(promotion_id, "item", TENTH, on)
            index.replace(live[promotion_id])
    wanted = [
        promotion
        for promotion in live.values()
        if any(holds(goods, each) for goods in touched_sets(promotion) for each in lines)
    ]
    assert list(index.touching(basket(*lines))) == wanted
    assert {promotion.promotion_id: promotion for promotion in index} == live
