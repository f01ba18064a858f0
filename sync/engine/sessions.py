"""Gets this device into its hub and keeps it in: signed challenges, tokens, the change of keys.

The newest key is tried first. A hub that does not know it (a lost answer, a restored hub) is asked with the
older ones, and then told of the newest. A token's end is counted on the monotonic clock, so a wrong clock
locks nobody out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, TypeVar

from sync.engine.device_key import DeviceKey, KeyFileError
from sync.engine.link import LinkError
from sync.engine.ports import Clock, Detail
from sync.protocol import codec
from sync.protocol.messages import Challenge, RotateReply, RotateRequest, SessionReply, SessionRequest
from sync.protocol.trust import (
    CHALLENGE_PATH,
    SESSION_PATH,
    key_path,
    rotate_statement,
    session_statement,
    to_text,
)
from sync.protocol.versions import JSON_MEDIA_TYPE

_DETAILS: Final[dict[str, Detail]] = {
    "missing": "no_key",
    "unreadable": "no_key",
    "old": "old_key",
    "other_place": "store_refused",
}

Message = TypeVar("Message")


class Asks(Protocol):
    """The way to the hub."""

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a good answer; raises LinkError, LinkClosed."""


class Sessions:
    """One device's standing with its hub; `place` is its store and terminal."""

    def __init__(self, caller: Asks, key: DeviceKey, *, place: tuple[str, str], clock: Clock) -> None:
        self._caller = caller
        self._key = key
        self._place = place
        self._clock = clock
        self._token = ""
        self._until_ms = 0
        self._refused = False

    def token(self) -> str:
        """A token that is good for now; raises LinkError."""
        if not self._token or self._clock.monotonic_ms() >= self._until_ms:
            self._open()
        return self._token

    def renewed(self, token: str, refusal: LinkError) -> bool:
        """Whether trying again makes sense after a request with this token was refused."""
        if refusal.detail not in ("key_refused", "revoked"):
            return False
        if token == self._token:
            self._token = ""
        # Whoever is enrolled anew, meanwhile or later on, leaves another key in the file.
        self._refused = True
        return refusal.detail == "key_refused" or self._key.read_again()

    def rotate(self, private_key: bytes) -> None:
        """Change to a new key (32 raw bytes) with the next request; one that is under way is gone on with.

        Where the key cannot be kept nothing changes: the hub asks again.
        """
        try:
            if self._key.place == 0:
                self._key.add_newest(private_key)
        except (OSError, KeyFileError):
            return
        self._token = ""

    def _open(self) -> None:
        self._token = ""
        if self._refused:
            self._key.read_again()
        try:
            place = self._opened_place()
            if place:
                self._bring_in_newest()
        except KeyFileError as trouble:
            self._refused = True
            raise LinkError("stop", _DETAILS[trouble.trouble]) from trouble
        except LinkError as trouble:
            self._refused = trouble.sort == "stop"
            raise
        self._refused = False

    def _opened_place(self) -> int:
        """Open a session with the newest key that the hub knows; its place in the ring."""
        ring = self._key.ring
        if (ring.store_id, ring.terminal_id) != self._place:
            raise KeyFileError("other_place", "The device key belongs to another store or terminal.")
        last = len(ring.private_keys) - 1
        for place in range(last + 1):
            try:
                self._open_with(place)
            except LinkError as trouble:
                if trouble.detail != "key_refused" or place == last:
                    raise
            else:
                return place
        raise LinkError("stop", "no_key")

    def _open_with(self, place: int) -> None:
        challenge = self._ask(CHALLENGE_PATH, b"", Challenge).challenge
        key_id = self._key.key_id(place)
        signature = self._key.sign_with(place, session_statement(key_id, challenge))
        request = SessionRequest(key_id, challenge, to_text(signature))
        asked_ms = self._clock.monotonic_ms()
        reply = self._ask(SESSION_PATH, codec.encode_message(request), SessionReply)
        self._key.use(place)
        self._key.note_hub_keys(reply.hub_keys)
        self._token = reply.token
        # Renewed a little early: a refusal in the middle of a batch costs another sending of it.
        self._until_ms = asked_ms + reply.expires_in_s * 900

    def _bring_in_newest(self) -> None:
        """Tell the hub of the newest key, and change to it; the older session serves where it cannot hear."""
        ring = self._key.ring
        public_key = to_text(self._key.public_key(0))
        statement = rotate_statement(ring.store_id, ring.terminal_id, public_key)
        request = RotateRequest(public_key, to_text(self._key.sign_with(0, statement)))
        try:
            self._ask(key_path(*self._place), codec.encode_message(request), RotateReply, self._token)
        except LinkError as trouble:
            if trouble.sort == "stop":
                raise
            return
        # From here on the older key may be over at any moment, also where no answer says so.
        self._token = ""
        self._open_with(0)

    def _ask(self, path: str, data: bytes, kind: type[Message], token: str = "") -> Message:
        headers = {"Content-Type": JSON_MEDIA_TYPE}
        body = self._caller.request("POST", path, token=token, data=data, headers=headers)
        try:
            return codec.decode_message(body, kind)
        except codec.WireError as trouble:
            raise LinkError("later", "reply_unreadable") from trouble
