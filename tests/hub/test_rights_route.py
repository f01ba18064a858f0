"""The question of a till what may be used, over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sync.hub.loyalty.coupons import NewCoupon
from sync.protocol import codec
from sync.protocol.loyalty import HOLD, HoldReply, loyalty_path
from sync.protocol.messages import Problem
from tests.hub.conftest import Enrolled
from tests.hub.rights_world import ANN, account, add_members, give_coupons, give_points
from tests.hub.test_hub_routes import call

PATH = loyalty_path("S1", "T1", HOLD)
ASKED: dict[str, Any] = {
    "hold_id": "h1", "transaction_id": "sale-1", "member_id": ANN, "proof": "card", "coupons": ["C1", "C9"],
    "points": 40,
}  # fmt: skip


def test_rights_are_kept_over_http_and_the_same_question_has_the_same_answer(
    enrolled: Enrolled, hub_url: str
) -> None:
    add_members(enrolled.database, ANN)
    give_points(enrolled.database, ANN, 50)
    give_coupons(enrolled.database, NewCoupon("C1", member_id=ANN))
    answers = {
        call(hub_url, "POST", PATH, key=enrolled.key, body=msgspec.json.encode(ASKED))[2] for _ in range(2)
    }
    assert len(answers) == 1
    reply = codec.decode_message(answers.pop(), HoldReply)
    assert (reply.coupons, reply.points, reply.refused[0].why) == (("C1",), 40, "unknown")
    assert account(enrolled.database).held == 40


@pytest.mark.parametrize(
    "changes",
    [
        {"hold_id": ""},
        {"transaction_id": "x" * 65},
        {"coupons": ["C"] * 51},
        {"coupons": ["nul\0"]},
        {"member_id": "line\n"},
        {"points": -1},
        {"points": 10**13},
        {"step": -1},
        {"step": 2**63},
        {"coupons": 7},
    ],
)
def test_what_no_sale_asks_is_refused(enrolled: Enrolled, hub_url: str, changes: dict[str, Any]) -> None:
    body = msgspec.json.encode(ASKED | changes)
    status, _headers, answer = call(hub_url, "POST", PATH, key=enrolled.key, body=body)
    assert (status, codec.decode_message(answer, Problem).error) == (400, "bad_request")
