"""What the hub sends is read leniently, and nothing it sends can stop a stream."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.shop_document import ShopDocumentError
from posapp.exchange.incoming import (
    SettingReceived,
    ShopReceived,
    Unreadable,
    read_item,
    read_setting,
    shop_from_bytes,
)
from sync.protocol.messages import Change

SHOP: dict[str, Any] = {
    "store": {"id": "S1", "names": {"en": "Corner"}, "currency": "EUR"},
    "terminals": [{"id": "T1", "number": 1}],
    "operators": [{"id": "1", "name": "Ann", "role": "manager", "pin_hash": "$argon2id$x"}],
    "tax": {"rates": [{"id": "std", "names": {"en": "VAT"}, "percent": "20"}]},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def change(body: Any, key: str = "shop", kind: Any = "upsert") -> Change:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Change(kind, key, 1, msgspec.Raw(raw))


def test_an_item_with_more_fields_than_known_is_read() -> None:
    body = {
        "sku": "1", "names": {"en": "a"}, "pinyin": "", "unit": "g", "tax_category": "t", "codes": ["=x"],
        "prices": [[0, 1]], "later": {},
    }  # fmt: skip
    item = read_item(change(body, "1"))
    assert not isinstance(item, Unreadable)
    assert (item.sku, item.unit, item.prices) == ("1", "g", ((0, 1),))


@given(JSON | st.binary(max_size=30))
def test_no_item_body_raises(body: Any) -> None:
    found = read_item(change(body, "1"))
    assert isinstance(found, Unreadable)
    assert found.key == "1"


@given(
    JSON | st.binary(max_size=30), st.sampled_from(["shop", "loyalty"]), st.sampled_from(["upsert", "delete"])
)
def test_no_setting_raises_or_passes_for_a_shop(body: Any, key: str, kind: str) -> None:
    found = read_setting(change(body, key, kind))
    assert isinstance(found, Unreadable if key == "shop" else SettingReceived)


def test_an_unknown_setting_is_kept_as_it_came() -> None:
    assert read_setting(change(b'{"a" : 1}', "loyalty")) == SettingReceived("loyalty", b'{"a" : 1}')
    assert read_setting(change(b"null", "loyalty", "delete")) == SettingReceived("loyalty", None)


def test_a_shop_of_a_later_version_is_understood_as_far_as_possible() -> None:
    found = read_setting(change(SHOP | {"drones": {"count": 3}}))
    assert isinstance(found, ShopReceived), found
    assert found.shop.store_id == "S1"
    assert shop_from_bytes(found.document) == found.shop


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_what_is_no_shop_is_told_in_sentences(document: bytes) -> None:
    with pytest.raises(ShopDocumentError) as caught:
        shop_from_bytes(document)
    assert all(caught.value.problems)
