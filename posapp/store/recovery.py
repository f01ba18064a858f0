"""What the ledger held when the till was last running, put together at the start.

Reads only. Something unreadable is left out and counted as quarantined, so that a damaged detail
never keeps a shop from opening.
"""

from __future__ import annotations

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.shop import Shop
from posapp.domain.shop_document import ShopDocumentError
from posapp.exchange.incoming import shop_from_bytes
from posapp.flows.intents import Recovered
from posapp.store.drafts import open_cart, parked_carts
from posapp.store.engine import Connection
from posapp.store.leases import held_leases
from posapp.store.prints import unprinted_count
from posapp.store.programme import read_programme
from posapp.store.sales import last_sale
from posapp.store.settings import LANGUAGE, SHOP, get_scanners, get_setting, lockouts, wrong_pins
from posapp.store.shift_reading import quarantined_count
from posapp.store.state import read_state


def recover(connection: Connection, *, now_ms: int) -> Recovered:
    """Everything the till needs to go on where it stopped."""
    state = read_state(connection)
    cart = open_cart(connection)
    suspended = parked_carts(connection)
    shop, broken = _shop(connection)
    language = get_setting(connection, LANGUAGE)
    if state.shift is not None and state.shift.is_added_up_again:
        broken += 1
    leases = held_leases(connection)
    carts = [data for data in (cart, *(parked.cart for parked in suspended)) if data is not None]
    return Recovered(
        shop=shop,
        shift=None if state.shift is None else state.shift.totals,
        cart=cart,
        suspended=suspended,
        last_sale=last_sale(connection),
        locked_until=lockouts(connection, now_ms),
        wrong_pins=wrong_pins(connection),
        next_shift_number=state.shift_number + 1,
        quarantined=quarantined_count(connection) + broken,
        language=None if language is None else language.decode("utf-8", "replace"),
        scan_no=max([state.scan_no, *(_last_scan(data) for data in carts)]),
        unprinted=unprinted_count(connection),
        paired_scanners=get_scanners(connection),
        programme=read_programme(connection)[0],
        leases=leases.open,
        lease_worst_minor=leases.worst_minor,
    )


def read_shop(connection: Connection) -> Shop | None:
    """The set-up of the shop, or None where none has come yet or it cannot be read."""
    return _shop(connection)[0]


def _shop(connection: Connection) -> tuple[Shop | None, int]:
    document = get_setting(connection, SHOP)
    if document is None:
        return None, 0
    try:
        return shop_from_bytes(document), 0
    except ShopDocumentError:
        return None, 1


def _last_scan(data: bytes) -> int:
    cart = cart_from_bytes(data)
    return 0 if cart is None else max((scan.scan_no for scan in cart.scans), default=0)
