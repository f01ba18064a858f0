"""What the benchmarks work on: a made-up catalogue of any size, and a till's folder ready to sell.

Catalogues are the same for the same seed and are kept in the folder for temporary files, so that only
the first run pays for them. They are written straight into the tables of the till's own catalogue file,
because a feed of a million items is another measurement. No till is started here.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import tempfile
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from posapp.config import Settings, read_settings
from posapp.domain.codes import check_digit, normalise
from posapp.domain.facts import ShiftOpened
from posapp.domain.ids import uuid7
from posapp.domain.search_text import LINE, fold
from posapp.domain.shop_document import hash_pins
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed
from posapp.resources import resource_path
from posapp.store.catalog import read_status
from posapp.store.catalog_writer import prepare
from posapp.store.engine import Connection, open_catalog, open_ledger, open_reader
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.settings import SHOP, put_setting
from sync.protocol.catalog_file import CATALOG_FILE_VERSION
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES

STORE, TERMINAL, NUMBER = "S0217", "T03", 3
OPERATOR = "1001"
NOW_MS: Final = 1_780_000_000_000
_BATCH: Final = 50_000
_KINDS: Final = (("Tea", "茶"), ("Rice", "米"), ("Soap", "皂"), ("Milk", "奶"), ("Noodles", "面"))
_TRAITS: Final = (("green", "绿"), ("fine", "精"), ("fresh", "鲜"), ("white", "白"))


@dataclass(frozen=True, slots=True)
class Goods:
    """One item of a catalogue: the key of its code, and its names by language."""

    key: str
    names: dict[str, str]

    @property
    def price_minor(self) -> int:
        """A price that follows from the code."""
        return price_of(self.key)


def price_of(key: str) -> int:
    """A price (minor units) that follows from the key of a code."""
    return 100 + zlib.crc32(key.encode()) % 9_900


class SteadyClock:
    """A clock for fixtures: it stands still."""

    def now_ms(self) -> int:
        """Epoch milliseconds of a fixed day."""
        return NOW_MS

    def monotonic_ms(self) -> int:
        """No time passes."""
        return 0


class SeededIds:
    """Identities that are the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def new_id(self) -> str:
        """The next identity."""
        return uuid7(NOW_MS, self._chance.randbytes(10))


# --- catalogues ---------------------------------------------------------------------------------


