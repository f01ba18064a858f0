"""Whatever comes twice, late, torn off, from another life or whole: the till ends with the hub's rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.search import CatalogSearch
from posapp.store.snapshot import SnapshotFiles
from sync.engine.bootstrap import Bootstrapper
from sync.engine.link import LinkError
from sync.engine.pull import Puller
from sync.protocol import signing
from sync.protocol.messages import Change, FeedPage, Manifest, SignedManifest
from sync.protocol.trust import to_text
from tests.conftest import FakeClock
from tests.store.snapshots import STORE, document_change, item_change, make_snapshot, price_change

PRIVATE = bytes(range(32))
PUBLIC = signing.public_key_of(PRIVATE)
STREAMS = ("catalogue", "prices", "recalls", "orders")
KEYS = [f"{number}" for number in range(8)]


@dataclass
class ModelHub:
    """The hub as rows in dictionaries: by stream and key, a revision and a value (None: deleted)."""

    life: int = 1
    rev: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STREAMS, 0))
    rows: dict[str, dict[str, tuple[int, int | None]]] = field(
        default_factory=lambda: {stream: {} for stream in STREAMS}
    )
    snapshots: list[tuple[Manifest, bytes]] = field(default_factory=list)
    page_rows: int = 3
    breaks: int | None = None
    torn: bool = False
    pages: list[tuple[str, FeedPage]] = field(default_factory=list)

    def cursor(self, stream: str) -> str:
        return f"life-{self.life}:{self.rev[stream]}"

    def put(self, stream: str, key: str, value: int | None) -> None:
        self.rev[stream] += 1
        self.rows[stream].pop(key, None)
        self.rows[stream][key] = (self.rev[stream], value)

    def begin_anew(self) -> None:
        """Restored from a backup: the same rows, other revisions, cursors that nobody knows."""
        self.life += 1
        for stream in STREAMS:
            rows = [(key, value) for key, (_, value) in self.rows[stream].items() if value is not None]
            self.rows[stream], self.rev[stream] = {}, 0
            for key, value in rows:
                self.put(stream, key, value)

    def changes(self, stream: str, after: int) -> list[Change]:
        return [
            change(stream, key, rev, value) for key, (rev, value) in self.rows[stream].items() if rev > after
        ]

    # --- as the till's link ---
    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        at = 0
        if after is not None:
            life, _, rev = after.partition(":")
            if life != f"life-{self.life}":
                raise LinkError("anew", "hub_behind")
            at = int(rev)
        changes = self.changes(stream, at)
        page, more = changes[: self.page_rows], len(changes) > self.page_rows
        head = f"life-{self.life}:{page[-1].rev}" if more else self.cursor(stream)
        self.pages.append((stream, FeedPage(tuple(page), head, more)))
        return self.pages[-1][1]

    def manifest(self) -> SignedManifest | None:
        if not self.snapshots:
            return None
        text = msgspec.json.encode(self.snapshots[-1][0]).decode()
        signature = to_text(signing.sign(PRIVATE, signing.manifest_statement(text)))
        return SignedManifest(text, signing.key_id_of(PUBLIC), signature)

    def snapshot(self, sha256: str, *, offset: int, limit: int) -> Iterator[bytes]:
        kept = {manifest.sha256: packed for manifest, packed in self.snapshots[-2:]}
        if sha256 not in kept:
            raise LinkError("upgrade", "upgrade")
        packed = kept[sha256]
        end = offset + min(limit, 400)
        if self.breaks is not None:
            end, self.breaks, self.torn = offset + self.breaks, None, True
        yield packed[offset:end]
        if self.torn:
            self.torn = False
            raise LinkError("later", "network")

    def hub_keys(self) -> Mapping[str, str]:
        return {signing.key_id_of(PUBLIC): to_text(PUBLIC)}


def change(stream: str, key: str, rev: int, value: int | None) -> Change:
    """A row as it travels; items of one value have the same code, as goods that are entered anew do."""
    if value is None:
        return Change("delete", key, rev)
    if stream == "catalogue":
        return item_change(key, rev, names={"en": f"Good {value} of {key}"}, codes=[f"={key}-{value}"])
    if stream == "prices":
        return price_change(key, rev, value)
    return document_change(key, rev, str(value))


class Inbox:
    """The part of the till's inbox that this is about."""

    def __init__(self, file: CatalogFile) -> None:
        self._file = file

    def cursor(self, stream: str) -> str | None:
        return self._file.cursor(stream)

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        self._file.apply(stream, changes, cursor)

    def caught_up(self, stream: str) -> None:
        self._file.forget_older(stream)


