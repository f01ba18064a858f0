"""What was given away, read page by page by programs: coupons of a batch, entries, leases, compensations."""

from __future__ import annotations

from typing import Any

from sync.hub.loyalty.compensation import Loss, compensate
from sync.hub.schema.leases import LEASE
from tests.hub.conftest import NOW_MS
from tests.hub.fleet_visitor import Fleet
from tests.hub.test_members_api import CHEN, HOME, ask, put, token

__all__ = ["token"]


def pages(fleet: Fleet, token: str, path: str, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        status, page = ask(fleet, "GET", f"{path}limit=2&after={after}", token)
        assert status == 200, page
        rows += page[name]
        after = page["next"]
        if not after:
            return rows


def test_coupons_of_a_batch_come_page_by_page(fleet: Fleet, token: str) -> None:
    batch = {"names": {"en": "20 off"}, "value_minor": 2000}
    assert ask(fleet, "PUT", f"{HOME}/coupon-batches", token, batch | {"batch": "SPRING20"})[0] == 200
    wanted = {"coupons": [{} for _ in range(5)], "idempotency_key": "k1"}
    issued = ask(fleet, "POST", f"{HOME}/coupon-batches/SPRING20/issue", token, wanted)[1]["coupon_ids"]
    assert ask(fleet, "POST", f"{HOME}/coupons/void", token, {"coupon_ids": issued[:2]})[1]["voided"] == 2
    path = f"{HOME}/coupon-batches/SPRING20/coupons"
    rows = pages(fleet, token, f"{path}?", "coupons")
    assert [row["coupon_id"] for row in rows] == sorted(issued)
    voided = pages(fleet, token, f"{path}?state=voided&", "coupons")
    assert {row["coupon_id"] for row in voided} == set(issued[:2])
    for wrong, status in (("?state=lost", 400), ("?after=%22", 400), ("?limit=0", 400), ("?colour=1", 400)):
        assert ask(fleet, "GET", path + wrong, token)[0] == status
    assert ask(fleet, "GET", f"{HOME}/coupon-batches/NONE/coupons", token)[0] == 404
    assert ask(fleet, "GET", path, "nobody")[0] == 401


def test_every_entry_of_points_comes_once(fleet: Fleet, token: str) -> None:
    (member_id,) = put(fleet, token, CHEN)
    path = f"{HOME}/members/{member_id}/points"
    for number in range(5):
        told = {"points": 10 + number, "reason": "opening", "idempotency_key": f"k{number}"}
        assert ask(fleet, "POST", path, token, told)[0] == 200
    rows = pages(fleet, token, f"{path}/entries?", "entries")
    assert sorted(row["active"] for row in rows) == [10, 11, 12, 13, 14]
    assert ask(fleet, "GET", f"{HOME}/members/M000000000000/points/entries", token)[0] == 404


def test_leases_and_compensations_are_read(fleet: Fleet, token: str) -> None:
    columns = {one.name: "" if one.type.python_type is str else 0 for one in LEASE.columns
               if one.type.python_type in (str, int)}  # fmt: skip
    rest = {one.name: b"" for one in LEASE.columns if one.type.python_type is bytes}
    lease = columns | rest | {
        "store_id": "S1", "terminal_id": "T1", "lease_id": "L1", "kind": "coupons", "state": "open",
        "amount": 4_500, "until_ms": NOW_MS + 9_000_000,
    }  # fmt: skip
    loss = Loss("S1", "txn-1", "coupon", "C-1", 2_000, "T1", "7", 0, "L1")
    with fleet.database.writing() as connection:
        connection.execute(LEASE.insert().values(**lease))
        assert compensate(connection, loss, now_ms=NOW_MS)
    status, told = ask(fleet, "GET", f"{HOME}/leases?store=S1", token)
    assert (status, told["worst_minor"], told["leases"][0]["left"]) == (200, {"S1": 4_500}, 4_500)
    assert ask(fleet, "GET", f"{HOME}/leases?store=S2", token)[1] == {"leases": [], "worst_minor": {}}
    status, told = ask(fleet, "GET", f"{HOME}/compensations", token)
    assert [(one["right_id"], one["amount_minor"], one["outcome"]) for one in told["compensations"]] == [
        ("C-1", 2_000, "")
    ]
    assert ask(fleet, "GET", f"{HOME}/compensations?state=settled", token)[1] == {"compensations": []}
    assert ask(fleet, "GET", f"{HOME}/compensations?state=lost", token)[0] == 400
