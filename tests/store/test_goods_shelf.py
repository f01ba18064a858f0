"""Items by the sets that promotions speak of: found, priced as of now, few, and always the same ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from posapp.domain.catalog import Item
from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, Every, Except, GoodsSet, Having, Priced
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.goods_shelf import GoodsShelf
from tests.simulation.counter import SystemClock, item_change

NOW_MS = 1_780_000_000_000
GOODS = {
    "6900170000012": Item("tea", {"en": "Tea"}, "pcs", "vat13", 2000, traits=Traits(("drinks", "hot"))),
    "6900170000043": Item("cola", {"en": "Cola"}, "pcs", "vat13", 500, traits=Traits(("drinks",), "Fizz")),
    "6900170000067": Item(
        "cap", {"en": "Cap"}, "pcs", "vat13", 5900, traits=Traits(tags=frozenset({"茶\\"}))
    ),
    "6900170000081": Item("bag", {"en": "Bag"}, "pcs", "vat13", None, None),
}


@pytest.fixture
def place(tmp_path: Path) -> CatalogPlace:
    place = CatalogPlace(tmp_path / "catalog.db")
    catalogue = open_catalog_file(place, SystemClock())
    catalogue.apply_catalogue(
        [item_change(item, code, rev) for rev, (code, item) in enumerate(GOODS.items(), 1)], "cursor"
    )
    catalogue.close()
    return place


def having(what: str, *values: str) -> Having:
    return Having(what, frozenset(values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of", "skus"),
    [
        (having("sku", "tea", "ghost", "cap"), ["cap", "tea"]),
        (having("category", "drinks"), ["cola", "tea"]),
        (having("category", "hot"), ["tea"]),
        (having("brand", "Fizz"), ["cola"]),
        (having("tag", "茶\\"), ["cap"]),
        (having("category", "rink"), []),
        (AnyOf((having("brand", "Fizz"), having("sku", "bag"))), ["cola", "bag"]),
        (AllOf((having("category", "drinks"), Priced(0, 100))), ["cola", "tea"]),
        (AllOf((Except(having("sku", "tea")), having("category", "drinks"))), ["cola", "tea"]),
        (Every(), []),
        (Except(having("sku", "tea")), []),
    ],
)
def test_what_narrows_a_set_down_finds_its_goods(place: CatalogPlace, of: GoodsSet, skus: list[str]) -> None:
    shelf = GoodsShelf(place)
    try:
        found = shelf.goods_of(of, NOW_MS)
        assert [item.sku for item in found] == skus
        by_sku = {item.sku: item for item in GOODS.values()}
        for item in found:
            told = by_sku[item.sku]
            assert (item.price_minor, item.traits) == (told.price_minor, told.traits)
    finally:
        shelf.close()


def test_a_few_are_enough_and_a_broken_file_has_none(tmp_path: Path) -> None:
    place = CatalogPlace(tmp_path / "catalog.db")
    catalogue = open_catalog_file(place, SystemClock())
    many = [
        Item(f"s{n:03}", {"en": "x"}, "pcs", "vat13", n, None, traits=Traits(("all",))) for n in range(90)
    ]
    catalogue.apply_catalogue(
        [item_change(item, f"{2_000_000_000_000 + n}", n + 1) for n, item in enumerate(many)], "c"
    )
    catalogue.close()
    shelf = GoodsShelf(place)
    try:
        assert len(shelf.goods_of(having("category", "all"), NOW_MS)) == 24
        assert len(shelf.goods_of(having("sku", *(item.sku for item in many)), NOW_MS)) == 24
    finally:
        shelf.close()
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 500)
    shelf = GoodsShelf(CatalogPlace(tmp_path / "broken.db"))
    try:
        assert shelf.goods_of(having("sku", "s001"), NOW_MS) == ()
    finally:
        shelf.close()
