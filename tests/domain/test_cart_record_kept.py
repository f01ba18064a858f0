"""What is kept of an earlier writing of a cart never shows in a later one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.cart import Cart, NewLine, add_line, set_pieces, void_line, with_scan
from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.domain.catalog import Item
from posapp.domain.facts import ScanRecord
from posapp.domain.quantity import Quantity

ACTS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["scan", "again", "pieces", "void", "first"]), st.booleans()
    ),
    max_size=60,
)


def changed(cart: Cart, act: str, number: int) -> Cart:
    """The cart after one act; an act that does not fit leaves it as it was."""
    last = cart.lines[-1].line_no if cart.lines else 0
    if act in ("scan", "again"):
        sku = f"item {number}" if act == "scan" else "the same"
        item = Item(sku, {"en": sku, "zh_CN": f"商品{number}"}, "pcs", "standard", 100 + number, 0)
        added = add_line(cart, NewLine(item, f"c{number}", Quantity(1)))
        assert added is not None
        return with_scan(added[0], ScanRecord(number, f"c{number}", number, added[1], None))
    if act == "pieces":
        return set_pieces(cart, last, 2 + number) or cart
    line_no = cart.lines[0].line_no if act == "first" and cart.lines else last
    return void_line(cart, line_no, number) or cart


@given(ACTS)
def test_two_carts_written_in_turn_come_back_as_they_were(acts: list[tuple[int, str, bool]]) -> None:
    carts = [Cart("one", 1), Cart("two", 2)]
    for number, (which, act, write) in enumerate(acts, 1):
        carts[which] = changed(carts[which], act, number)
        if not write:
            continue
        assert cart_from_bytes(cart_to_bytes(carts[which])) == carts[which]
    assert cart_from_bytes(cart_to_bytes(Cart("one", 1))) == Cart("one", 1)


def test_a_list_that_grew_by_one_from_other_entries_is_written_anew() -> None:
    cart = Cart("three", 1)
    for number in (1, 2, 3):
        cart = changed(cart, "scan", number)
    cart_to_bytes(cart)
    for act, number in (("first", 4), ("scan", 5), ("scan", 6)):
        cart = changed(cart, act, number)
    assert cart_from_bytes(cart_to_bytes(cart)) == cart
