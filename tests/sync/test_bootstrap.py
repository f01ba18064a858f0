"""The whole catalogue in one file: when it is taken, resumed, refused, and given up for rows."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from sync.engine.bootstrap import (
    FAILURES_BORNE,
    FAR_BEHIND_ROWS,
    STEP_BYTES,
    STEP_MIN_BYTES,
    Bootstrapper,
    Verdict,
    read_manifest,
)
from sync.engine.link import LinkError
from sync.engine.ports import StoreUnavailable
from sync.engine.pull import PAGES_IN_A_ROW, Puller
from sync.protocol import signing
from sync.protocol.catalog_file import CATALOG_FILE_VERSION
from sync.protocol.cursors import position_of, rows_ahead
from sync.protocol.messages import FeedPage, Manifest, SignedManifest
from sync.protocol.trust import to_text
from tests.sync.conftest import MemoryInbox, ToldLink

PRIVATE = bytes(range(32))
KEY_ID = signing.key_id_of(signing.public_key_of(PRIVATE))
HUB_KEYS = {KEY_ID: to_text(signing.public_key_of(PRIVATE))}
CONTENT = bytes(range(256)) * 5_000


def manifest_of(content: bytes = CONTENT, **fields: Any) -> Manifest:
    whole: dict[str, Any] = {
        "store_id": "S1",
        "hub_id": "hub",
        "version": CATALOG_FILE_VERSION,
        "sha256": hashlib.sha256(content).hexdigest(),
        "length": len(content),
        "plain_sha256": "0" * 64,
        "plain_length": 10,
        "cursors": {"catalogue": "hub:500000", "prices": "hub:500000"},
        "counts": {},
        "built_at_ms": 1,
    }
    return Manifest(**(whole | fields))


def signed(manifest: Manifest, private_key: bytes = PRIVATE) -> SignedManifest:
    text = msgspec.json.encode(manifest).decode()
    signature = signing.sign(private_key, signing.manifest_statement(text))
    return SignedManifest(text, signing.key_id_of(signing.public_key_of(private_key)), to_text(signature))


@dataclass
class SnapshotHub(ToldLink):
    """A link whose hub may have a snapshot; each answer may break off after some bytes."""

    newest: SignedManifest | None = None
    content: bytes = CONTENT
    keys: Mapping[str, str] = field(default_factory=lambda: HUB_KEYS)
    troubles: deque[LinkError] = field(default_factory=deque)
    breaks_after: deque[int] = field(default_factory=deque)
    asked: list[tuple[int, int]] = field(default_factory=list)
    manifests: int = 0
    clock: Any = None
    step_ms: int = 0

    def __post_init__(self) -> None:
        ToldLink.__init__(self)

    def manifest(self) -> SignedManifest | None:
        self.manifests += 1
        if self.troubles:
            raise self.troubles.popleft()
        return self.newest

    def snapshot(self, sha256: str, *, offset: int, limit: int) -> Iterator[bytes]:
        self.asked.append((offset, limit))
        if self.troubles:
            raise self.troubles.popleft()
        end = min(offset + limit, len(self.content))
        breaks_at = offset + self.breaks_after.popleft() if self.breaks_after else end
        for at in range(offset, min(end, breaks_at), 10_000):
            yield self.content[at : min(at + 10_000, end, breaks_at)]
        if self.clock is not None:
            self.clock.advance(self.step_ms)
        if breaks_at < end:
            raise LinkError("later", "network")

    def hub_keys(self) -> Mapping[str, str]:
        return self.keys


@dataclass
class MemoryFiles:
    """A host that keeps what it is given."""

    inbox: MemoryInbox
    verdict: Verdict = "installed"
    store_id: str = "S1"
    held: dict[str, bytearray] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    installed: list[bytes] = field(default_factory=list)
    cleared: int = 0
    broken: bool = False

    def is_refused(self, sha256: str) -> bool:
        return sha256 in self.refused

    def gathered(self, manifest: Manifest) -> int:
        if self.broken:
            raise StoreUnavailable("disk_full")
        self.held = {manifest.sha256: self.held.get(manifest.sha256, bytearray())}
        return len(self.held[manifest.sha256])

    def gather(self, manifest: Manifest, offset: int, piece: bytes) -> None:
        assert offset == len(self.held[manifest.sha256])
        self.held[manifest.sha256] += piece

    def clear(self) -> None:
        self.cleared += 1
        self.held = {}

    def install(self, manifest: Manifest) -> Verdict:
        if self.verdict == "installed":
            self.installed.append(bytes(self.held.pop(manifest.sha256)))
            self.inbox.cursors.update(manifest.cursors)
        if self.verdict != "not_now":
            self.refused.add(manifest.sha256)
        return self.verdict


@dataclass
class Side:
    """A terminal's way down in memory."""

    clock: Any
    link: SnapshotHub
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    def __post_init__(self) -> None:
        self.files = MemoryFiles(self.inbox)
        self.restart()

    def restart(self) -> None:
        """Forget everything but what the host keeps."""
        bootstrapper = Bootstrapper(self.link, self.files, self.clock)
        self.puller = Puller(self.link, self.inbox, bootstrapper=bootstrapper)

    def pull(self, stream: str = "catalogue", *, most: int = 500) -> None:
        """Pull until nothing waits."""
        for _turn in range(most):
            if not self.puller.pull_once(stream):
                return
        raise AssertionError("it never ends")


