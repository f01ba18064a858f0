"""Carts that are not paid yet: the open one, and parked ones that wait for their customer."""

from __future__ import annotations

from posapp.flows.effects import ParkDraft, SaveDraft, UnparkDraft
from posapp.flows.intents import SuspendedCart
from posapp.store.engine import Connection

DraftAct = SaveDraft | ParkDraft | UnparkDraft


def write_draft(connection: Connection, act: DraftAct) -> None:
    """Store, park or take up a cart."""
    match act:
        case SaveDraft():
            _put(connection, act.transaction_id, "open", ("", 0, "", 0, 0), act.cart)
        case ParkDraft():
            note = (act.label, act.suspended_ms, act.operator_name, act.goods_minor, act.pieces)
            _put(connection, act.transaction_id, "parked", note, act.cart)
        case UnparkDraft():
            connection.execute(
                "UPDATE draft SET state = 'open' WHERE transaction_id = ?", (act.transaction_id,)
            )


def _put(
    connection: Connection,
    transaction_id: str,
    state: str,
    note: tuple[str, int, str, int, int],
    cart: bytes,
) -> None:
    changed = connection.execute(
        "UPDATE draft SET state = ?, label = ?, suspended_ms = ?, operator_name = ?, goods_minor = ?, "
        "pieces = ?, cart = ? WHERE transaction_id = ?",
        (state, *note, cart, transaction_id),
    ).rowcount
    if changed == 0:
        connection.execute(
            "INSERT INTO draft (transaction_id, state, label, suspended_ms, operator_name, goods_minor, "
            "pieces, cart) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (transaction_id, state, *note, cart),
        )


def drop_draft(connection: Connection, transaction_id: str) -> None:
    """Forget a cart that was paid or given up."""
    connection.execute("DELETE FROM draft WHERE transaction_id = ?", (transaction_id,))


def open_cart(connection: Connection) -> bytes | None:
    """The cart that was on the screen, if any."""
    row = connection.execute(
        "SELECT cart FROM draft WHERE state = 'open' ORDER BY draft_no DESC LIMIT 1"
    ).fetchone()
    return None if row is None else bytes(row[0])


def parked_carts(connection: Connection) -> tuple[SuspendedCart, ...]:
    """Carts that wait, oldest first."""
    rows = connection.execute(
        "SELECT transaction_id, label, suspended_ms, operator_name, goods_minor, pieces, cart "
        "FROM draft WHERE state = 'parked' ORDER BY suspended_ms, draft_no"
    )
    return tuple(SuspendedCart(*row) for row in rows)
