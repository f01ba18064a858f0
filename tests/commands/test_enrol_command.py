"""`posapp enrol` as shop IT uses it: one command, files that are right, a sentence for whatever is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from posapp.config import read_settings
from posapp.main import cli
from sync.engine import http
from sync.engine.device_key import DeviceKey, KeyRing, read_ring, write_ring
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub, system_now_ms
from sync.hub.trust.enrolment import new_code
from sync.protocol import signing
from tests.hub.conftest import NOW_MS, shop_document
from tests.sync.conftest import SystemClock

ROOT = Path(__file__).resolve().parents[2]


class Shop:
    """A hub with two tills, and a folder of a till that is not enrolled yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "till"
        self.folder.mkdir()
        self.hub = EmbeddedHub(folder / "hub.db")
        with self.hub.database.writing() as connection:
            put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        self.url = self.hub.start()
        self._codes = 0

    @property
    def config(self) -> Path:
        return self.folder / "terminal.toml"

    @property
    def key_file(self) -> Path:
        return self.folder / "device.key"

    def code(self, terminal_id: str = "T1") -> str:
        self._codes += 1
        with self.hub.database.writing() as connection:
            secret = bytes([self._codes] * 10)
            code = new_code(connection, "S1", terminal_id, secret=secret, now_ms=system_now_ms())
        assert code is not None
        return code

    def enrol(self, code: str, *more: str, url: str = "") -> int:
        return cli(["--config", str(self.config), "enrol", "--hub", url or self.url, "--code", code, *more])

    def lets_in(self, terminal_id: str = "T1") -> bool:
        link = HttpLink(
            self.url,
            store_id="S1",
            terminal_id=terminal_id,
            key=DeviceKey(path=self.key_file),
            clock=SystemClock(),
        )
        try:
            return len(link.feed("settings", after=None, limit=9).changes) == 1
        except LinkError:
            return False
        finally:
            link.close()

    def files(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.hub.stop()


def test_one_command_makes_a_till_of_an_empty_folder(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.enrol(shop.code().lower()) == 0
    assert shop.files() == ["device.key", "terminal.toml"]
    found = read_settings(shop.config)
    assert (found.store_id, found.terminal_id, found.terminal_number) == ("S1", "T1", 1)
    assert (found.hub_url, found.device_key_file) == (shop.url, shop.key_file)
    assert shop.lets_in()
    told = capsys.readouterr().out
    assert "enrolled as T1 of store S1" in told
    assert f"posapp --config {shop.config}" in told
    assert read_ring(shop.key_file).hub_keys, "by which snapshots are known"


def test_enrolled_again_the_settings_stay_as_people_wrote_them(shop: Shop) -> None:
    assert shop.enrol(shop.code()) == 0
    written = shop.config.read_text() + '# the printer\'s cable is short\nprinter = "virtual"\n'
    shop.config.write_text(written)
    old = read_ring(shop.key_file).private_keys
    assert cli(["--config", str(shop.config), "enrol", "--code", shop.code()]) == 0
    assert shop.config.read_text() == written
    assert read_ring(shop.key_file).private_keys[1:] == old, "a hub restored from yesterday knows it"
    assert shop.lets_in()


def test_an_old_key_is_replaced(shop: Shop) -> None:
    shop.key_file.write_text("S1.T1.secret\n")
    assert shop.enrol(shop.code()) == 0
    assert shop.lets_in()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("hello", "is no code"),
        ("0000-0000-0000-0000", "does not know this code"),
    ],
)
def test_a_wrong_code_is_said_and_leaves_nothing(
    shop: Shop, code: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.enrol(code) == 1
    assert words in capsys.readouterr().err
    assert shop.files() == []


def test_a_used_code_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    code = shop.code()
    assert shop.enrol(code) == 0
    assert shop.enrol(code) == 1
    assert "used already" in capsys.readouterr().err
    assert shop.lets_in(), "the key that is there stays good"


def test_a_lost_answer_costs_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = shop.code()
    request = http.HttpCaller.request

    def lost(self: http.HttpCaller, *arguments: object, **further: object) -> bytes:
        request(self, *arguments, **further)  # type: ignore[arg-type]
        raise LinkError("later", "timeout")

    with monkeypatch.context() as cut:
        cut.setattr(http.HttpCaller, "request", lost)
        assert shop.enrol(code) == 1
    assert "Give the same command again." in capsys.readouterr().err
    assert shop.enrol(code) == 0
    assert shop.files() == ["device.key", "terminal.toml"]
    assert shop.lets_in()


def test_another_terminal_s_key_is_not_overwritten_by_mistake(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    held = KeyRing("S1", "T2", (signing.new_private_key(),))
    write_ring(shop.key_file, held)
    code = shop.code()
    assert shop.enrol(code) == 1
    assert "give the same command with --replace" in capsys.readouterr().err
    assert read_ring(shop.key_file) == held
    assert shop.enrol(code, "--replace") == 0
    assert shop.lets_in()
    assert read_ring(shop.key_file).private_keys != held.private_keys


def test_a_code_for_another_terminal_than_the_settings_say_is_refused(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.enrol(shop.code()) == 0
    before = shop.key_file.read_bytes()
    assert shop.enrol(shop.code("T2"), "--replace") == 1
    assert "is of T1 of store S1" in capsys.readouterr().err
    assert shop.key_file.read_bytes() == before
    assert shop.lets_in()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hub.example:8780", "plain HTTP"),
        ("hub:8780", "Say where the hub is"),
        ("http://127.0.0.1:9", "cannot be reached"),
        ("http://127.0.0.1:9", "by https:// only"),
    ],
)
def test_an_address_of_no_hub_is_said(
    shop: Shop, url: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.enrol(shop.code(), url=url) == 1
    assert words in capsys.readouterr().err
    assert not shop.config.exists()


def test_an_authority_that_is_not_there_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.enrol(shop.code(), "--ca", str(shop.folder / "ca.pem")) == 1
    assert "Copy the hub's ca.pem" in capsys.readouterr().err


def test_the_authority_is_kept_beside_the_settings(shop: Shop, tmp_path: Path) -> None:
    given = tmp_path / "usb-stick.pem"
    given.write_text("-----BEGIN CERTIFICATE-----\n")
    # Not looked at over plain HTTP; that TLS uses it is another test's.
    assert shop.enrol(shop.code(), "--ca", str(given)) == 0
    assert read_settings(shop.config).hub_ca_file == shop.folder / "hub-ca.pem"
    assert (shop.folder / "hub-ca.pem").read_text() == given.read_text()


def test_it_needs_neither_a_display_nor_qt(shop: Shop) -> None:
    probe = (
        "import sys; from posapp.main import cli; code = cli(sys.argv[1:]); "
        "print(sorted({'PySide6', 'sqlalchemy'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "--config", shop.config, "enrol", "--hub", shop.url, "--code",
         shop.code()],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
