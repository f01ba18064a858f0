"""Let in, thrown out and let in again: the link's sessions against a real hub on the loopback."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sync.engine.device_key import DeviceKey, KeyRing, read_ring, write_ring
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.enrolment import known_keys, revoke
from sync.protocol import signing
from sync.protocol.chain import CHAIN_START, chain_after
from tests.hub.conftest import NOW_MS, event_line, shop_document
from tests.hub.devices import enrol_device
from tests.sync.conftest import SystemClock

HOUR_MS = 3_600_000


class HandClock:
    """A till's clock that stands where it is put."""

    def __init__(self) -> None:
        self.wall_ms = NOW_MS
        self.steady_ms = 0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.steady_ms


@dataclass
class Shop:
    """A hub whose clock and whose keys are in the test's hands, and the file of one till's key."""

    folder: Path
    hub: EmbeddedHub = field(init=False)
    url: str = ""
    now_ms: int = NOW_MS

    def __post_init__(self) -> None:
        self.open()
        with self.hub.database.writing() as connection:
            put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        self.enrol()

    def open(self) -> None:
        self.hub = EmbeddedHub(self.folder / "hub.db", now_ms=lambda: self.now_ms)
        self.url = self.hub.start()

    def restored(self, backup: Path) -> None:
        """The hub as it was when the backup was made."""
        self.hub.stop()
        for left in self.folder.glob("hub.db*"):
            left.unlink()
        shutil.copyfile(backup, self.folder / "hub.db")
        self.open()

    def backup(self) -> Path:
        self.hub.stop()
        Database(self.folder / "hub.db").close()
        shutil.copyfile(self.folder / "hub.db", self.folder / "backup.db")
        self.open()
        return self.folder / "backup.db"

    @property
    def key_file(self) -> Path:
        return self.folder / "device.key"

    def enrol(self) -> None:
        write_ring(self.key_file, enrol_device(self.hub.database, "S1", "T1", self.now_ms).ring)

    def link(self, clock: Any = None, key: DeviceKey | None = None) -> HttpLink:
        return HttpLink(
            self.url,
            store_id="S1",
            terminal_id="T1",
            key=key or DeviceKey(path=self.key_file),
            clock=clock or SystemClock(),
        )

    def states(self) -> list[str]:
        with self.hub.database.reading() as connection:
            return [one.state for one in known_keys(connection, "S1", all_states=True)]

    def revoke(self) -> None:
        with self.hub.database.writing() as connection:
            revoke(connection, "S1", "T1", now_ms=self.now_ms)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.hub.stop()


@pytest.fixture
def link(shop: Shop) -> Iterator[HttpLink]:
    made = shop.link()
    yield made
    made.close()


def refused(link: HttpLink) -> tuple[str, str]:
    with pytest.raises(LinkError) as trouble:
        link.feed("settings", after=None, limit=9)
    return trouble.value.sort, trouble.value.detail


def sort_of(link: HttpLink, seq: int) -> str:
    """How pushing one event went: "", or the sort of its failure."""
    try:
        link.push([event_line(seq)], epoch=1, first_seq=seq)
    except LinkError as trouble:
        return trouble.sort
    return ""