class Converging(RuleBasedStateMachine):
    """One hub that changes, and one till that hears of it in every way that can happen."""

    @initialize()
    def begin(self) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)
        self.clock = FakeClock()
        self.hub = ModelHub()
        self.place = CatalogPlace(self.folder / "catalog.db")
        self.open()

    def open(self) -> None:
        self.file = open_catalog_file(self.place, self.clock)
        self.reader = SqliteCatalogReader(self.place)
        self.search = CatalogSearch(self.place, self.clock)
        self.files = SnapshotFiles(self.place, STORE, self.clock)
        link: Any = self.hub
        bootstrapper = Bootstrapper(link, self.files, self.clock)
        self.puller = Puller(link, Inbox(self.file), bootstrapper=bootstrapper)

    @rule(
        stream=st.sampled_from(STREAMS),
        rows=st.lists(
            st.tuples(st.sampled_from(KEYS), st.none() | st.integers(1, 3)), min_size=1, max_size=6
        ),
    )
    def change_rows(self, stream: str, rows: list[tuple[str, int | None]]) -> None:
        for key, value in rows:
            self.hub.put(stream, key, value)

    @rule(stream=st.sampled_from(STREAMS))
    def pull_once(self, stream: str) -> None:
        with suppress(LinkError):
            self.puller.pull_once(stream)

    @rule(cut=st.integers(0, 400))
    def break_the_next_piece(self, cut: int) -> None:
        self.hub.breaks = cut

    @precondition(lambda self: self.hub.pages)
    @rule(number=st.integers(0, 10**6))
    def an_old_page_comes_again(self, number: int) -> None:
        """Rows that were sent once, as after an answer that was lost; the cursor stays."""
        stream, page = self.hub.pages[number % len(self.hub.pages)]
        if page.next_cursor.startswith(f"life-{self.hub.life}:") and self._is_of_this_life(stream):
            self.file.apply(stream, page.changes, self.file.cursor(stream))

    def _is_of_this_life(self, stream: str) -> bool:
        held = self.file.cursor(stream)
        return held is not None and held.startswith(f"life-{self.hub.life}:")

    @rule(rows=st.integers(1, 9))
    def other_pages(self, rows: int) -> None:
        self.hub.page_rows = rows

    @rule()
    def the_hub_begins_anew(self) -> None:
        self.hub.begin_anew()

    @rule()
    def the_hub_builds_a_snapshot(self) -> None:
        streams = {
            stream: (
                [one for one in self.hub.changes(stream, 0) if one.kind == "upsert"],
                self.hub.cursor(stream),
            )
            for stream in STREAMS[:3]
        }
        made = make_snapshot(self.folder, self.clock, streams, hub_id=f"life-{self.hub.life}")
        self.hub.snapshots.append(made)

    @rule()
    def the_till_begins_anew(self) -> None:
        """As after a file that was damaged, or a till that was set up again."""
        self.close()
        for found in self.folder.glob("catalog.db*"):
            found.unlink()
        self.open()

    @rule()
    def the_till_restarts(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        for one in (self.reader, self.search, self.file):
            one.close()

    def teardown(self) -> None:
        if not hasattr(self, "file"):
            return
        self.hub.breaks = None
        for stream in STREAMS:
            for _turn in range(200):
                if not self.puller.pull_once(stream):
                    break
            else:
                raise AssertionError(f"{stream} never ends")
        self.compare()
        self.close()
        self.scratch.cleanup()

    def compare(self) -> None:
        wanted = {
            stream: {key: value for key, (_, value) in self.hub.rows[stream].items() if value is not None}
            for stream in STREAMS
        }
        for key in KEYS:
            found, value = self.reader.by_sku(key, 1), wanted["catalogue"].get(key)
            assert (None if found is None else found.names) == (
                None if value is None else {"en": f"Good {value} of {key}"}
            )
            if found is not None:
                assert found.price_minor == wanted["prices"].get(key)
            for code in range(1, 4):
                by_code = self.reader.by_key(f"={key}-{code}", 1)
                assert (by_code is not None) == (code == value)
        for stream in ("recalls", "orders"):
            held = {key: int(msgspec.json.decode(body)) for key, body in self.reader.documents(stream)}
            assert held == wanted[stream]
        assert self.reader.status().items == len(wanted["catalogue"])
        assert {item.sku for item in self.search.search("good", 99)} == set(wanted["catalogue"])


# A snapshot that is gone while it is fetched is said in the log.
TestConverging = pytest.mark.expected_logs(Converging.TestCase)
TestConverging.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
