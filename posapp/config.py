"""What a till must know to start: its number, its files, its hub and its devices. Nothing else.

Everything operational comes from the hub. An unknown key, a missing one or a value that cannot be
is an error in one sentence that names the file, the key and the mend.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from posapp.domain.file_trouble import file_sentence
from posapp.values import dataclass

SCHEMES = ("light", "dark")
SOUNDS = ("off", "soft", "normal")
SCANNER_LAYOUTS = ("auto", "us", "system")
FRAMES = ("auto", "cr", "lf", "crlf", "tab", "etx", "stx-etx", "silence")
#: Encodings that a scanner may send texts in; "auto" is UTF-8, and GB18030 where it is not that.
ENCODINGS = ("auto", "utf-8", "gb18030", "latin-1")
SILENCE_MS = 100


class ConfigError(Exception):
    """The configuration cannot be used; the message is one sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """Which printer: none, the built-in virtual one, a network one, or a device file."""

    kind: Literal["none", "virtual", "tcp", "file"]
    host: str = ""
    port: int = 9100
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class UsbId:
    """A device by what it says of itself on the USB; an empty serial number fits any."""

    vendor: int
    product: int
    serial: str = ""

    def fits(self, vendor: int | None, product: int | None, serial: str | None) -> bool:
        """Whether a device that is there is this one."""
        return (vendor, product) == (self.vendor, self.product) and self.serial in ("", serial or "")

    def __str__(self) -> str:
        """The spelling of the settings file."""
        return f"{self.vendor:04x}:{self.product:04x}" + (f":{self.serial}" if self.serial else "")


@dataclass(frozen=True, slots=True)
class ScannerLine:
    """One scanner of the settings file: `text` is its line and its name everywhere else.

    Found by `path` (a port or device file), by `usb`, or (a keyboard) by `phys`, the socket it is
    plugged in; "hid-pos:auto" has none of them. The rest is how a serial line speaks.
    """

    text: str
    kind: Literal["serial", "hid-pos", "keyboard"]
    path: str = ""
    usb: UsbId | None = None
    phys: str = ""
    baud: int = 9600
    bits: str = "8N1"
    frame: str = "auto"
    silence_ms: int = SILENCE_MS
    encoding: str = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """The start-up settings of one till; paths are absolute."""

    store_id: str
    terminal_id: str
    terminal_number: int
    data: Path
    hub_url: str
    device_key_file: Path
    printer: PrinterSettings
    hub_ca_file: Path | None = None
    scheme: Literal["light", "dark"] = "light"
    sound: Literal["off", "soft", "normal"] = "normal"
    full_screen: bool = False
    recalls: Path | None = None
    scanners: tuple[ScannerLine, ...] = ()
    camera: str = "none"
    scanner_layout: Literal["auto", "us", "system"] = "auto"
    scanner_separator: str = ""  # what the scanners type in place of GS, where that is one sign

    @property
    def ledger(self) -> Path:
        """The file of facts."""
        return self.data / "ledger.db"

    @property
    def catalogue(self) -> Path:
        """The replaceable file of items and prices."""
        return self.data / "catalog.db"


_KEYS = frozenset(
    {
        "store_id", "terminal_id", "terminal_number", "data", "hub_url", "device_key_file", "printer",
        "scheme", "sound", "full_screen", "recalls", "scanners", "camera",
        "scanner_layout", "scanner_separator", "hub_ca_file", "allow_plain_http",
    }
)  # fmt: skip


