"""Clients of `poshub bench redeem`: processes that ask a hub for the same rights, as fast as it answers.

Each speaks HTTP over one connection that is kept alive, asks for one right at a time and waits for the
answer. All go through the rights in the same order, so that each is fought for by all of them at one moment.
"""

from __future__ import annotations

import socket
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sync.protocol import codec
from sync.protocol.loyalty import (
    GIFT_HOLD,
    HOLD,
    GiftHoldRequest,
    GiftReply,
    HoldReply,
    HoldRequest,
    loyalty_path,
)

#: What one attempt wants of points, and of a card in minor units.
WANTED: Final = 10
REFUSED_WORDS: Final = ("used", "locked", "balance")
_TIMEOUT_S: Final = 120
#: Then a client calls anew: connections spread over the hub's processes as these have time to take them.
_ASKS_A_CALL: Final = 500
_PIECE_BYTES: Final = 65_536

Right = Literal["coupons", "points", "gift"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one client does: each of `rights` in each round; `name` tells its sales from others'."""

    right: Right
    address: str
    place: tuple[str, str]
    token: str
    name: str
    rights: Sequence[str]
    rounds: range


@dataclass(slots=True)
class Fought:
    """What became of attempts: rights that were kept, each with its sale; refusals by word; times."""

    won: list[tuple[str, str]] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    #: Answers that were neither: there must be none.
    wrong: Counter[str] = field(default_factory=Counter)
    took_us: array[int] = field(default_factory=lambda: array("L"))

    def add(self, other: Fought) -> None:
        """Take another's in."""
        self.won += other.won
        self.words.update(other.words)
        self.wrong.update(other.wrong)
        self.took_us.extend(other.took_us)


class Wire:
    """One connection to a hub, kept alive."""

    def __init__(self, plan: Plan) -> None:
        host, _colon, port = plan.address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        path = loyalty_path(*plan.place, GIFT_HOLD if plan.right == "gift" else HOLD)
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {plan.address}\r\nAuthorization: Bearer {plan.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        self._socket.sendall(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        came = b""
        while b"\r\n\r\n" not in came:
            came += self._piece()
        head, _end, body = came.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._piece()
        return int(head[9:12]), body

    def _piece(self) -> bytes:
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise ConnectionError("the hub hung up")
        return piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def fight(plan: Plan) -> Fought:
    """Do what the plan says and tell what became of it."""
    fought = Fought()
    ask, judge = _WAYS[plan.right]
    wire = Wire(plan)
    try:
        for number in plan.rounds:
            for count, right in enumerate(plan.rights):
                if count % _ASKS_A_CALL == _ASKS_A_CALL - 1:
                    wire.close()
                    wire = Wire(plan)
                sale_id = f"{plan.name}-{number}-{right}"
                body = codec.encode_message(ask(right, sale_id))
                start_ns = time.perf_counter_ns()
                status, answer = wire.ask(body)
                fought.took_us.append((time.perf_counter_ns() - start_ns) // 1_000)
                if status == 200:
                    judge(fought, right, sale_id, answer)
                else:
                    fought.wrong[f"{status}"] += 1
    finally:
        wire.close()
    return fought


def member_of(right: str) -> str:
    """The member whose points a right is, spelt `member` or `member/number`."""
    return right.partition("/")[0]


def _ask_coupon(right: str, sale_id: str) -> HoldRequest:
    return HoldRequest(sale_id, sale_id, coupons=(right,))


def _ask_points(right: str, sale_id: str) -> HoldRequest:
    return HoldRequest(sale_id, sale_id, member_of(right), "code", points=WANTED)


def _ask_gift(right: str, sale_id: str) -> GiftHoldRequest:
    return GiftHoldRequest(sale_id, sale_id, member_of(right), WANTED, "CNY")


def _judge_coupon(fought: Fought, right: str, sale_id: str, answer: bytes) -> None:
    reply = codec.decode_message(answer, HoldReply)
    if reply.coupons == (right,) and not reply.refused:
        fought.won.append((right, sale_id))
    elif len(reply.refused) == 1 and not reply.coupons and reply.refused[0].at_ms:
        fought.words[reply.refused[0].why] += 1
    else:
        fought.wrong["half"] += 1


def _judge_points(fought: Fought, right: str, sale_id: str, answer: bytes) -> None:
    reply = codec.decode_message(answer, HoldReply)
    if reply.points == WANTED and not reply.points_why:
        fought.won.append((right, sale_id))
    elif reply.points == 0 and reply.points_free < WANTED:
        fought.words[reply.points_why] += 1
    else:
        fought.wrong["half"] += 1


def _judge_gift(fought: Fought, right: str, sale_id: str, answer: bytes) -> None:
    reply = codec.decode_message(answer, GiftReply)
    if reply.held_minor == WANTED and not reply.why:
        fought.won.append((right, sale_id))
    elif reply.held_minor == 0:
        fought.words[reply.why] += 1
    else:
        fought.wrong["half"] += 1


_Ask = Callable[[str, str], HoldRequest | GiftHoldRequest]
_WAYS: Final[dict[Right, tuple[_Ask, Callable[[Fought, str, str, bytes], None]]]] = {
    "coupons": (_ask_coupon, _judge_coupon),
    "points": (_ask_points, _judge_points),
    "gift": (_ask_gift, _judge_gift),
}
