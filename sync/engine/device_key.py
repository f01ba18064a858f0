"""The device's keys in one small file: the newest first, and the ones it has taken the place of.

Older keys are kept because either end may remember less than the other: an answer got lost, or the hub was
restored from before a change of keys. The file also holds the keys by which the hub's own signatures are
known. Private keys never leave it, are never shown, and need no library until something is signed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from sync.protocol.trust import from_text, to_text

FORMAT: Final = 1
#: The newest, and two that a restored hub may still know.
KEYS_KEPT: Final = 3
_KEY_BYTES: Final = 32

Trouble = Literal["missing", "unreadable", "old", "other_place"]


class KeyFileError(Exception):
    """A key file that is of no use; the text is one sentence that says what to do."""

    def __init__(self, trouble: Trouble, sentence: str) -> None:
        super().__init__(sentence)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What a key file holds: whose it is, private keys (32 bytes, newest first), the hub's public ones."""

    store_id: str
    terminal_id: str
    private_keys: tuple[bytes, ...] = field(repr=False)
    hub_keys: Mapping[str, str] = field(default_factory=dict)

    def with_newest(self, private_key: bytes) -> KeyRing:
        """The ring with one more key in front."""
        return replace(self, private_keys=(private_key, *self.private_keys)[:KEYS_KEPT])


def read_ring(path: Path) -> KeyRing:
    """The ring of a key file; raises KeyFileError."""
    again = "Enrol this terminal: ask shop IT for a code, then run `posapp enrol`."
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyFileError("missing", f"There is no device key {path}. {again}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError("unreadable", f"The device key {path} cannot be read: {error}. {again}") from None
    try:
        document = json.loads(text)
    except ValueError:
        # A shared secret in one line, as the first hubs gave them out.
        old = len(text.strip().split(".")) == 3 and "{" not in text
        sentence = f"{path} holds an old key: enrol again. {again}" if old else f"{path} is damaged. {again}"
        raise KeyFileError("old" if old else "unreadable", sentence) from None
    ring = _ring(document)
    if ring is None:
        raise KeyFileError("unreadable", f"{path} is no device key that this version knows. {again}")
    return ring


def write_ring(path: Path, ring: KeyRing) -> None:
    """Put a ring where it is whole or not there at all, readable by this user only; raises OSError."""
    document = {
        "format": FORMAT,
        "store_id": ring.store_id,
        "terminal_id": ring.terminal_id,
        "private_keys": [to_text(key) for key in ring.private_keys],
        "hub_keys": dict(ring.hub_keys),
    }
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Left over from a crash, it might have other rights.
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # folders cannot be opened there, and a rename is written through
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _ring(document: Any) -> KeyRing | None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    store_id, terminal_id = document.get("store_id"), document.get("terminal_id")
    texts, hub_keys = document.get("private_keys"), document.get("hub_keys", {})
    if not (isinstance(store_id, str) and isinstance(terminal_id, str) and isinstance(texts, list)):
        return None
    keys = [from_text(text) if isinstance(text, str) else None for text in texts]
    whole = [key for key in keys if key is not None and len(key) == _KEY_BYTES]
    if not whole or len(whole) != len(keys):
        return None
    if not (isinstance(hub_keys, dict) and all(isinstance(one, str) for one in hub_keys.values())):
        return None
    return KeyRing(store_id, terminal_id, tuple(whole[:KEYS_KEPT]), hub_keys)


class DeviceKey:
    """One device's keys as the link uses them: signs with the key that its session was opened with.

    With a path the file is read when first needed and written with every change; without one the keys
    live in memory only. For use from one thread.
    """

    def __init__(self, ring: KeyRing | None = None, *, path: Path | None = None) -> None:
        self._path = path
        self._ring = ring
        self._used = 0

    @property
    def ring(self) -> KeyRing:
        """The keys; raises KeyFileError."""
        if self._ring is None:
            if self._path is None:
                raise KeyFileError("missing", "There is no device key.")
            self._ring = read_ring(self._path)
            self._used = 0
        return self._ring

    @property
    def hub_keys(self) -> Mapping[str, str]:
        """The hub's public keys by id, base64url; raises KeyFileError."""
        return self.ring.hub_keys

    def sign(self, statement: bytes) -> bytes:
        """The signature of a statement with the key in use; raises KeyFileError."""
        return self.sign_with(self._used, statement)

    def sign_with(self, place: int, statement: bytes) -> bytes:
        """The signature with the key at a place of the ring, 0 being the newest."""
        from sync.protocol import signing

        return signing.sign(self.ring.private_keys[place], statement)

    def public_key(self, place: int = 0) -> bytes:
        """The public key at a place of the ring; raises KeyFileError."""
        from sync.protocol import signing

        return signing.public_key_of(self.ring.private_keys[place])

    def key_id(self, place: int = 0) -> str:
        """The name of the key at a place of the ring; raises KeyFileError."""
        from sync.protocol import signing

        return signing.key_id_of(self.public_key(place))

    @property
    def place(self) -> int:
        """The place in the ring of the key in use, 0 being the newest."""
        return self._used

    def use(self, place: int) -> None:
        """Sign with this key from now on."""
        self._used = place

    def add_newest(self, private_key: bytes) -> None:
        """Put one more key in front, on the disk before anybody hears of it; raises OSError."""
        # The one in use must stay, or nothing could bring the new one in.
        self._keep(self.ring.with_newest(private_key))
        self._used += 1

    def note_hub_keys(self, hub_keys: Mapping[str, str]) -> None:
        """Remember by which keys the hub's signatures are known; they come with every session."""
        if hub_keys and dict(hub_keys) != dict(self.ring.hub_keys):
            self._ring = replace(self.ring, hub_keys=dict(hub_keys))
            # A full disk is no reason not to talk to the hub.
            with contextlib.suppress(OSError):
                self._keep(self._ring)

    def read_again(self) -> bool:
        """Look whether somebody has put other keys into the file, and take them; whether that is so."""
        if self._path is None:
            return False
        held = self._ring
        with contextlib.suppress(KeyFileError):
            found = read_ring(self._path)
            if held is None or found.private_keys != held.private_keys:
                self._ring, self._used = found, 0
                return True
        return False

    def _keep(self, ring: KeyRing) -> None:
        if self._path is not None:
            write_ring(self._path, ring)
        self._ring = ring
