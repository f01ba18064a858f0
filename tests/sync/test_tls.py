"""TLS over real sockets: a hub with a certificate of its own authority, and tills that look closely."""

from __future__ import annotations

import datetime
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.hub.commands import cli
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.asgi import Listening
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.authority import CA_CERTIFICATE, AuthorityError, init_authority, issue
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import enrol_device
from tests.sync.conftest import SystemClock, address_of

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certified:
    """A hub under TLS, its authority's certificate and a till's key."""

    url: str
    ca_file: Path
    key: DeviceKey

    def trouble(self, url: str = "", ca_file: Path | None = None, *, trusts_public: bool = False) -> str:
        """What a till says of it: "" or sort and detail."""
        link = HttpLink(
            url or self.url,
            store_id="S1",
            terminal_id="T1",
            key=self.key,
            clock=SystemClock(),
            ca_file=None if trusts_public else ca_file or self.ca_file,
        )
        try:
            link.feed("settings", after=None, limit=9)
        except LinkError as trouble:
            return f"{trouble.sort} {trouble.detail}"
        finally:
            link.close()
        return ""


@contextmanager
def certified(
    folder: Path, *, hosts: list[str], addresses: list[str], now: datetime.datetime = NOW
) -> Iterator[Certified]:
    authority = folder / "authority"
    ca_file = init_authority(authority, name="Test authority", now=now)
    issued = issue(authority, hosts=hosts, addresses=addresses, now=now)
    listening = Listening(certificate=issued.certificate, key=issued.key)
    hub = EmbeddedHub(folder / "hub.db", listening=listening)
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    key = enrol_device(hub.database, "S1", "T1", NOW_MS)
    try:
        url = hub.start()
        assert url.startswith("https://127.0.0.1:")
        yield Certified(url, ca_file, key)
    finally:
        hub.stop()


def test_a_till_that_knows_the_authority_gets_in_and_others_do_not(tmp_path: Path) -> None:
    stranger = init_authority(tmp_path / "stranger", name="Stranger", now=NOW)
    with certified(tmp_path, hosts=["localhost"], addresses=["127.0.0.1"]) as hub:
        assert hub.trouble() == ""
        assert hub.trouble(hub.url.replace("127.0.0.1", "localhost")) == ""
        assert hub.trouble(ca_file=stranger) == "stop certificate"
        assert hub.trouble(trusts_public=True) == "stop certificate"


def test_a_certificate_for_another_name_is_told_apart(tmp_path: Path) -> None:
    with certified(tmp_path, hosts=["hub.example"], addresses=["10.9.8.7"]) as hub:
        assert hub.trouble() == "stop certificate_name"
        assert hub.trouble(hub.url.replace("127.0.0.1", "localhost")) == "stop certificate_name"


@pytest.mark.parametrize("days", [-500, 2])
def test_a_certificate_that_is_over_or_not_yet_good_is_told_apart(tmp_path: Path, days: int) -> None:
    with certified(tmp_path, hosts=[], addresses=["127.0.0.1"], now=NOW + days * DAY) as hub:
        assert hub.trouble() == "stop certificate_time"


def test_plain_http_to_a_tls_port_and_tls_to_a_plain_one_are_no_certificates(tmp_path: Path) -> None:
    with certified(tmp_path, hosts=[], addresses=["127.0.0.1"]) as hub:
        plain = hub.trouble(hub.url.replace("https:", "http:"))
        assert plain.startswith("later ")
        with socket.create_server(("127.0.0.1", 0)) as one:
            nobody = address_of(one)
        assert hub.trouble(nobody.replace("http:", "https:")) == "later network"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(tmp_path: Path) -> None:
    with certified(tmp_path, hosts=[], addresses=["127.0.0.1"]) as hub:
        port = int(hub.url.rpartition(":")[2])
        context = ssl.create_default_context(cafile=str(hub.ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as raw,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_the_strictest_reader_takes_the_chain(tmp_path: Path) -> None:
    with certified(tmp_path, hosts=["localhost"], addresses=[]) as hub:
        context = ssl.create_default_context(cafile=str(hub.ca_file))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        port = int(hub.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as secured,
        ):
            found = secured.getpeercert()
    assert found is not None
    until = datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), datetime.UTC)
    assert 396 * DAY <= until - NOW <= 398 * DAY


# ---------------------------------------------------------------------- the commands
def test_the_authority_is_made_once_and_its_files_are_its_owner_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ca"
    assert cli(["ca", "init", str(folder)]) == 0
    before = (folder / CA_CERTIFICATE).read_bytes()
    assert cli(["ca", "init", str(folder)]) == 1
    assert "holds an authority already" in capsys.readouterr().err
    assert (folder / CA_CERTIFICATE).read_bytes() == before
    assert cli(["ca", "issue", str(folder), "--host", "hub.shop", "--ip", "10.0.0.7"]) == 0
    assert f"--tls-cert {folder / 'hub.shop.pem'} --tls-key {folder / 'hub.shop-key.pem'}" in (
        capsys.readouterr().out
    )
    assert {one.name: one.stat().st_mode & 0o777 for one in folder.iterdir()} == dict.fromkeys(
        ("ca.pem", "ca-key.pem", "hub.shop.pem", "hub.shop-key.pem"), 0o600
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say what tills call the hub"),
        (["--ip", "hub.shop"], "not a name or address"),
        (["--host", "ümlaut"], "not a name or address"),
        (["--host", "the hub!"], "not a name or address"),
        (["--host=-hub"], "not a name or address"),
        (["--host", "10.1.2.3:8780"], "not a name or address"),
    ],
)
def test_what_cannot_be_certified_is_said(
    tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli(["ca", "init", str(tmp_path / "ca")])
    assert cli(["ca", "issue", str(tmp_path / "ca"), *arguments]) == 1
    assert words in capsys.readouterr().err


def test_an_authority_has_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("", "x" * 65):
        assert cli(["ca", "init", str(tmp_path / "ca"), "--name", name]) == 1
        assert "--name" in capsys.readouterr().err
    assert not (tmp_path / "ca").exists()


def test_an_authority_that_is_none_or_over_certifies_nothing(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="there is no authority"):
        issue(tmp_path, hosts=["h"], addresses=[], now=NOW)
    for name in ("one", "other"):
        init_authority(tmp_path / name, name=name, now=NOW)
    with pytest.raises(AuthorityError, match="is over since"):
        issue(tmp_path / "one", hosts=["h"], addresses=[], now=NOW + 4_000 * DAY)
    shutil.copyfile(tmp_path / "one" / "ca-key.pem", tmp_path / "other" / "ca-key.pem")
    with pytest.raises(AuthorityError, match="do not belong together"):
        issue(tmp_path / "other", hosts=["h"], addresses=[], now=NOW)
    (tmp_path / "one" / "ca.pem").write_text("no certificate")
    with pytest.raises(AuthorityError, match="is damaged"):
        issue(tmp_path / "one", hosts=["h"], addresses=[], now=NOW)


def test_serve_says_which_files_do_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EmbeddedHub(tmp_path / "hub.db").database.close()
    for name in ("one", "other"):
        init_authority(tmp_path / name, name=name, now=NOW)
    serving = ["serve", "--database", str(tmp_path / "hub.db"), "--port", "0"]
    certificate, key = str(tmp_path / "one" / "ca.pem"), str(tmp_path / "other" / "ca-key.pem")
    assert cli([*serving, "--tls-cert", certificate]) == 1
    assert "go together" in capsys.readouterr().err
    assert cli([*serving, "--tls-cert", certificate, "--tls-key", key]) == 1
    assert "belong together" in capsys.readouterr().err