@pytest.fixture
def side(clock: Any) -> Side:
    return Side(clock, SnapshotHub(newest=signed(manifest_of())))


def test_a_new_terminal_takes_the_file_and_then_what_is_newer(side: Side) -> None:
    side.pull()
    side.pull("prices")
    assert side.files.installed == [CONTENT]
    assert side.link.feeds == [("catalogue", "hub:500000"), ("prices", "hub:500000")]
    assert side.link.manifests == 1
    assert side.files.cleared == 1


def test_it_goes_on_where_it_broke_off_also_after_a_restart(side: Side) -> None:
    side.link.breaks_after.extend([0, 1, 9_999, 10_000, 777_777])
    for turn in range(5):
        with pytest.raises(LinkError, match="network"):
            side.pull()
        if turn % 2:
            side.restart()
    side.pull()
    assert side.files.installed == [CONTENT]
    offsets = [offset for offset, _ in side.link.asked]
    assert offsets[:6] == [0, 0, 1, 10_000, 20_000, 797_777]


def test_the_steps_follow_the_line(side: Side) -> None:
    side.link.clock, side.link.step_ms = side.clock, 5_000
    side.link.content = bytes(4 * STEP_BYTES)
    side.link.newest = signed(manifest_of(side.link.content))
    side.pull()
    sizes = [limit for _, limit in side.link.asked]
    assert sizes[:3] == [STEP_BYTES, STEP_BYTES // 2, STEP_BYTES // 4]
    assert min(sizes[:-1]) == STEP_MIN_BYTES
    side.link.step_ms, side.link.asked = 0, []
    side.link.content = bytes(40 * STEP_BYTES)
    side.link.newest = signed(manifest_of(side.link.content))
    side.inbox.cursors.clear()
    side.pull()
    assert max(limit for _, limit in side.link.asked) == 8 * STEP_BYTES
    assert side.files.installed[-1] == side.link.content


def test_without_a_snapshot_rows_come(side: Side) -> None:
    side.link.newest = None
    side.pull()
    assert side.link.feeds == [("catalogue", None)]
    side.link.troubles.append(LinkError("upgrade", "upgrade"))
    side.inbox.cursors.clear()
    side.pull()
    assert side.files.installed == []


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "newest",
    [
        signed(manifest_of(), bytes(32)),
        SignedManifest(signed(manifest_of()).manifest + " ", KEY_ID, signed(manifest_of()).signature),
        SignedManifest(signed(manifest_of()).manifest, KEY_ID, ""),
        SignedManifest(signed(manifest_of()).manifest, KEY_ID, "\ud800§"),
        signed(manifest_of(store_id="S2")),
        signed(manifest_of(sha256="../../ledger.db")),
        signed(manifest_of(plain_sha256="")),
        signed(manifest_of(length=3 * 1024**3)),
        signed(manifest_of(length=0)),
        signed(manifest_of(plain_length=2**62)),
    ],
)
def test_a_manifest_that_does_not_count_is_let_be(side: Side, newest: SignedManifest) -> None:
    assert isinstance(read_manifest(newest, HUB_KEYS, "S1"), str)
    side.link.newest = newest
    side.pull()
    assert side.files.installed == []
    assert side.link.asked == []
    assert side.link.feeds == [("catalogue", None)]


def test_a_manifest_of_another_version_or_no_object_is_let_be(side: Side) -> None:
    side.link.newest = signed(manifest_of(version=CATALOG_FILE_VERSION + 1))
    side.pull()
    assert (side.files.installed, side.link.asked) == ([], [])
    text = "[]"
    wrong = SignedManifest(text, KEY_ID, to_text(signing.sign(PRIVATE, signing.manifest_statement(text))))
    assert "cannot be read" in str(read_manifest(wrong, HUB_KEYS, "S1"))


