"""A terminal.toml: what a right one becomes, and one clear sentence for everything that can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posapp.config import ConfigError, PrinterSettings, ScannerLine, UsbId, read_settings

RIGHT = {
    "store_id": '"S1"',
    "terminal_id": '"T1"',
    "terminal_number": "1",
    "data": '"till"',
    "hub_url": '"http://127.0.0.1:8780/"',
    "device_key_file": '"device.key"',
}


def write(folder: Path, **changes: str | None) -> Path:
    """A settings file with changed, added or missing lines."""
    lines = (RIGHT | changes).items()
    path = folder / "terminal.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in lines if value is not None), "utf-8")
    return path


def sentence(path: Path) -> str:
    with pytest.raises(ConfigError) as trouble:
        read_settings(path)
    return str(trouble.value)


def test_a_right_file_is_read_whole(tmp_path: Path) -> None:
    more = {"printer": '"tcp:10.0.0.9:9101"', "scheme": '"dark"', "sound": '"soft"', "full_screen": "true"}
    found = read_settings(write(tmp_path, **more))
    assert (found.store_id, found.terminal_id, found.terminal_number) == ("S1", "T1", 1)
    assert found.hub_url == "http://127.0.0.1:8780"
    assert (found.ledger, found.catalogue) == (tmp_path / "till/ledger.db", tmp_path / "till/catalog.db")
    assert found.device_key_file == tmp_path / "device.key"
    assert found.printer == PrinterSettings("tcp", host="10.0.0.9", port=9101)
    assert (found.scheme, found.sound, found.full_screen) == ("dark", "soft", True)


def test_what_is_left_out_has_a_plain_default(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path))
    assert (found.printer.kind, found.scheme, found.sound, found.full_screen) == (
        "none",
        "light",
        "normal",
        False,
    )


def test_a_till_opens_without_its_key(tmp_path: Path) -> None:
    assert not read_settings(write(tmp_path)).device_key_file.exists()


@pytest.mark.parametrize(
    "url", ["http://hub:8780", "HTTP://10.0.0.7", "http://[2001:db8::1]:80", "http://1.2.3.4"]
)
def test_plain_http_to_another_machine_is_asked_for_aloud(tmp_path: Path, url: str) -> None:
    path = write(tmp_path, hub_url=f'"{url}"')
    assert sentence(path) == (
        f"{path}: hub_url is {url}, which anybody on the way can read. Use https://, or, in a closed network "
        "that you trust, add the line allow_plain_http = true."
    )
    assert read_settings(write(tmp_path, hub_url=f'"{url}"', allow_plain_http="true")).hub_url == url
    secure = url.lower().replace("http:", "https:")
    assert read_settings(write(tmp_path, hub_url=f'"{secure}"')).hub_url == secure


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.9.9.9", "http://[::1]:80"])
def test_plain_http_within_the_machine_is_fine(tmp_path: Path, url: str) -> None:
    assert read_settings(write(tmp_path, hub_url=f'"{url}"')).hub_url == url


def test_the_hubs_own_authority_lies_beside_the_settings(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path)).hub_ca_file is None
    path = write(tmp_path, hub_ca_file='"hub-ca.pem"')
    file = tmp_path / "hub-ca.pem"
    assert sentence(path) == (f"{path}: hub_ca_file names {file}, which is not there. Copy the hub's ca.pem.")
    file.touch()
    assert read_settings(path).hub_ca_file == file


@pytest.mark.parametrize(
    ("text", "printer"),
    [
        ("virtual", PrinterSettings("virtual")),
        ("tcp:till-printer", PrinterSettings("tcp", host="till-printer", port=9100)),
        ("file:/dev/usb/lp0", PrinterSettings("file", path=Path("/dev/usb/lp0"))),
    ],
)
def test_printers(tmp_path: Path, text: str, printer: PrinterSettings) -> None:
    assert read_settings(write(tmp_path, printer=f'"{text}"')).printer == printer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"store_id": None}, 'store_id is missing. Add a line such as store_id = "…".'),
        ({"terminal_id": '" "'}, 'terminal_id is missing. Add a line such as terminal_id = "…".'),
        ({"data": "5"}, 'data is missing. Add a line such as data = "…".'),
        ({"terminal_number": None}, "terminal_number is a whole number from 1 to 99, not None."),
        ({"terminal_number": "0"}, "terminal_number is a whole number from 1 to 99, not 0."),
        ({"terminal_number": "100"}, "terminal_number is a whole number from 1 to 99, not 100."),
        ({"terminal_number": "true"}, "terminal_number is a whole number from 1 to 99, not True."),
        ({"hub_url": None}, 'hub_url is missing. Add a line such as hub_url = "…".'),
        (
            {"hub_url": '"hub.example:8780"'},
            "hub_url starts with http:// or https:// and names the hub, not 'hub.example:8780'.",
        ),
        (
            {"hub_url": '"ftp://hub"'},
            "hub_url starts with http:// or https:// and names the hub, not 'ftp://hub'.",
        ),
        (
            {"hub_url": '"https:///"'},
            "hub_url starts with http:// or https:// and names the hub, not 'https:///'.",
        ),
        ({"scheme": '"pink"'}, "scheme is one of light, dark, not 'pink'."),
        ({"sound": "1"}, "sound is one of off, soft, normal, not 1."),
        ({"full_screen": '"yes"'}, "full_screen is true or false, not 'yes'."),
        ({"colour": "1"}, "colour is not a setting."),
        ({"terminal_nunber": "1"}, "terminal_nunber is not a setting. Did you mean terminal_number?"),
        *(
            (
                {"printer": f'"{wrong}"'},
                f'printer is "none", "virtual", "tcp:HOST:PORT" or "file:PATH", not {wrong!r}.',
            )
            for wrong in ("laser", "tcp:", "tcp:h:0", "tcp:h:65536", "file:", "none:x", "")
        ),
        ({"printer": "7"}, 'printer is "none", "virtual", "tcp:HOST:PORT" or "file:PATH", not 7.'),
    ],
)
def test_every_wrong_setting_has_its_sentence(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    path = write(tmp_path, **changes)
    assert sentence(path) == f"{path}: {said}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("serial:/dev/ttyACM0", {"kind": "serial", "path": "/dev/ttyACM0"}),
        (
            "serial:COM3?baud=115200&bits=7e1",
            {"kind": "serial", "path": "COM3", "baud": 115200, "bits": "7E1"},
        ),
        (
            "serial:usb:0C2E:0b61:SN 1?frame=silence&silence=40&encoding=gb18030",
            {
                "kind": "serial",
                "usb": UsbId(0x0C2E, 0x0B61, "SN 1"),
                "frame": "silence",
                "silence_ms": 40,
                "encoding": "gb18030",
            },
        ),
        ("hid-pos:auto", {"kind": "hid-pos"}),
        ("hid-pos:05e0:1300", {"kind": "hid-pos", "usb": UsbId(0x05E0, 0x1300)}),
        ("keyboard:0c2e:0b61:SN1", {"kind": "keyboard", "usb": UsbId(0x0C2E, 0x0B61, "SN1")}),
        (
            "keyboard:0c2e:0b61@usb-0000:00:14.0-2/input0",
            {"kind": "keyboard", "usb": UsbId(0x0C2E, 0x0B61), "phys": "usb-0000:00:14.0-2/input0"},
        ),
        (
            "keyboard:/dev/input/by-id/usb-Voyager-event-kbd",
            {"kind": "keyboard", "path": "/dev/input/by-id/usb-Voyager-event-kbd"},
        ),
    ],
)
def test_scanners(tmp_path: Path, text: str, line: dict[str, Any]) -> None:
    (found,) = read_settings(write(tmp_path, scanners=f'["{text}"]')).scanners
    assert found == ScannerLine(text, **line)


def test_several_scanners_keep_their_order_and_none_is_the_default(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path, scanners='["hid-pos:auto", "serial:COM1"]')).scanners
    assert [line.text for line in found] == ["hid-pos:auto", "serial:COM1"]
    assert read_settings(write(tmp_path)).scanners == ()


@pytest.mark.parametrize(
    "wrong",
    [
        "toaster:4", "serial", "serial:", "serial:usb:0c2e", "serial:usb:xyzw:0b61", "hid-pos:",
        "hid-pos:all", "hid-pos:auto?baud=9600", "keyboard:", "keyboard:auto", "keyboard:c2e:b61",
        "keyboard:0c2e:0b61?x=1", "",
    ],
)  # fmt: skip
def test_what_is_no_scanner_is_told_what_one_is(tmp_path: Path, wrong: str) -> None:
    path = write(tmp_path, scanners=f'["{wrong}"]')
    assert sentence(path).startswith(f'{path}: scanners: a scanner is "serial:PORT", ')
    assert f"not {wrong!r}. `posapp scanners` prints the lines of those plugged in." in sentence(path)


@pytest.mark.parametrize(
    ("scanners", "said"),
    [
        ('"hid-pos:auto"', """scanners is a list of texts such as ["hid-pos:auto"], not 'hid-pos:auto'."""),
        ("[7]", "scanners: a scanner is "),
        ('["hid-pos:auto", "hid-pos:auto"]', "scanners names hid-pos:auto twice. Leave one out."),
        (
            '["serial:COM1?baud=9"]',
            "scanners: serial:COM1?baud=9: 'baud=9' is none of baud=9600, bits=8N1, frame=",
        ),
        ('["serial:COM1?frame=dot"]', "scanners: serial:COM1?frame=dot: 'frame=dot' is none of "),
        ('["serial:COM1?bits=9N1"]', "scanners: serial:COM1?bits=9N1: 'bits=9N1' is none of "),
        ('["serial:COM1?silence=5"]', "scanners: serial:COM1?silence=5: 'silence=5' is none of "),
        ('["serial:COM1?encoding=big5"]', "scanners: serial:COM1?encoding=big5: 'encoding=big5' is none of "),
    ],
)
def test_wrong_lists_and_options_of_scanners(tmp_path: Path, scanners: str, said: str) -> None:
    path = write(tmp_path, scanners=scanners)
    assert sentence(path).startswith(f"{path}: {said}")


def test_files_that_cannot_be_read_have_theirs(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    assert sentence(missing) == f"{missing} does not exist. Make it, or give another file with --config."
    path = tmp_path / "broken.toml"
    for content in (b"store_id = ", b"\xff\xfe"):
        path.write_bytes(content)
        assert sentence(path).startswith(f"{path} is not readable as TOML: ")


def test_the_recall_list_lies_beside_the_settings(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path)).recalls is None
    assert read_settings(write(tmp_path, recalls='"lists/recalls.csv"')).recalls == (
        tmp_path.resolve() / "lists" / "recalls.csv"
    )
    assert "recalls" in sentence(write(tmp_path, recalls="7"))


def test_how_the_keyboard_scanners_are_set(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path))
    assert (found.scanner_layout, found.scanner_separator) == ("auto", "")
    found = read_settings(write(tmp_path, scanner_layout='"us"', scanner_separator='"|"'))
    assert (found.scanner_layout, found.scanner_separator) == ("us", "|")
    assert "scanner_layout is one of" in sentence(write(tmp_path, scanner_layout='"fr"'))
    for wrong in ('"7"', '"||"', '"a"', "1"):
        assert "scanner_separator is one sign" in sentence(write(tmp_path, scanner_separator=wrong))