def asked(link: HttpLink, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that a link asks from now on."""
    paths: list[str] = []
    caller = link._caller
    request = caller.request

    def noted(method: str, path: str, **further: Any) -> bytes:
        paths.append(path.rpartition("/")[2])
        return request(method, path, **further)

    monkeypatch.setattr(caller, "request", noted)
    return paths


def test_one_session_serves_many_requests(
    shop: Shop, link: HttpLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = asked(link, monkeypatch)
    for _ in range(3):
        link.feed("settings", after=None, limit=9)
    assert link.push([event_line(1)], epoch=1, first_seq=1).acked_through == 1
    assert paths == ["challenge", "session", "settings", "settings", "settings", "events"]


@pytest.mark.parametrize("wrong_ms", [-400 * 24 * HOUR_MS, 0, 400 * 24 * HOUR_MS])
def test_the_till_s_wall_clock_does_not_matter(
    shop: Shop, wrong_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    clock.wall_ms += wrong_ms
    link = shop.link(clock)
    try:
        paths = asked(link, monkeypatch)
        link.feed("settings", after=None, limit=9)
        clock.wall_ms -= 2 * wrong_ms
        link.feed("settings", after=None, limit=9)
        assert paths.count("session") == 1
        clock.steady_ms += HOUR_MS
        shop.now_ms += HOUR_MS
        link.feed("settings", after=None, limit=9)
        assert paths == ["challenge", "session", "settings", "settings", "challenge", "session", "settings"]
    finally:
        link.close()


def test_a_session_that_is_over_is_opened_anew_and_nothing_is_lost(
    shop: Shop, link: HttpLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = asked(link, monkeypatch)
    assert link.push([event_line(1)], epoch=1, first_seq=1).acked_through == 1
    shop.now_ms += HOUR_MS
    assert link.push([event_line(2)], epoch=1, first_seq=2).acked_through == 2
    assert paths[2:] == ["events", "events", "challenge", "session", "events"]


def test_a_stranger_s_key_is_refused(shop: Shop) -> None:
    link = shop.link(key=DeviceKey(KeyRing("S1", "T1", (signing.new_private_key(),))))
    try:
        assert refused(link) == ("stop", "key_refused")
    finally:
        link.close()


@pytest.mark.parametrize(
    ("content", "detail"),
    [(None, "no_key"), ("S1.T1.secret", "old_key"), ("{}", "no_key"), ("other place", "store_refused")],
)
def test_a_key_of_no_use_is_told_and_a_good_one_is_found_by_itself(
    shop: Shop, link: HttpLink, content: str | None, detail: str
) -> None:
    good = shop.key_file.read_bytes()
    shop.key_file.unlink()
    if content == "other place":
        write_ring(shop.key_file, KeyRing("S1", "T2", (signing.new_private_key(),)))
    elif content is not None:
        shop.key_file.write_text(content)
    for _ in range(2):
        assert refused(link) == ("stop", detail)
    shop.key_file.write_bytes(good)
    assert len(link.feed("settings", after=None, limit=9).changes) == 1


@pytest.mark.parametrize("refusals", [1, 2, 3])
def test_revoked_at_work_then_enrolled_again_without_a_restart(
    shop: Shop, link: HttpLink, refusals: int
) -> None:
    assert link.push([event_line(1)], epoch=1, first_seq=1).acked_through == 1
    shop.revoke()
    for _ in range(refusals):
        assert refused(link) == ("stop", "revoked")
    shop.enrol()
    assert link.push([event_line(2)], epoch=1, first_seq=2).acked_through == 2, "what waited goes up"


def test_a_key_that_was_replaced_in_the_file_is_used_at_once(shop: Shop, link: HttpLink) -> None:
    link.feed("settings", after=None, limit=9)
    shop.enrol()
    assert len(link.feed("settings", after=None, limit=9).changes) == 1


def test_a_terminal_that_the_shop_no_longer_names_is_told(shop: Shop, link: HttpLink) -> None:
    with shop.hub.database.writing() as connection:
        document = shop_document(terminals=[{"id": "T2"}])
        put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    assert refused(link) == ("stop", "terminal_removed")


# ---------------------------------------------------------------------- the change of keys
def test_keys_change_while_everything_goes_on(shop: Shop, link: HttpLink) -> None:
    old = read_ring(shop.key_file).private_keys
    link.push([event_line(1)], epoch=1, first_seq=1)
    link.rotate()
    assert link.push([event_line(2)], epoch=1, first_seq=2).acked_through == 2
    new = read_ring(shop.key_file).private_keys
    assert new[1:] == old
    assert sorted(shop.states()) == ["active", "retired"]
    again = shop.link()
    try:
        again.feed("settings", after=None, limit=9)
    finally:
        again.close()


@pytest.mark.parametrize("lost", ["key", "session"])
def test_an_answer_lost_while_keys_change_locks_nobody_out(
    shop: Shop, link: HttpLink, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.feed("settings", after=None, limit=9)
    caller = link._caller
    request = caller.request
    left = {"key": ["key"], "session": ["session", "session"]}[lost]

    def losing(method: str, path: str, **further: Any) -> bytes:
        answer = request(method, path, **further)
        name = path.rpartition("/")[2]
        # The answer of the last of these is lost: the one by which the new key was used first.
        if left and name == left[0]:
            left.pop(0)
            if not left:
                raise LinkError("later", "timeout")
        return answer

    monkeypatch.setattr(caller, "request", losing)
    link.rotate()
    sorts = [sort_of(link, seq) for seq in (1, 1, 2)]
    assert sorts.count("") >= 2
    assert set(sorts) <= {"", "later"}
    assert not left
    restarted = shop.link()
    try:
        restarted.feed("settings", after=None, limit=9)
    finally:
        restarted.close()


def test_a_hub_restored_from_before_the_change_lets_the_till_in_by_itself(shop: Shop) -> None:
    before = shop.backup()
    link = shop.link()
    link.rotate()
    link.feed("settings", after=None, limit=9)
    link.close()
    newest = read_ring(shop.key_file).private_keys[0]
    shop.restored(before)
    assert shop.states() == ["active"]
    link = shop.link()
    try:
        link.feed("settings", after=None, limit=9)
        assert sorted(shop.states()) == ["active", "retired"], "the newest was brought in again"
        assert read_ring(shop.key_file).private_keys[0] == newest
    finally:
        link.close()


def test_a_key_that_cannot_be_kept_is_not_changed_to(
    shop: Shop, link: HttpLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.feed("settings", after=None, limit=9)
    before = shop.key_file.read_bytes()

    def full(_path: Path, _ring: KeyRing) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sync.engine.device_key.write_ring", full)
    link.rotate()
    link.feed("settings", after=None, limit=9)
    assert shop.key_file.read_bytes() == before
    assert shop.states() == ["active"]


# ---------------------------------------------------------------------- secrets
def test_no_key_code_or_token_gets_into_a_log(
    shop: Shop, link: HttpLink, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "urllib3", "poshub", "uvicorn", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    first = chain_after(CHAIN_START, event_line(1))
    link.push([event_line(1)], epoch=1, first_seq=1, chain=first)
    token = link._sessions.token()
    link.rotate()
    # A signature by another key than the session's would be told in the log, and fail this test.
    link.push([event_line(2)], epoch=1, first_seq=2, chain=chain_after(first, event_line(2)))
    shop.revoke()
    assert refused(link) == ("stop", "revoked")
    written = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "session" in written, "something was written"
    secrets = [token, link._sessions._token, *read_ring(shop.key_file).private_keys]
    for secret in filter(None, secrets):
        assert (secret if isinstance(secret, str) else secret.hex()) not in written
    assert "Bearer" not in written
    for text in (one for one in shop.key_file.read_text().split('"') if len(one) == 43):
        assert text not in written
