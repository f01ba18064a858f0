"""One terminal's link to its hub: what is asked, with which words, in a session of the device.

Knows paths, headers and messages; sockets and status codes are `http`'s, keys and tokens `sessions`'. A
request that finds its session over is made once more in a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from sync.engine.device_key import DeviceKey, KeyFileError
from sync.engine.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, HttpCaller
from sync.engine.link import LinkError
from sync.engine.ports import Clock
from sync.engine.sessions import Sessions
from sync.protocol import chain as chains
from sync.protocol import codec, signing, versions
from sync.protocol.messages import (
    FeedPage,
    PushReply,
    SignedManifest,
    StatusReply,
    StatusReport,
    TerminalSummary,
)
from sync.protocol.trust import store_path, terminal_path, to_text

Message = TypeVar("Message")
Answer = TypeVar("Answer")

_WHOLE: Final = 200


class HttpLink:
    """The link over HTTP; `key` opens its sessions and signs its batches."""

    def __init__(
        self,
        base_url: str,
        *,
        store_id: str,
        terminal_id: str,
        key: DeviceKey,
        clock: Clock,
        ca_file: Path | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._store_id = store_id
        self._terminal_id = terminal_id
        self._key = key
        self._store_path = store_path(store_id)
        self._terminal_path = terminal_path(store_id, terminal_id)
        self._caller = HttpCaller(
            base_url,
            clock=clock,
            ca_file=ca_file,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        self._sessions = Sessions(self._caller, key, place=(store_id, terminal_id), clock=clock)

    def push(
        self,
        lines: Sequence[bytes],
        *,
        epoch: int,
        first_seq: int,
        chain: bytes | None = None,
        oldest_seq: int | None = None,
    ) -> PushReply:
        """Send a batch; returns how far the hub holds this terminal's events.

        `chain` is the hash chain's head after the last line; it is sent signed with the device's key.
        `oldest_seq` tells a hub not to wait for what came before that number: it is gone.
        """
        packed = codec.pack(lines)
        headers = {
            "Content-Type": versions.BATCH_MEDIA_TYPE,
            versions.HEADER_EPOCH: str(epoch),
            versions.HEADER_FIRST_SEQ: str(first_seq),
        }
        if oldest_seq is not None:
            headers[versions.HEADER_OLDEST_SEQ] = str(oldest_seq)

        def send(token: str) -> bytes:
            # Signed once it is known which key the session was opened with.
            signed = {} if chain is None else self._signed(epoch, first_seq + len(lines) - 1, chain)
            return self._caller.request(
                "POST", f"{self._terminal_path}/events", token=token, data=packed, headers=headers | signed
            )

        return self._decoded(self.in_session(send), PushReply)

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        """The changes of a stream after a cursor (None: from the beginning)."""
        params = {"limit": str(limit)} | ({} if after is None else {"after": after})
        path = f"{self._store_path}/feed/{quote(stream, safe='')}"
        body = self.in_session(lambda token: self._caller.request("GET", path, token=token, params=params))
        return self._decoded(body, FeedPage)

    def status(self, report: StatusReport) -> StatusReply:
        """Tell how this terminal is; returns how the hub sees it."""
        data = codec.encode_message(report)
        headers = {"Content-Type": versions.JSON_MEDIA_TYPE}
        path = f"{self._terminal_path}/status"
        body = self.in_session(
            lambda token: self._caller.request("POST", path, token=token, data=data, headers=headers)
        )
        return self._decoded(body, StatusReply)

    def manifest(self) -> SignedManifest | None:
        """What the hub's newest snapshot of this store is, or None where it has none."""
        path = f"{self._store_path}/snapshot"
        try:
            body = self.in_session(lambda token: self._caller.request("GET", path, token=token))
        except LinkError as trouble:
            # 404: none yet, or a hub from before there were any.
            if trouble.sort == "upgrade":
                return None
            raise
        return self._decoded(body, SignedManifest)

    def snapshot(self, sha256: str, *, offset: int, limit: int) -> Iterator[bytes]:
        """At most `limit` bytes of a snapshot from an offset on, as they come."""
        path = f"{self._store_path}/snapshot/{sha256}"
        headers = {"Range": f"bytes={offset}-{offset + limit - 1}", "Accept-Encoding": "identity"}
        with ExitStack() as answer:
            # Only the opening is asked again in a new session: what has come so far is kept.
            reply = self.in_session(
                lambda token: answer.enter_context(
                    self._caller.opened("GET", path, token=token, headers=headers)
                )
            )
            # A whole answer to a question for a part (RFC 9110, section 14.2) begins at the first byte.
            before = offset if reply.status == _WHOLE else 0
            left = limit
            for piece in reply.pieces:
                wanted = piece[before : before + left]
                before = max(0, before - len(piece))
                left -= len(wanted)
                if wanted:
                    yield wanted
                if not left:
                    return

    def hub_keys(self) -> Mapping[str, str]:
        """The hub's public keys by their names, base64url; none where the key file cannot be read."""
        try:
            return self._key.hub_keys
        except KeyFileError:
            return {}

    def summary(self) -> TerminalSummary:
        """What the hub holds of this terminal."""
        path = f"{self._terminal_path}/summary"
        body = self.in_session(lambda token: self._caller.request("GET", path, token=token))
        return self._decoded(body, TerminalSummary)

    def rotate(self) -> None:
        """Change to a new device key with the next request; never raises, the hub asks again if need be."""
        self._sessions.rotate(signing.new_private_key())

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""
        return self._caller.last_heard()

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
        self._caller.close()

    def in_session(self, ask: Callable[[str], Answer]) -> Answer:
        """What `ask` answers, given a session's token; asked again once where the session was over."""
        token = self._sessions.token()
        try:
            return ask(token)
        except LinkError as refusal:
            if not self._sessions.renewed(token, refusal):
                raise
        return ask(self._sessions.token())

    def _signed(self, epoch: int, last_seq: int, chain: bytes) -> dict[str, str]:
        statement = chains.batch_statement(
            self._store_id, self._terminal_id, epoch=epoch, last_seq=last_seq, chain=chain
        )
        try:
            signature = self._key.sign(statement)
        except KeyFileError as trouble:
            raise LinkError("stop", "no_key") from trouble
        return {versions.HEADER_CHAIN: chain.hex(), versions.HEADER_SIGNATURE: to_text(signature)}

    def _decoded(self, body: bytes, kind: type[Message]) -> Message:
        try:
            return codec.decode_message(body, kind)
        except codec.WireError as trouble:
            raise LinkError("later", "reply_unreadable") from trouble
