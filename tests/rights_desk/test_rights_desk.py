"""Questions to the hub are answered in time and once, whatever the network does; chores come after them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import LeaseClosed, MemberJoined
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import GiftCard, Joining, MemberCard
from posapp.exchange.outgoing import body_bytes
from posapp.flows.member_answers import (
    GiftCardAnswered,
    JoinAnswered,
    JoinKept,
    MembersFound,
    RightsAnswered,
    SaleFound,
)
from posapp.flows.member_effects import AskGiftCard, FindMember, FindSale, HoldGift, HoldRights, KeepJoin
from posapp.rights_desk.chores import (
    FIRST_WAIT_MS,
    LEASES_EVERY_MS,
    REFUSED_WAIT_MS,
)
from posapp.rights_desk.desk import ANSWER_WITHIN_MS
from posapp.store.leases import GrantedLease, HeldLeases
from posapp.store.returns import FoundSale
from sync.engine.link import LinkError
from sync.protocol.loyalty import (
    FindReply,
    FindSaleReply,
    GiftReply,
    HoldReply,
    JoinReply,
    JoinRequest,
    LeaseHeld,
    LeasesReply,
    MemberBody,
    RefusedRight,
)
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms
from tests.rights_desk.desk_kit import HELD, NOW_MS, PROGRAMME, ScriptedLink, Till
from tests.store.conftest import sale

TERMS = terms(tax_rules(), cash_rules())
SOLD = a_sale([(3, 1_999, "standard")], tax=TERMS.tax, cash=TERMS.cash)


@pytest.fixture
def till() -> Iterator[Till]:
    made = Till()
    yield made
    made.desk.stop(20)
    made.desk.close()


def test_without_a_network_every_question_is_answered_at_once(till: Till) -> None:
    till.start(online=False)
    for effect in (HELD, AskGiftCard("A1", "G1"), HoldGift("A2", "sale-1", "G1", 50)):
        till.desk.ask(effect)
    till.desk.ask(FindMember("A3", "tail", "6027"))
    assert till.posted.values == [
        RightsAnswered("H1", answered=False),
        GiftCardAnswered("A1", GiftCard("G1"), "no_answer"),
        GiftCardAnswered("A2", GiftCard("G1"), "no_answer"),
        MembersFound("A3", (), "no"),
    ]
    assert till.made == []


def test_a_till_without_a_link_answers_too(till: Till) -> None:
    till.desk.note_link(True)
    till.desk.ask(HELD)
    assert till.posted.values == [RightsAnswered("H1", answered=False)]


def test_what_the_hub_keeps_comes_back_with_its_reasons(till: Till) -> None:
    refused = (RefusedRight("C2", "used", 77), RefusedRight("C3", "a word of a later hub"))
    till.link.answers["hold"] = HoldReply("H1", 900, ("C1",), refused, 60, "balance", 60)
    till.start()
    till.desk.ask(HELD)
    assert till.posted.wait(1) == [
        RightsAnswered(
            "H1", True, 900, ("C1",), (("C2", "used", 77), ("C3", "unknown", None)), 60, "balance", 60
        )
    ]
    request = till.link.asked[-1]
    assert (request.transaction_id, request.proof, request.step, request.coupons, request.points) == (
        "sale-1",
        "code",
        7,
        ("C1", "C2"),
        100,
    )


def test_gift_cards_are_told_and_held_in_the_shops_currency(till: Till) -> None:
    till.link.answers["gift"] = GiftReply("G1", "", 4_000, "CNY", True, 500, 9)
    till.start()
    till.desk.ask(HoldGift("A2", "sale-1", "G1", 500))
    card = GiftCard("G1", 4_000, "CNY", True)
    assert till.posted.wait(1) == [GiftCardAnswered("A2", card, "", 500)]
    assert till.link.asked[-1].currency == "CNY"
    till.link.answers["gift"] = GiftReply("G1", "unknown")
    till.desk.ask(AskGiftCard("A3", "G1"))
    assert till.posted.wait(2)[1] == GiftCardAnswered("A3", GiftCard("G1", None, "", False), "unknown")


def test_members_of_the_till_are_told_without_the_hub(till: Till) -> None:
    card = MemberCard("M1", points=5)
    till.members.cards["6027"] = (card,)
    till.link.answers["find"] = FindReply((MemberBody("M1", level="gold", points=9),), more=True)
    till.start()
    till.desk.ask(FindMember("A1", "tail", "6027"))
    assert till.posted.wait(1) == [MembersFound("A1", (card,), "no")]
    till.desk.ask(FindMember("A2", "tail", "6027", at_hub=True))
    answer = till.posted.wait(2)[1]
    assert (answer.asked_hub, answer.more, [each.points for each in answer.cards]) == ("yes", True, [9])
    till.link.answers["find"] = LinkError("later", "hub_busy")
    till.desk.ask(FindMember("A3", "tail", "6027", at_hub=True))
    assert till.posted.wait(3)[2] == MembersFound("A3", (card,), "no_answer")


@pytest.mark.parametrize("sort", ["later", "look", "stop", "upgrade", "anew"])
def test_a_hub_that_refuses_is_no_answer(till: Till, sort: Any) -> None:
    till.link.answers["hold"] = LinkError(sort, "hub_busy")
    till.start()
    till.desk.ask(HELD)
    assert till.posted.wait(1) == [RightsAnswered("H1", answered=False)]


def test_a_question_that_hangs_is_answered_in_time_and_once(till: Till) -> None:
    till.link.hangs = True
    hanging = till.link
    till.start()
    till.desk.ask(HELD)
    till.desk.ask(AskGiftCard("A1", "G1"))
    assert hanging.reached.wait(20)
    till.clock.ms += ANSWER_WITHIN_MS - 1
    assert till.desk.overdue() == ()
    till.link = ScriptedLink({"hold": HoldReply("H2", 9)})
    till.clock.ms += 1
    assert till.desk.overdue() == (
        RightsAnswered("H1", answered=False),
        GiftCardAnswered("A1", GiftCard("G1"), "no_answer"),
    )
    assert hanging.closed.is_set()
    assert till.desk.overdue() == ()
    till.desk.ask(HoldRights("H2", "sale-1", "M1", "code", 7, (), 0))
    assert till.posted.wait(1) == [RightsAnswered("H2", True, 9)]


def test_an_answer_that_comes_after_the_watch_is_dropped(till: Till) -> None:
    waits = threading.Event()

    def late(_request: Any) -> HoldReply:
        waits.wait(20)
        return HoldReply("H1", 9)

    till.link.answers["hold"] = late
    till.start()
    till.desk.ask(HELD)
    assert till.link.reached.wait(20)
    till.clock.ms += ANSWER_WITHIN_MS
    assert till.desk.overdue() == (RightsAnswered("H1", answered=False),)
    waits.set()
    till.link = ScriptedLink({"gift": GiftReply("G1")})
    till.desk.ask(AskGiftCard("A1", "G1"))
    assert [type(each) for each in till.posted.wait(1)] == [GiftCardAnswered]


def test_a_question_does_not_wait_for_a_chore_that_hangs(till: Till) -> None:
    till.store.joins = [JoinRequest("J1", "T1", "1")]
    till.link.hangs = True
    till.start()
    assert till.link.reached.wait(20)
    till.desk.ask(HELD)
    till.link = ScriptedLink({"hold": HoldReply("H2", 9)})
    till.clock.ms += ANSWER_WITHIN_MS
    assert till.desk.overdue() == (RightsAnswered("H1", answered=False),)
    till.desk.ask(HoldRights("H2", "sale-1", "", "", None, (), 0))
    assert till.posted.wait(1) == [RightsAnswered("H2", True, 9)]


def test_the_end_breaks_a_hanging_question_off_and_posts_nothing(till: Till) -> None:
    till.link.hangs = True
    till.start()
    till.desk.ask(HELD)
    assert till.link.reached.wait(20)
    till.desk.stop(20)
    assert till.link.closed.is_set()
    assert till.posted.values == []
    assert not any(thread.name == "rights" for thread in threading.enumerate())


def test_each_contact_tells_the_hubs_time(till: Till) -> None:
    till.start()
    till.desk.ask(HELD)
    till.posted.wait(1)
    till.desk.stop(20)
    assert till.contacts == [till.clock.now_ms() + 60_000]


@pytest.mark.expected_logs
def test_a_fault_of_the_program_costs_one_question_and_no_more(till: Till) -> None:
    till.link.answers["hold"] = RuntimeError("a fault")
    till.start()
    till.desk.ask(HELD)
    till.link.answers["gift"] = GiftReply("G1")
    till.desk.ask(AskGiftCard("A1", "G1"))
    assert [type(each) for each in till.posted.wait(1)] == [GiftCardAnswered]


def test_a_sale_is_asked_of_the_hub_for_returns_at_other_tills(till: Till) -> None:
    mine = msgspec.json.decode(msgspec.json.encode(sale(transaction_id="sale-1")), type=TransactionCompleted)
    sent = msgspec.Raw(msgspec.json.encode(mine))
    till.store.sales["S001-03-000001"] = FoundSale(mine)
    till.link.answers["sale"] = FindSaleReply(sent)
    till.start()
    till.desk.ask(FindSale("A1", "S001-03-000001"))
    assert till.posted.wait(1) == [SaleFound("A1", mine)]
    till.desk.ask(FindSale("A2", "S001-04-000001"))
    assert till.posted.wait(2)[1] == SaleFound("A2", mine)
    till.link.answers["sale"] = FindSaleReply()
    till.desk.ask(FindSale("A3", "S001-04-000009"))
    assert till.posted.wait(3)[2] == SaleFound("A3", None, why="unknown")
    till.link.answers["sale"] = LinkError("later", "network")
    till.desk.ask(FindSale("A4", "S001-03-000001"))
    till.desk.ask(FindSale("A5", "S001-04-000001"))
    assert till.posted.wait(5)[3:] == [
        SaleFound("A4", mine, why="no_answer"),
        SaleFound("A5", None, why="no_answer"),
    ]


def test_what_came_back_here_and_is_not_sent_counts_though_another_till_sold_it(till: Till) -> None:
    theirs = replace(SOLD, receipt_number="S1-04-000001")
    mine = give_back(theirs, [], {1: 1}, TERMS)
    elsewhere = replace(give_back(theirs, [mine], {1: 1}, TERMS), return_id="elsewhere")
    sent = tuple(msgspec.Raw(body_bytes(each)) for each in (mine, elsewhere))
    body = msgspec.Raw(body_bytes(theirs))
    till.store.returned[theirs.transaction_id] = (mine,)
    till.link.answers["sale"] = FindSaleReply(body, sent[1:])
    till.start()
    till.desk.ask(FindSale("A1", theirs.receipt_number))
    (found,) = till.posted.wait(1)
    assert {each.return_id for each in found.returns} == {mine.return_id, "elsewhere"}
    # Once the hub has it too, it is the same one.
    till.link.answers["sale"] = FindSaleReply(body, sent)
    till.desk.ask(FindSale("A2", theirs.receipt_number))
    assert len(till.posted.wait(2)[1].returns) == 2
    till.store.is_unreadable = True
    till.desk.ask(FindSale("A3", theirs.receipt_number))
    assert till.posted.wait(3)[2] == SaleFound("A3", None, why="no_answer")


# --- chores -------------------------------------------------------------------------------------


def joining(join_id: str) -> KeepJoin:
    return KeepJoin(Joining(join_id, "T1", "1"), MemberJoined(join_id, "T1", (), "op-1", 1))


def test_a_wish_to_join_is_sent_as_soon_as_it_is_stored(till: Till) -> None:
    till.link.answers["join"] = lambda request: JoinReply(MemberBody("M5", level="gold"), is_merged=True)
    till.start()
    till.programme = PROGRAMME
    till.desk.ask(joining("J1"))
    kept, answered = till.posted.wait(2)
    assert kept == JoinKept("J1")
    assert isinstance(answered, JoinAnswered)
    assert (answered.join_id, answered.card.member_id, answered.is_merged) == ("J1", "M5", True)
    assert answered.card.level_names == {"en": "Gold"}


def test_a_wish_that_is_not_stored_is_not_sent(till: Till) -> None:
    till.store.trouble = "disk_full"
    till.start(online=False)
    till.desk.ask(joining("J1"))
    assert till.posted.values == [JoinKept("J1", "disk_full")]


def test_joins_wait_for_the_hub_and_are_sent_once_it_is_there(till: Till) -> None:
    till.link.answers["join"] = LinkError("later", "network")
    till.store.joins = [JoinRequest("J1", "T1", "1"), JoinRequest("J2", "T2", "2")]
    waits = [till.step() for _try in range(6)]
    assert waits[:2] == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS]
    assert waits[-1] == 60_000
    assert len(till.store.joins) == 2
    till.link.answers["join"] = lambda request: JoinReply(MemberBody(request.member_id))
    assert [till.step() for _try in range(4)] == [0, 0, 0, LEASES_EVERY_MS]
    assert till.store.joins == []
    assert [each.join_id for each in till.posted.values] == ["J1", "J2"]


@pytest.mark.expected_logs
def test_a_join_that_is_refused_holds_up_no_other_and_stays(till: Till) -> None:
    def answer(request: JoinRequest) -> Any:
        return LinkError("look", "batch_refused") if request.join_id == "J1" else JoinReply(MemberBody("M2"))

    till.link.answers["join"] = answer
    till.store.joins = [JoinRequest("J1", "T1", "1"), JoinRequest("J2", "T2", "2")]
    assert [till.step() for _try in range(4)] == [0, 0, 0, LEASES_EVERY_MS]
    assert [join.join_id for join in till.store.joins] == ["J1"]
    till.step()
    assert [request.join_id for request in till.link.asked if isinstance(request, JoinRequest)] == [
        "J1",
        "J2",
        "J1",
    ]


def _lease_till(till: Till) -> None:
    far = NOW_MS + 10**9
    till.store.held = HeldLeases(
        (
            Lease("L1", "points", 500, far, 40),
            Lease("L2", "gift", 900, far),
            Lease("L3", "coupons", 9, NOW_MS + 60_000),
        ),
        (("L0", 3),),
        epoch=3,
    )


@pytest.mark.expected_logs
def test_leases_are_renewed_and_only_what_the_hub_signed_is_taken(till: Till) -> None:
    _lease_till(till)
    body = '{"lease_id":"L4","kind":"points","amount":500,"until_ms":99}'
    odd = '{"lease_id":"L5","kind":"shares","amount":1,"until_ms":99}'
    till.link.answers["leases"] = LeasesReply(
        ((body, "k", "good"), (body, "k", "forged"), (odd, "k", "good")), 900, 300
    )
    assert [till.step(), till.step()] == [0, LEASES_EVERY_MS]
    closed, taken = till.store.acts
    assert closed == (LeaseClosed("L1", 40, NOW_MS), LeaseClosed("L3", 0, NOW_MS))
    before, request = till.link.asked
    assert {each.lease_id: each.is_closed for each in before.held}["L1"] is False
    assert request.epoch == 3
    assert request.held == (
        LeaseHeld("L2", 0),
        LeaseHeld("L0", 3, is_closed=True),
        LeaseHeld("L1", 40, is_closed=True),
        LeaseHeld("L3", 0, is_closed=True),
    )
    assert taken == (
        "take",
        (GrantedLease(Lease("L4", "points", 500, 99), body, "k", "good"),),
        3,
        (900, 300),
    )


def test_no_lease_is_closed_while_a_payment_may_count_on_it(till: Till) -> None:
    _lease_till(till)
    till.may_close = False
    assert [till.step(), till.step()] == [0, FIRST_WAIT_MS]
    assert (till.store.acts, till.link.asked) == ([], [])
    till.may_close = True
    assert till.step() == LEASES_EVERY_MS
    assert len(till.store.acts) == 2


def test_a_till_whose_hub_just_went_keeps_what_it_was_granted(till: Till) -> None:
    _lease_till(till)
    till.link.answers["leases"] = LinkError("later", "unreachable")
    assert [till.step(), till.step()] == [0, FIRST_WAIT_MS]
    assert till.store.acts == []


def test_a_shop_without_members_asks_for_nothing(till: Till) -> None:
    till.programme = Programme()
    assert [till.step(), till.step()] == [0, LEASES_EVERY_MS]
    assert till.link.asked == []


def test_a_hub_that_knows_no_leases_is_asked_seldom(till: Till) -> None:
    till.link.answers["leases"] = LinkError("upgrade", "upgrade")
    assert [till.step(), till.step()] == [0, REFUSED_WAIT_MS]


def test_what_comes_up_during_a_chore_is_not_forgotten(till: Till) -> None:
    till.step()
    till.store.joins = [JoinRequest("J1", "T1", "1")]
    till.link.answers["join"] = JoinReply(MemberBody("M1"))
    till.chores.wake()
    assert [till.step(), till.step()] == [0, 0]
    assert till.store.joins == []
