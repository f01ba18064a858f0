"""Whether any right is used twice, however many clients want the same at once, and how fast that is decided.

A real hub is served on PostgreSQL with every commit on the disk; clients are processes with a connection
each, one question at a time. Coupons: all clients ask for each again and again; in the middle the winners'
sales come up and are folded, so that those that come after hear that they were used. Points and a gift card
cover a tenth of what is asked for. Done in parts of a thousand coupons, any of which can be run alone.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from sqlalchemy import func, select

from sync.hub.bench.postgres_server import PostgresServer
from sync.hub.bench.redeem_clients import REFUSED_WORDS, WANTED, Fought, Plan, Right, fight, member_of
from sync.hub.bench.report import aim, fdatasync_ms, folder_on_disk, machine
from sync.hub.bench.sales import SHOP, STORE_ID, sale_line
from sync.hub.bench.served import ServedHub, Till, make_hub
from sync.hub.database import Database, read_location
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.coupons import Batch, NewCoupon, issue, put_batch
from sync.hub.loyalty.gift_cards import Source, card_of, put
from sync.hub.loyalty.member_changes import Told, make_member
from sync.hub.loyalty.points import NEVER_MS, Cause, adjust, take_accounts
from sync.hub.schema.coupons import COUPON, REDEEMED
from sync.hub.schema.feeds import JOB
from sync.hub.serving.embedded import system_now_ms
from sync.protocol import codec

COUPONS_A_PART: Final = 1_000
MEMBER_ID: Final = "MBENCHBENCH00"
CARD_ID: Final = "GBENCH0000000001"
_BATCH: Final = Batch("bench", {"en": "Bench"}, value_minor=1_000)
_DATABASE: Final = "poshub_bench_redeem"
_FOLDED_WITHIN_S: Final = 600.0
_LOOK_EVERY_S: Final = 0.2
_SHOWN: Final = ("server_version", "fsync", "synchronous_commit", "wal_sync_method", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked: attempts on coupons, on points and on the card, and by how many clients."""

    coupons: int = 10_000
    attempts: int = 1_000_000
    points_attempts: int = 100_000
    clients: int = 10
    workers: int = 2
    first_part: int = 1
    last_part: int = 0


def bench_redeem(database: str | None, size: Size, *, seed: int) -> dict[str, Any]:
    """Fight for rights on PostgreSQL, one that is given or one of its own; figures and aims."""
    result: dict[str, Any] = {"name": "redeem", "machine": machine(), "seed": seed}
    result |= {"figures": {"clients": size.clients, "workers": size.workers}, "baselines": {}, "aims": []}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=folder_on_disk()))
        result["baselines"]["fdatasync_ms"] = round(fdatasync_ms(Path(folder)), 3)
        if database is None:
            server = stack.enter_context(PostgresServer(shared_buffers="256MB"))
            database = server.url()
        if read_location(database).dialect != "postgresql":
            raise RuntimeError("many clients at once are measured on PostgreSQL")
        named = stack.enter_context(_database_of(database))
        bench = _Bench(named, size, seed, stack)
        result["baselines"]["postgresql"] = bench.settings()
        bench.coupons(result)
        bench.account("points", result)
        bench.account("gift", result)
    return result


@contextmanager
def _database_of(url: str) -> Iterator[str]:
    plain = read_location(url).url.set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            yield plain.set(database=_DATABASE).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)".encode())


