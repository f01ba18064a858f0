"""What a till must know to start: its number, its files, its hub and its devices. Nothing else.

Everything operational comes from the hub. An unknown key, a missing one or a value that cannot be
is an error in one sentence that names the file, the key and the mend.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SCHEMES = ("light", "dark")
SOUNDS = ("off", "soft", "normal")


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
class Settings:
    """The start-up settings of one till; paths are absolute."""

    store_id: str
    terminal_id: str
    terminal_number: int
    data: Path
    hub_url: str
    device_key: str = field(repr=False)
    printer: PrinterSettings
    scheme: Literal["light", "dark"] = "light"
    sound: Literal["off", "soft", "normal"] = "normal"
    full_screen: bool = False

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
        "scheme", "sound", "full_screen",
    }
)  # fmt: skip


def read_settings(path: Path) -> Settings:
    """Settings from a terminal.toml; raises ConfigError. Relative paths are relative to the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. Make it, or give another file with --config.") from None
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
        device_key=_device_key(path, folder / _text(path, document, "device_key_file")),
        printer=_printer(path, folder, document.get("printer", "none")),
        scheme=_choice(path, document, "scheme", SCHEMES, "light"),
        sound=_choice(path, document, "sound", SOUNDS, "normal"),
        full_screen=_flag(path, document, "full_screen"),
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
    return url.rstrip("/")


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


def _device_key(path: Path, file: Path) -> str:
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the device key file {file} cannot be read: {error}.") from None
    if not key:
        raise ConfigError(f"{path}: the device key file {file} is empty. Enrol this terminal again.")
    return key


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
