"""Everything that touches rights at once: holds, sales, returns, merges, erasing, blocking, time and lists.

Whatever order it comes in, no transaction is given up for want of another, and figures are what entries say.
In full: POS_MIXED_ROUNDS=200 python -m pytest tests/hub/test_rights_mixed.py
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from posapp.domain.members.member_codes import new_member_id
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.coupon_issue import issue_coupons
from sync.hub.loyalty.coupons import NewCoupon
from sync.hub.loyalty.joining import join, merge
from sync.hub.loyalty.member_admin import block, unblock
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_import import add_stores, put_members
from sync.hub.loyalty.member_privacy import erase_member
from sync.hub.loyalty.member_stream import refresh_members
from sync.hub.loyalty.members import MemberError, canonical
from sync.protocol.loyalty import JoinRequest
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.rights_world import (
    BATCH,
    DAY_MS,
    account,
    add_members,
    folded,
    give_coupons,
    give_points,
    goods_back,
    keep,
    released,
    sale,
)

THREADS = 16
ROUNDS = int(os.environ.get("POS_MIXED_ROUNDS", "12"))
MEMBERS = [new_member_id(bytes([0, 0, 0, 0, 0, 0, 0, number])) for number in range(1, 9)]
Work = Callable[[Database, random.Random, str], object]


def _hold(database: Database, dice: random.Random, name: str) -> object:
    wanted = dice.sample([f"C{n}" for n in range(40)], 2)
    place = (dice.choice(("S1", "S2")), f"T{dice.randrange(3)}")
    return keep(
        database, name, *wanted, member_id=dice.choice(MEMBERS), points=dice.randrange(50), place=place
    )


def _sell(database: Database, dice: random.Random, name: str) -> object:
    member_id = dice.choice(MEMBERS)
    keep(database, name, f"C{dice.randrange(40)}", member_id=member_id, points=20)
    return folded(database, sale(name, member_id=member_id, earned=9, used=20, hold_id=f"hold-{name}"))


def _sell_several(database: Database, dice: random.Random, name: str) -> object:
    several = [sale(f"{name}-{n}", member_id=one, earned=5) for n, one in enumerate(dice.sample(MEMBERS, 4))]
    return folded(database, *several, *(goods_back(f"{name}-r", f"{name}-0", taken=5, member_id=MEMBERS[0]),))


def _let_go(database: Database, dice: random.Random, name: str) -> object:
    keep(database, name, member_id=dice.choice(MEMBERS), points=10)
    return folded(database, released(name))


def _merge(database: Database, dice: random.Random, name: str) -> object:
    keep_id, other_id = dice.sample(MEMBERS[4:], 2)
    return database.write(lambda open_: merge(open_, keep_id, other_id, who="x", now_ms=NOW_MS))


def _join(database: Database, dice: random.Random, name: str) -> object:
    phone = f"1370000{dice.randrange(6):04}"
    given = "T" + new_member_id(dice.randbytes(8))[1:]
    asked = JoinRequest(name, given, phone, "Li Lei", consents={"terms": "1"})
    store = dice.choice(("S1", "S2"))
    return database.write(lambda open_: join(open_, asked, store_id=store, terminal_id="T1", now_ms=NOW_MS))


def _list(database: Database, dice: random.Random, name: str) -> object:
    numbers = [dice.randrange(12) for _ in range(6)]
    told = [Told(phone=f"1370000{n:04}", name=name, level=dice.choice(("a", "b"))) for n in numbers]

    def put(connection: object) -> None:
        ids = [one.member_id for one in put_members(connection, told, who="x", now_ms=NOW_MS)]  # type: ignore[arg-type]
        add_stores(connection, ("S1", "S2"), ids, NOW_MS)  # type: ignore[arg-type]
        refresh_members(connection, ids, NOW_MS)  # type: ignore[arg-type]

    return database.write(put)


def _issue(database: Database, dice: random.Random, name: str) -> object:
    wanted = [("", one) for one in dice.sample(MEMBERS, 5)]
    return database.write(lambda open_: issue_coupons(open_, BATCH.batch, wanted, who="x", now_ms=NOW_MS))


def _block(database: Database, dice: random.Random, name: str) -> object:
    act, member_id = dice.choice((block, unblock)), dice.choice(MEMBERS)
    return database.write(lambda open_: act(open_, member_id, who="x", reason="r", now_ms=NOW_MS))


def _erase(database: Database, dice: random.Random, name: str) -> object:
    if dice.randrange(4):
        return None
    return database.write(lambda open_: erase_member(open_, MEMBERS[3], who="x", now_ms=NOW_MS))


def _time(database: Database, dice: random.Random, name: str) -> object:
    return pass_time(database, NOW_MS + dice.randrange(0, 400) * DAY_MS)


WORKS: tuple[Work, ...] = (
    _hold, _sell, _sell_several, _let_go, _merge, _join, _list, _issue, _block, _erase, _time,
)  # fmt: skip


def test_all_at_once(hub_database: Database) -> None:
    database = hub_database
    with database.writing() as connection:
        for store_id in ("S1", "S2"):
            put_shop(connection, shop_document(store_id), show_pins=False, now_ms=NOW_MS)
    add_members(database, *MEMBERS)
    with database.writing() as connection:
        add_stores(connection, ("S1", "S2"), MEMBERS, NOW_MS)
    for member_id in MEMBERS:
        give_points(database, member_id, 1_000, ends_ms=NOW_MS + 200 * DAY_MS)
    give_coupons(
        database, *(NewCoupon(f"C{n}", member_id=MEMBERS[n % 8] if n % 2 else "") for n in range(40))
    )

    def run(number: int) -> None:
        dice = random.Random(number)
        for turn in range(ROUNDS):
            try:
                dice.choice(WORKS)(database, dice, f"sale-{number}-{turn}")
            except MemberError:
                continue  # erased or merged by somebody else just now

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, number) for number in range(THREADS)]:
            done.result(timeout=250)
    with database.reading() as connection:
        held = {canonical(connection, one) for one in MEMBERS}
    for member_id in held:
        account(database, member_id)