class _Bench:
    """A served hub, its tills, and a process for each that asks."""

    def __init__(self, named: str, size: Size, seed: int, stack: ExitStack) -> None:
        self._size = size
        self._chance = random.Random(seed)
        names = [f"T{number}" for number in range(1, size.clients + 1)]
        self._tills = {name: Till(name) for name in names}
        self._seqs = dict.fromkeys(names, 0)
        shop = SHOP | {"terminals": [{"id": name} for name in names]}
        make_hub(named, list(self._tills.values()), shop)
        self._database = Database(named)
        stack.callback(self._database.close)
        self._fill()
        options = ("--workers", str(size.workers)) if size.workers > 1 else ()
        self._hub = stack.enter_context(ServedHub(named, *options, terminal_ids=names))
        context = multiprocessing.get_context("spawn")
        self._pool = stack.enter_context(ProcessPoolExecutor(size.clients, context))

    def settings(self) -> dict[str, str]:
        """What the server says of itself, as a connection of the hub sees it."""
        with self._database.reading() as connection:
            return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in _SHOWN}

    def _fill(self) -> None:
        now_ms, size = system_now_ms(), self._size
        with self._database.writing() as connection:
            put_batch(connection, _BATCH, who="bench", now_ms=now_ms)
            new = [NewCoupon(f"C{number:06d}") for number in range(size.coupons)]
            issue(connection, _BATCH, new, who="bench", now_ms=now_ms)
            make_member(connection, Told(member_id=MEMBER_ID), now_ms=now_ms)
            covered = size.points_attempts // 10 * WANTED
            take_accounts(connection, (MEMBER_ID,))
            adjust(connection, Cause("bench"), MEMBER_ID, covered, ends_ms=NEVER_MS, now_ms=now_ms)
            source = Source("bench", "line:1", STORE_ID, "T1", now_ms)
            put(connection, CARD_ID, covered, source, currency="CNY")

    # ------------------------------------------------------------------ coupons
    def coupons(self, result: dict[str, Any]) -> None:
        """All parts that were asked for; tells how many coupons were had, and by how many sales each."""
        size = self._size
        rounds = max(2, size.attempts // (size.coupons * size.clients))
        parts = -(-size.coupons // COUPONS_A_PART)
        fought, seconds, sales_s = Fought(), 0.0, 0.0
        wanted: list[str] = []
        for part in range(size.first_part, (size.last_part or parts) + 1):
            numbers = range((part - 1) * COUPONS_A_PART, min(part * COUPONS_A_PART, size.coupons))
            rights = [f"C{number:06d}" for number in numbers]
            wanted += rights
            for half in (range(rounds // 2), range(rounds // 2, rounds)):
                some, took_s = self._fight("coupons", rights, half)
                seconds += took_s
                fought.add(some)
                sales_s += self._sell("coupons", some.won)
            _say(f"part {part} of {parts}: {len(fought.won)} of {len(wanted)} coupons had, {seconds:.0f} s")
        with self._database.reading() as connection:
            rows = connection.execute(
                select(COUPON.c.coupon_id, COUPON.c.redeemed_by).where(
                    COUPON.c.state == REDEEMED, COUPON.c.coupon_id.in_(wanted)
                )
            )
            redeemed = {row.coupon_id: row.redeemed_by for row in rows}
            lost = len(losses(connection))
        once = redeemed == dict(fought.won) and len(fought.won) == len(wanted) == len(redeemed)
        self._tell(result, "coupons", fought, len(wanted), seconds)
        result["figures"]["coupons"] |= {
            "redeemed": len(redeemed),
            "compensations": lost,
            "sales_folded_per_s": round(len(fought.won) / sales_s),
        }
        result["aims"].append(aim("coupons_each_used_once", 1, int(once and lost == 0), gated=True))

    # ------------------------------------------------------------------ one account, one card
    def account(self, right: Right, result: dict[str, Any]) -> None:
        """Attempts on one account or card that covers a tenth of them, then the winners' sales."""
        attempts = self._size.points_attempts // self._size.clients
        name = MEMBER_ID if right == "points" else CARD_ID
        rights = [f"{name}/{number}" for number in range(attempts)]
        fought, seconds = self._fight(right, rights, range(1))
        covered = self._size.points_attempts // 10
        with self._database.reading() as connection:
            before = self._left(connection, right)
        sales_s = self._sell(right, fought.won)
        with self._database.reading() as connection:
            after, lost = self._left(connection, right), len(losses(connection))
        self._tell(result, right, fought, covered, seconds)
        result["figures"][right] |= {
            "left_when_all_was_held": before,
            "left_after_the_sales": after,
            "compensations": lost,
            "sales_folded_per_s": round(len(fought.won) / sales_s),
        }
        exact = before == (covered * WANTED, covered * WANTED) and after == (0, 0) and lost == 0
        result["aims"].append(aim(f"{right}_each_used_once", 1, int(exact), gated=True))

    @staticmethod
    def _left(connection: Any, right: Right) -> tuple[int, int]:
        """What is there, and how much of it is held."""
        if right == "points":
            found = account_of(connection, MEMBER_ID)
            return found.active, found.held
        card = card_of(connection, CARD_ID)
        return (0, 0) if card is None else (card.balance_minor, card.held_minor)

    # ------------------------------------------------------------------ clients and sales
    def _fight(self, right: Right, rights: Sequence[str], rounds: range) -> tuple[Fought, float]:
        mixed = list(rights)
        self._chance.shuffle(mixed)
        plans = [
            Plan(right, self._hub.address, (STORE_ID, name), till.token, name, mixed, rounds)
            for name, till in self._tills.items()
        ]
        fought = Fought()
        start = time.perf_counter()
        for one in self._pool.map(fight, plans):
            fought.add(one)
        return fought, time.perf_counter() - start

    def _sell(self, right: Right, won: Sequence[tuple[str, str]]) -> float:
        """Have the winners' sales come up and be folded; how long that took."""
        lines: dict[str, list[bytes]] = {name: [] for name in self._tills}
        for one, sale_id in won:
            terminal_id = sale_id.partition("-")[0]
            self._seqs[terminal_id] += 1
            plain = sale_line(self._chance, self._seqs[terminal_id], terminal_id)
            lines[terminal_id].append(_with_right(plain, right, one, sale_id))
        parcels = {name: self._tills[name].parcels(some) for name, some in lines.items() if some}
        start = time.perf_counter()
        self._hub.send(parcels)
        pause = threading.Event()
        waiting = select(func.count()).select_from(JOB).where(JOB.c.kind.in_(("loyalty", "member-row")))
        while time.perf_counter() - start < _FOLDED_WITHIN_S:
            with self._database.reading() as connection:
                if not connection.execute(waiting).scalar_one():
                    return time.perf_counter() - start
            pause.wait(_LOOK_EVERY_S)
        raise RuntimeError(f"the winners' sales were not folded within {_FOLDED_WITHIN_S:g} s")

    @staticmethod
    def _tell(result: dict[str, Any], right: Right, fought: Fought, covered: int, seconds: float) -> None:
        took = sorted(fought.took_us)
        attempts = len(took)
        named = sum(fought.words[word] for word in REFUSED_WORDS)
        result["figures"][right] = {
            "attempts": attempts,
            "there_is_for": covered,
            "succeeded": len(fought.won),
            "refused": dict(sorted(fought.words.items())),
            "other_answers": dict(fought.wrong),
            "seconds": round(seconds, 1),
            "attempts_per_s": round(attempts / seconds),
            "answer_p50_ms": round(took[attempts // 2] / 1_000, 2),
            "answer_p99_ms": round(took[attempts * 99 // 100] / 1_000, 2),
        }
        told = len(fought.won) == covered and len(fought.won) + named == attempts
        result["aims"].append(aim(f"{right}_losers_are_told_why", 1, int(told), gated=True))


def _with_right(line: bytes, right: Right, one: str, sale_id: str) -> bytes:
    """A made-up sale that used a right."""
    envelope = codec.decode_envelope(line)
    body = msgspec.json.decode(envelope.body)
    body |= {"transaction_id": sale_id, "hold_id": sale_id, "member": None, "coupons": []}
    if right == "coupons":
        body["coupons"] = [{"coupon_id": one, "batch": "bench", "amount_minor": 0, "lease_id": ""}]
    elif right == "points":
        body["member"] = {"member_id": member_of(one), "proof": "code", "points_used": WANTED}
    else:
        cash, card = body["tenders"]
        cash["amount_minor"] += card["amount_minor"] - WANTED
        card |= {"kind": "gift", "amount_minor": WANTED, "reference": member_of(one)}
    return codec.encode_envelope(
        msgspec.structs.replace(envelope, body=msgspec.Raw(msgspec.json.encode(body)))
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
