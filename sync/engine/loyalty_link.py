"""A till's questions to its hub about members' rights, over a link of their own beside the queue of facts.

A question waits for somebody at the counter, so it is given little time and is never kept back by a batch
that is on its way. Every question may be asked twice word for word, so one whose connection had gone stale is
asked again. Knows paths and messages; it refuses to know what an answer means for a sale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeVar

from sync.engine.device_key import DeviceKey, KeyRing
from sync.engine.http import HttpCaller
from sync.engine.link import LinkError
from sync.engine.ports import Clock
from sync.engine.sessions import Sessions
from sync.protocol import codec, loyalty, signing
from sync.protocol.trust import from_text
from sync.protocol.versions import JSON_MEDIA_TYPE

Answer = TypeVar("Answer")

#: A person waits: less than five seconds in all.
CONNECT_TIMEOUT_S: Final = 2.0
READ_TIMEOUT_S: Final = 3.5
#: A connection that broke this soon was over before the question was asked.
_STALE_MS: Final = 500


class _SharedKey(DeviceKey):
    """The device's key as a second link reads it: the file is the first one's to write."""

    def _keep(self, ring: KeyRing) -> None:
        self._ring = ring


class LoyaltyLink:
    """One terminal's questions; used by one thread, closed from any."""

    def __init__(
        self,
        base_url: str,
        *,
        place: tuple[str, str],
        key_file: Path,
        clock: Clock,
        ca_file: Path | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        """`place` is the store and the terminal; nothing is connected yet."""
        self._place = place
        self._clock = clock
        self._key = _SharedKey(path=key_file)
        self._caller = HttpCaller(
            base_url,
            clock=clock,
            ca_file=ca_file,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        self._sessions = Sessions(self._caller, self._key, place=place, clock=clock)

    def find_members(self, request: loyalty.FindRequest) -> loyalty.FindReply:
        """Members by what was keyed."""
        return self.ask(loyalty.FIND_MEMBER, request, loyalty.FindReply)

    def join(self, request: loyalty.JoinRequest) -> loyalty.JoinReply:
        """Somebody wishes to be a member."""
        return self.ask(loyalty.JOIN, request, loyalty.JoinReply)

    def hold(self, request: loyalty.HoldRequest) -> loyalty.HoldReply:
        """Keep rights for a sale."""
        return self.ask(loyalty.HOLD, request, loyalty.HoldReply)

    def tell_gift(self, request: loyalty.GiftTellRequest) -> loyalty.GiftReply:
        """What is on a gift card."""
        return self.ask(loyalty.GIFT_TELL, request, loyalty.GiftReply)

    def hold_gift(self, request: loyalty.GiftHoldRequest) -> loyalty.GiftReply:
        """Keep an amount of a gift card for a sale."""
        return self.ask(loyalty.GIFT_HOLD, request, loyalty.GiftReply)

    def leases(self, request: loyalty.LeasesRequest) -> loyalty.LeasesReply:
        """Which leases this terminal may use."""
        return self.ask(loyalty.LEASES, request, loyalty.LeasesReply)

    def find_sale(self, request: loyalty.FindSaleRequest) -> loyalty.FindSaleReply:
        """A sale by its receipt's number."""
        return self.ask(loyalty.FIND_SALE, request, loyalty.FindSaleReply)

    def ask(self, what: str, request: Any, kind: type[Answer]) -> Answer:
        """The answer to one question; raises LinkError, LinkClosed."""
        path, data = loyalty.loyalty_path(*self._place, what), codec.encode_message(request)
        began_ms = self._clock.monotonic_ms()
        try:
            body = self._asked(path, data)
        except LinkError as trouble:
            if trouble.detail != "network" or self._clock.monotonic_ms() - began_ms > _STALE_MS:
                raise
            body = self._asked(path, data)
        try:
            return codec.decode_message(body, kind)
        except codec.WireError as trouble:
            raise LinkError("later", "reply_unreadable") from trouble

    def is_granted(self, lease: str, key_id: str, signature: str) -> bool:
        """Whether the hub signed this lease for this terminal, by a key of its that this session named."""
        public_key, signed = from_text(self._key.hub_keys.get(key_id, "")), from_text(signature)
        if not public_key or signed is None:
            return False
        return signing.is_signed(public_key, signing.lease_statement(*self._place, lease), signed)

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""
        return self._caller.last_heard()

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
        self._caller.close()

    def _asked(self, path: str, data: bytes) -> bytes:
        headers = {"Content-Type": JSON_MEDIA_TYPE}
        token = self._sessions.token()
        try:
            return self._caller.request("POST", path, token=token, data=data, headers=headers)
        except LinkError as refusal:
            if not self._sessions.renewed(token, refusal):
                raise
        return self._caller.request("POST", path, token=self._sessions.token(), data=data, headers=headers)