@pytest.mark.expected_logs
def test_a_bad_one_is_not_fetched_again_until_there_is_another(side: Side) -> None:
    side.files.verdict = "bad"
    side.pull()
    assert side.link.feeds == [("catalogue", None)]
    fetched = len(side.link.asked)
    side.inbox.cursors.clear()
    side.pull()
    assert len(side.link.asked) == fetched
    side.files.verdict = "installed"
    side.link.content = CONTENT[:-1]
    side.link.newest = signed(manifest_of(side.link.content))
    side.inbox.cursors.clear()
    side.pull()
    assert side.files.installed == [CONTENT[:-1]]


@pytest.mark.expected_logs
def test_one_that_cannot_be_put_in_place_now_is_tried_again_without_a_byte(side: Side) -> None:
    side.files.verdict = "not_now"
    side.pull()
    fetched = len(side.link.asked)
    side.files.verdict = "installed"
    side.inbox.cursors.clear()
    side.pull()
    assert len(side.link.asked) == fetched
    assert side.files.installed == [CONTENT]


def test_a_forgotten_cursor_takes_the_file_where_there_is_one(side: Side) -> None:
    side.inbox.cursors = {"catalogue": "former:9", "prices": "former:9"}
    side.link.feed_answers.append(LinkError("anew", "hub_behind"))
    side.pull()
    assert side.files.installed == [CONTENT]
    # The hub forgets that life too, and has no other file: the same one would not end it.
    side.link.feed_answers.append(LinkError("anew", "hub_behind"))
    side.pull()
    assert side.files.installed == [CONTENT]
    assert side.link.feeds[-1] == ("catalogue", None)


@pytest.mark.parametrize(("ahead", "takes"), [(FAR_BEHIND_ROWS, True), (FAR_BEHIND_ROWS - 1, False)])
def test_one_that_is_far_behind_takes_the_file_after_some_pages(side: Side, ahead: int, takes: bool) -> None:
    at = 500_000 - ahead
    side.inbox.cursors = {"catalogue": f"hub:{at}", "prices": "hub:500000"}
    # Pages that bring it no further than it was when the file is asked for.
    side.link.feed_answers.extend(FeedPage((), f"hub:{at - number % 2}", True) for number in range(1, 31))
    side.pull()
    assert (side.files.installed == [CONTENT]) is takes
    assert side.link.feeds[PAGES_IN_A_ROW] == ("catalogue", "hub:500000" if takes else f"hub:{at}")


@pytest.mark.expected_logs
def test_a_snapshot_that_never_comes_gives_way_to_rows(side: Side) -> None:
    side.link.troubles.extend([LinkError("later", "hub_busy")] * (FAILURES_BORNE + 5))
    for _try in range(FAILURES_BORNE - 1):
        with pytest.raises(LinkError, match="hub_busy"):
            side.pull()
    side.pull()
    assert side.link.feeds == [("catalogue", None)]


@pytest.mark.expected_logs
def test_no_room_for_the_file_gives_way_to_rows(side: Side) -> None:
    side.files.broken = True
    for _try in range(FAILURES_BORNE - 1):
        with pytest.raises(StoreUnavailable):
            side.pull()
    side.pull()
    assert side.link.feeds == [("catalogue", None)]


def test_a_refused_device_pulls_no_rows_either(side: Side) -> None:
    side.link.troubles.extend([LinkError("stop", "revoked")] * (FAILURES_BORNE + 1))
    for _try in range(FAILURES_BORNE + 1):
        with pytest.raises(LinkError, match="revoked"):
            side.pull()
    assert side.link.feeds == []


@pytest.mark.expected_logs
@pytest.mark.parametrize(("trouble", "cleared"), [("look", 1), ("upgrade", 0), ("anew", 0)])
def test_one_that_is_gone_meanwhile_gives_way(side: Side, trouble: Any, cleared: int) -> None:
    side.link.breaks_after.append(50_000)
    with pytest.raises(LinkError):
        side.pull()
    side.link.troubles.append(LinkError(trouble, "batch_refused"))
    side.pull()
    assert (side.files.cleared, side.files.installed) == (cleared, [])
    assert side.link.feeds == [("catalogue", None)]


def test_cursors_are_compared_only_within_a_life() -> None:
    assert position_of("hub:12") == ("hub", 12)
    assert [position_of(text) for text in (None, "", "hub", "hub:", ":1", "hub:-1", "Hub:1")] == [None] * 7
    assert rows_ahead("hub:12", "hub:2") == 10
    assert rows_ahead("hub:2", "hub:12") == 0
    assert rows_ahead("hub:12", "other:2") == 0
    assert rows_ahead(None, "hub:2") == rows_ahead("hub:2", None) == 0