def read_settings(path: Path) -> Settings:
    """Settings from a terminal.toml; raises ConfigError. Relative paths are relative to the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. Make it, or give another file with --config.") from None
    except OSError as error:
        raise ConfigError(f"{file_sentence(error)}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not readable as TOML: {error}. Mend that place.") from None
    for key in document:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{path}: {key} is not a setting.{hint}")
    folder = path.resolve().parent
    data = folder / _text(path, document, "data")
    return Settings(
        store_id=_text(path, document, "store_id"),
        terminal_id=_text(path, document, "terminal_id"),
        terminal_number=_number(path, document, "terminal_number", 1, 99),
        data=data,
        hub_url=_hub_url(path, document),
        # A till whose key is lost still opens and sells: what is wrong with it the link says.
        device_key_file=folder / _text(path, document, "device_key_file"),
        hub_ca_file=_ca_file(path, folder, document),
        printer=_printer(path, folder, document.get("printer", "none")),
        scheme=_choice(path, document, "scheme", SCHEMES, "light"),
        sound=_choice(path, document, "sound", SOUNDS, "normal"),
        full_screen=_flag(path, document, "full_screen"),
        recalls=folder / _text(path, document, "recalls") if "recalls" in document else None,
        scanners=_scanners(path, document),
        camera=_camera(path, folder, document.get("camera", "none")),
        scanner_layout=_choice(path, document, "scanner_layout", SCANNER_LAYOUTS, "auto"),
        scanner_separator=_separator(path, document.get("scanner_separator", "")),
    )


def _separator(path: Path, sign: object) -> str:
    """One sign that is neither a letter nor a digit, or none."""
    if isinstance(sign, str) and (not sign or (len(sign) == 1 and sign.isprintable() and not sign.isalnum())):
        return sign
    raise ConfigError(
        f'{path}: scanner_separator is one sign that no code has, such as "|", or "" for none, not {sign!r}.'
    )


def _text(path: Path, document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'{path}: {key} is missing. Add a line such as {key} = "…".')
    return value.strip()


def _hub_url(path: Path, document: dict[str, Any]) -> str:
    url = _text(path, document, "hub_url")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not rest.strip("/"):
        raise ConfigError(f"{path}: hub_url starts with http:// or https:// and names the hub, not {url!r}.")
    if not _flag(path, document, "allow_plain_http") and is_plain_afar(url):
        raise ConfigError(
            f"{path}: hub_url is {url}, which anybody on the way can read. Use https://, or, in a closed "
            "network that you trust, add the line allow_plain_http = true."
        )
    return url.rstrip("/")


def is_plain_afar(url: str) -> bool:
    """Whether an address means plain HTTP to another machine than this one."""
    parts = urlsplit(url)
    try:
        here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    return parts.scheme.lower() == "http" and not here


def _ca_file(path: Path, folder: Path, document: dict[str, Any]) -> Path | None:
    if "hub_ca_file" not in document:
        return None
    file = folder / _text(path, document, "hub_ca_file")
    if not file.is_file():
        raise ConfigError(f"{path}: hub_ca_file names {file}, which is not there. Copy the hub's ca.pem.")
    return file


def _number(path: Path, document: dict[str, Any], key: str, least: int, most: int) -> int:
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(f"{path}: {key} is a whole number from {least} to {most}, not {value!r}.")
    return value


def _flag(path: Path, document: dict[str, Any], key: str) -> bool:
    value = document.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{path}: {key} is true or false, not {value!r}.")
    return value


def _choice(path: Path, document: dict[str, Any], key: str, allowed: tuple[str, ...], default: str) -> Any:
    value = document.get(key, default)
    if value not in allowed:
        raise ConfigError(f"{path}: {key} is one of {', '.join(allowed)}, not {value!r}.")
    return value


def _printer(path: Path, folder: Path, text: object) -> PrinterSettings:
    """none | virtual | tcp:HOST[:PORT] | file:PATH"""
    kind, _, rest = text.partition(":") if isinstance(text, str) else ("", "", "")
    if kind in ("none", "virtual") and not rest:
        return PrinterSettings("none" if kind == "none" else "virtual")
    if kind == "file" and rest:
        return PrinterSettings("file", path=folder / rest)
    host, _, port = rest.rpartition(":") if rest.rpartition(":")[2].isdigit() else (rest, "", "9100")
    if kind == "tcp" and host and 0 < int(port) < 65_536:
        return PrinterSettings("tcp", host=host, port=int(port))
    raise ConfigError(f'{path}: printer is "none", "virtual", "tcp:HOST:PORT" or "file:PATH", not {text!r}.')


def _camera(path: Path, folder: Path, value: object) -> str:
    """none | auto | a number | a device path | pictures:FOLDER"""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 99:
        return str(value)
    if isinstance(value, str) and value.startswith("pictures:"):
        pictures = folder / value.removeprefix("pictures:")
        if pictures.is_dir():
            return f"pictures:{pictures}"
        raise ConfigError(f"{path}: camera names {pictures}, which is no folder. Make it, or give another.")
    if isinstance(value, str) and (value in ("none", "auto") or value.startswith("/")):
        return value
    raise ConfigError(
        f'{path}: camera is "none", "auto", a number such as 0, a device such as "/dev/video0" or '
        f'"pictures:FOLDER", not {value!r}.'
    )


def _scanners(path: Path, document: dict[str, Any]) -> tuple[ScannerLine, ...]:
    lines = document.get("scanners", [])
    if not isinstance(lines, list):
        raise ConfigError(f'{path}: scanners is a list of texts such as ["hid-pos:auto"], not {lines!r}.')
    found: list[ScannerLine] = []
    for text in lines:
        try:
            line = parse_scanner(text)
        except ConfigError as error:
            raise ConfigError(f"{path}: scanners: {error}") from None
        if line.text in (other.text for other in found):
            raise ConfigError(f"{path}: scanners names {line.text} twice. Leave one out.")
        found.append(line)
    return tuple(found)


_USB = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?::(.+))?")
_BITS = re.compile(r"[78][NEO][12]")
_SCANNER = (
    'a scanner is "serial:PORT", "serial:usb:VENDOR:PRODUCT", "hid-pos:auto", "hid-pos:VENDOR:PRODUCT" '
    'or "keyboard:VENDOR:PRODUCT", not {text!r}. `posapp scanners` prints the lines of those plugged in.'
)


def parse_scanner(text: object) -> ScannerLine:
    """A scanner by its line; raises ConfigError with a sentence.

    serial:PORT | serial:usb:VID:PID[:SERIAL], both with ?baud=…&bits=8N1&frame=…&silence=MS&encoding=… |
    hid-pos:auto | hid-pos:VID:PID[:SERIAL] | keyboard:VID:PID[:SERIAL|@SOCKET] | keyboard:/dev/input/…
    """
    if not isinstance(text, str):
        raise ConfigError(_SCANNER.format(text=text))
    text = text.strip()
    head, _, options = text.partition("?")
    kind, _, rest = head.partition(":")
    wrong = ConfigError(_SCANNER.format(text=text))
    match kind:
        case "serial" if rest:
            usb = _usb(rest.removeprefix("usb:")) if rest.startswith("usb:") else None
            if rest.startswith("usb:") and usb is None:
                raise wrong
            return ScannerLine(text, "serial", "" if usb else rest, usb, **_serial_options(text, options))
        case "hid-pos" if not options and rest == "auto":
            return ScannerLine(text, "hid-pos")
        case "hid-pos" if not options and (usb := _usb(rest)):
            return ScannerLine(text, "hid-pos", usb=usb)
        case "keyboard" if not options and rest.startswith("/"):
            return ScannerLine(text, "keyboard", path=rest)
        case "keyboard" if not options:
            ids, _, phys = rest.partition("@")
            if usb := _usb(ids):
                return ScannerLine(text, "keyboard", usb=usb, phys=phys)
    raise wrong


def _usb(text: str) -> UsbId | None:
    found = _USB.fullmatch(text)
    return None if found is None else UsbId(int(found[1], 16), int(found[2], 16), found[3] or "")


def _serial_options(text: str, options: str) -> dict[str, Any]:
    """How a serial line speaks, of "baud=9600&bits=8N1&frame=auto&silence=100&encoding=auto"."""
    made: dict[str, Any] = {}
    for option in filter(None, options.split("&")):
        name, _, value = option.partition("=")
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 8 else -1
        match name:
            case "baud" if 300 <= number <= 4_000_000:
                made["baud"] = number
            case "bits" if _BITS.fullmatch(value.upper()):
                made["bits"] = value.upper()
            case "frame" if value in FRAMES:
                made["frame"] = value
            case "silence" if 10 <= number <= 2000:
                made["silence_ms"] = number
            case "encoding" if value in ENCODINGS:
                made["encoding"] = value
            case _:
                raise ConfigError(
                    f"{text}: {option!r} is none of baud=9600, bits=8N1, frame={'|'.join(FRAMES)}, "
                    f"silence=100 (10 to 2000 ms), encoding={'|'.join(ENCODINGS)}."
                )
    return made