def made_up(count: int, seed: int) -> Iterator[Goods]:
    """This many different goods with valid codes, in no order."""
    chance = random.Random(seed)
    step = 10**11 // max(1, count)
    places = list(range(count))
    chance.shuffle(places)
    for number, place in enumerate(places):
        body = f"6{place * step + chance.randrange(step):011d}"
        kind, trait = _KINDS[number % len(_KINDS)], _TRAITS[number // len(_KINDS) % len(_TRAITS)]
        names = {"en": f"{kind[0]}, {trait[0]}, no. {number}", "zh_CN": f"{trait[1]}{kind[1]}{number}号"}
        yield Goods(f"0{body}{check_digit(body)}", names)


def listed(path: Path) -> Iterator[Goods]:
    """The goods of a list of codes and names (CSV or TSV, also .gz); a code that comes again is left out."""
    opened = gzip.open if path.suffix == ".gz" else open
    name = path.name.removesuffix(".gz")
    seen: set[str] = set()
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        rows: Iterable[list[str]] = csv.reader(file)
        if not name.endswith(".csv"):
            rows = (line.rstrip("\r\n").split("\t") for line in file)
        for row in rows:
            key = normalise(row[0]).key if row else ""
            if len(row) > 1 and len(key) > 1 and key not in seen:
                seen.add(key)
                yield Goods(key, {"en": row[1].strip() or key})


def kept_folder() -> Path:
    """Where what takes long to make is kept from one run to the next."""
    kept = Path(tempfile.gettempdir()) / f"posapp-bench-{os.getuid() if hasattr(os, 'getuid') else 0}"
    kept.mkdir(mode=0o700, exist_ok=True)
    return kept


def catalogue(count: int, seed: int, given: Path | None) -> Path:
    """A finished catalogue file of these goods, made if it is not kept from an earlier run."""
    kept = kept_folder()
    if given is None:
        path = kept / f"made-up-{CATALOG_FILE_VERSION}-{seed}-{count}.db"
        goods = made_up(count, seed)
    else:
        facts = given.stat()
        mark = zlib.crc32(f"{given.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode())
        path = kept / f"listed-{CATALOG_FILE_VERSION}-{mark:08x}.db"
        goods = listed(given)
    if not _is_whole(path):
        _build(path, goods)
    return path


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    connection = open_catalog(path)
    try:
        prepare(connection)
        return read_status(connection).items > 0
    finally:
        connection.close()


def _build(path: Path, goods: Iterator[Goods]) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    connection = open_catalog(unfinished)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        prepare(connection)
        connection.execute("BEGIN IMMEDIATE")
        keys: list[tuple[str, int]] = []
        while batch := list(islice(goods, _BATCH)):
            _insert(connection, batch, len(keys))
            keys += [(each.key, len(keys) + place) for place, each in enumerate(batch, 1)]
        keys.sort()
        connection.executemany("INSERT INTO code VALUES (?, ?)", keys)
        connection.executemany(
            "INSERT INTO price VALUES (?, ?, 1, ?, 0)",
            ((key, f"[[0,{price_of(key)}]]", number) for number, (key, _) in enumerate(keys, 1)),
        )
        connection.executemany(
            "INSERT INTO stream VALUES (?, 'bench', 1, ?, 0, ?)",
            [(stream, len(keys), NOW_MS) for stream in (STREAM_CATALOGUE, STREAM_PRICES)],
        )
        connection.execute("COMMIT")
    finally:
        connection.close()
    unfinished.replace(path)


def _insert(connection: Connection, batch: Sequence[Goods], before: int) -> None:
    numbered = list(enumerate(batch, before + 1))
    connection.executemany(
        "INSERT INTO item VALUES (?, ?, ?, 'pcs', 'standard', ?, 1, ?, 0)",
        [
            (
                number,
                each.key,
                json.dumps(each.names, ensure_ascii=False, separators=(",", ":")),
                each.key,
                number,
            )
            for number, each in numbered
        ],
    )
    connection.executemany(
        "INSERT INTO search VALUES (?, ?)",
        [
            (
                number,
                LINE + LINE.join([*map(fold, each.names.values()), each.key.lstrip("=0")]) + LINE,
            )
            for number, each in numbered
        ],
    )


def codes_of(path: Path, count: int, seed: int) -> list[str]:
    """Different codes that lie all over a catalogue, as a scanner reads them."""
    connection = open_reader(path)
    try:
        last = connection.execute("SELECT max(item_no) FROM item").fetchone()[0]
        numbers = random.Random(seed).sample(range(1, last + 1), min(count, last))
        rows = [
            connection.execute("SELECT sku FROM item WHERE item_no = ?", (number,)).fetchone()[0]
            for number in numbers
        ]
    finally:
        connection.close()
    return [key.lstrip("=") if key.startswith("=") else key.removeprefix("0") for key in rows]


# --- a till's folder ----------------------------------------------------------------------------


def prepare_till(folder: Path, goods: Path, *, seed: int = 1) -> Settings:
    """A folder with set-up, an open shift and this catalogue: a till that only waits for its operator."""
    data = folder / "till"
    data.mkdir(parents=True, exist_ok=True)
    _put_catalogue(goods, data / "catalog.db")
    toml = folder / "terminal.toml"
    toml.write_text(
        f'store_id = "{STORE}"\nterminal_id = "{TERMINAL}"\nterminal_number = {NUMBER}\ndata = "till"\n'
        'hub_url = "http://127.0.0.1:9"\ndevice_key_file = "device.key"\nprinter = "virtual"\n',
        encoding="utf-8",
    )
    settings = read_settings(toml)
    ledger = open_shift(settings.ledger, seed=seed)
    document = json.dumps(shop_document(codes_of(goods, 12, seed)), ensure_ascii=False).encode()
    ledger.write(lambda held: put_setting(held, SHOP, document))
    ledger.close()
    return settings


def open_shift(path: Path, *, seed: int) -> Ledger:
    """A new ledger with an open shift."""
    migrate(path, epoch=1)
    place, ids = Place(STORE, TERMINAL, NUMBER), SeededIds(seed)
    ledger = Ledger(lambda: open_ledger(path), place=place, clock=SteadyClock(), ids=ids)
    opened = ShiftOpened(
        "bench-shift", 1, STORE, TERMINAL, "2026-05-28", OPERATOR, "Bench", 20_000, "CNY", NOW_MS
    )
    answer = ledger.commit(Commit("bench-open", (opened,)))
    if isinstance(answer, CommitFailed):
        raise RuntimeError(f"the ledger of the benchmark cannot be written: {answer.trouble}")
    return ledger


def shop_document(skus: Sequence[str]) -> dict[str, Any]:
    """The demo's shop with these goods on its quick keys; its PINs are never checked here."""
    text = resource_path("demo", "shop.toml").read_text(encoding="utf-8")
    document = hash_pins(tomllib.loads(text), lambda _who, _pin: "$argon2id$bench")
    keys = [normalise(code).key for code in skus]
    return document | {"quick_keys": [{"names": {"en": "Often", "zh_CN": "常用"}, "skus": keys}]}


def _put_catalogue(goods: Path, place: Path) -> None:
    try:
        place.hardlink_to(goods)
    except OSError:
        shutil.copyfile(goods, place)
