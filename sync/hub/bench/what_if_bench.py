"""How long it takes to see what a promotion would have changed: made-up sales of a week, priced twice.

Goods, promotions and baskets follow from the seed. One promotion of a category and one on everything are
asked about: the first touches few baskets, the second all of them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from sync.hub.database import Database, insert_rows
from sync.hub.feeds.streams import put_rows
from sync.hub.fleet.what_if import Question, what_would_change
from sync.hub.goods.promotion_admin import put_promotions
from sync.hub.goods.promotion_files import read_promotion_files
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import RETAIL_TRANSACTION, SALE_LINE
from sync.hub.serving.collecting import collect_seldom
from sync.protocol.messages import ItemBody
from sync.protocol.versions import STREAM_CATALOGUE

STORE: Final = "S1"
FIRST_DAY: Final = date(2026, 6, 1)
DAYS: Final = 7
_AT_MS: Final = 1_780_300_800_000
_PER_CATEGORY: Final = 50
_PER_BRAND: Final = 20
#: Lines of a basket and how often: most are small.
_LINES: Final = (1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12, 20)
_PRICES: Final = (190, 290, 350, 490, 590, 890, 990, 1290, 1590, 1990, 3990)


def bench_what_if(*, baskets: int, goods: int, promotions: int, seed: int) -> dict[str, Any]:
    """Seconds for so many baskets, and what came out, for a narrow promotion and one on everything."""
    with tempfile.TemporaryDirectory(prefix="poshub-what-if-") as folder:
        database = Database(Path(folder) / "hub.db")
        try:
            _furnish(database, goods, promotions, seed)
            _sell(database, baskets, goods, seed)
            asked = {
                "a category": _pct("asked", {"category": ["c3"]}, "15"),
                "everything": _pct("asked", {"all": True}, "5"),
            }
            figures = {name: _measured(database, document) for name, document in asked.items()}
        finally:
            database.close()
    return {"baskets": baskets, "goods": goods, "promotions": promotions, "seed": seed, "asked": figures}


def _measured(database: Database, document: dict[str, Any]) -> dict[str, Any]:
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    text = msgspec.json.encode(document).decode()
    # As a hub that serves.
    collect_seldom()
    began = time.process_time()
    answer = what_would_change(database, Question((STORE,), FIRST_DAY.isoformat(), last.isoformat(), (text,)))
    cpu_s = time.process_time() - began
    return {
        "cpu_s": round(cpu_s, 2),
        "touched": answer.touched,
        "changed": answer.changed,
        "not_proven": answer.not_proven,
        "ms_a_touched_basket": round(1000 * cpu_s / max(1, answer.touched), 3),
    }


def _furnish(database: Database, goods: int, promotions: int, seed: int) -> None:
    items = [
        ItemBody(
            str(n), {"en": f"Item {n}"}, "", "pcs", "vat13", (str(n),),
            category=(f"c{n // _PER_CATEGORY}",), brand=f"b{n // _PER_BRAND}",
        )
        for n in range(goods)
    ]  # fmt: skip
    documents = msgspec.json.encode(list(_promotions(goods, promotions, seed)))
    with database.writing() as connection:
        put_shop(connection, _shop(), show_pins=False, now_ms=_AT_MS)
        rows = [(item.sku, msgspec.json.encode(item)) for item in items]
        put_rows(connection, STORE, STREAM_CATALOGUE, rows, _AT_MS)
        read = read_promotion_files([("bench", documents)], ("CNY",))
        put_promotions(connection, read, stores=frozenset(), regions=frozenset(), now_ms=_AT_MS)


def _shop() -> dict[str, Any]:
    return {
        "store": {"id": STORE, "names": "Bench", "currency": "CNY"},
        "terminals": [{"id": "T1"}],
        "operators": [
            {"id": "1", "name": "A", "role": "manager", "pin_hash": "$argon2id$v=19$m=8,t=1,p=1$c2E$aGE"}
        ],
        "tax": {"rates": [{"id": "vat13", "percent": "13"}]},
    }


def _pct(name: str, goods: dict[str, Any], pct: str) -> dict[str, Any]:
    return {"id": name, "kind": {"type": "pct", "pct": pct}, "on": goods}


def _promotions(goods: int, count: int, seed: int) -> Iterator[dict[str, Any]]:
    random = Random(f"{seed} promotions")
    for number in range(count):
        on = random.choice(
            (
                {"sku": [str(random.randrange(goods)) for _ in range(random.randint(1, 12))]},
                {"brand": [f"b{random.randrange(goods // _PER_BRAND)}"]},
            )
        )
        kind = random.choice(
            (
                {"type": "pct", "pct": str(random.randint(5, 40))},
                {"type": "amount", "amount": "1.00"},
                {"type": "nth", "n": 2, "pct": "50"},
                {"type": "n_for", "n": 3, "price": "15.00"},
                {"type": "qty_tier", "steps": [{"least": 2, "pct": "10"}, {"least": 3, "pct": "20"}]},
            )
        )
        yield {"id": f"p{number}", "kind": kind, "on": on}
    for number, least in enumerate((100, 200, 300)):
        steps = [{"least": str(least), "amount": str(least // 10)}]
        yield {"id": f"t{number}", "kind": {"type": "spend_tier", "steps": steps}, "stack": {"group": "tier"}}


def _sell(database: Database, baskets: int, goods: int, seed: int) -> None:
    random = Random(f"{seed} baskets")
    sales, lines = [], []
    for number in range(baskets):
        day = (FIRST_DAY + timedelta(days=number % DAYS)).isoformat()
        key = (STORE, day, f"t{number}")
        total = 0
        for line_no in range(1, random.choice(_LINES) + 1):
            # Some goods are bought far more often than others.
            item = min(random.randrange(goods), random.randrange(goods))
            price, quantity = _PRICES[item % len(_PRICES)], random.choice((1, 1, 1, 2, 3))
            total += price * quantity
            lines.append(
                (
                    *key,
                    line_no,
                    str(item),
                    "{}",
                    "",
                    "pcs",
                    "vat13",
                    "list",
                    quantity,
                    price,
                    price * quantity,
                )
            )
        at_ms = _AT_MS + number % DAYS * 86_400_000
        amounts = (total, 0, 0, total, total, 0)
        sales.append((*key, "T1", 1, number, f"r{number}", "s", "1", "CNY", at_ms, at_ms, *amounts))
    with database.writing() as connection:
        insert_rows(connection, RETAIL_TRANSACTION, sales)
        insert_rows(connection, SALE_LINE, lines)
