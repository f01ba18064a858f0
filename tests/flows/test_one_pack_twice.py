"""The plain number and the code with data on one pack: one line, in both orders, whatever comes between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posapp.domain.facts import TransactionCompleted, TransactionVoided
from posapp.domain.recalls import RecallList, parse_recalls
from posapp.flows.effects import Beep
from posapp.flows.intents import (
    ChangeQuantity,
    ChooseReason,
    ConfirmWeight,
    Intent,
    NextSale,
    RecallsRead,
    Resume,
    ScanCode,
    Settle,
    StartTender,
    Suspend,
    VoidLine,
)
from posapp.flows.refusals import Refusal
from tests.domain.shops import item
from tests.flows.fakes import COLA, MILK, ean, link, pack
from tests.flows.world import World

OLD = "260101"


@pytest.fixture
def world() -> World:
    """A till that sells."""
    return World().open_shift()


def at(world: World, *scans: tuple[str, int]) -> World:
    """Scan codes at times (ms) of the till's monotonic clock."""
    for text, at_ms in scans:
        world.do(ScanCode(text, at_ms, "scanner"))
    return world


def told(world: World) -> list[tuple[int, str, str]]:
    """Pieces, lot and serial of every line."""
    return [
        (line.quantity.value, line.pack.lot if line.pack else "", line.serial)
        for line in world.desk.cart.lines
    ]


def ends(world: World) -> list[int | str | None]:
    """What became of every scan: its line or its refusal."""
    return [scan.line_no or scan.refusal for _, scan in sorted(world.scans().items())]


DATA = pack(COLA, ai10="A12", ai21="S1")


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "other", [DATA, link(COLA, lot="A12", serial="S1"), f"]C101{COLA.zfill(14)}10A12\x1d21S1"]
)
@pytest.mark.parametrize("gap_ms", [0, 1, 999, 1000])
def test_both_codes_of_a_pack_are_one_piece(world: World, first: int, other: str, gap_ms: int) -> None:
    codes = [COLA, other]
    at(world, (codes[first], 5000), (codes[1 - first], 5000 + gap_ms))
    assert told(world) == [(1, "A12", "S1")]
    assert ends(world) == [1, 1]
    world.pay()
    (sale,) = world.store.sales()
    assert [scan.line_no for scan in sale.scans] == [1, 1]


@pytest.mark.parametrize("first", [0, 1])
def test_after_a_second_it_is_another_piece(world: World, first: int) -> None:
    codes = [COLA, DATA]
    at(world, (codes[first], 5000), (codes[1 - first], 6001))
    assert sum(line.quantity.value for line in world.desk.cart.lines) == 2


def test_times_of_several_scanners_may_arrive_out_of_order(world: World) -> None:
    at(world, (DATA, 5400), (COLA, 5000))
    assert told(world) == [(1, "A12", "S1")]


def test_without_a_time_the_clock_tells(world: World) -> None:
    world.scan(COLA)
    world.hands.pass_by(400)
    world.scan(DATA)
    world.hands.pass_by(601)
    world.scan(COLA)
    assert told(world) == [(1, "A12", "S1"), (1, "", "")]


@pytest.mark.parametrize(
    ("codes", "pieces"),
    [
        ([COLA, DATA, COLA], [(1, "A12", "S1"), (1, "", "")]),
        ([DATA, COLA, COLA], [(1, "A12", "S1"), (1, "", "")]),
        ([COLA, COLA], [(2, "", "")]),
        ([COLA, COLA, DATA], [(1, "", ""), (1, "A12", "S1")]),
        ([pack(COLA, ai21="1"), pack(COLA, ai21="2")], [(1, "", "1"), (1, "", "2")]),
        ([pack(COLA, ai21="1"), pack(COLA, ai21="2"), COLA, COLA], [(1, "", "1"), (1, "", "2")]),
        ([COLA, COLA, pack(COLA, ai21="1"), pack(COLA, ai21="2")], [(1, "", "2"), (1, "", "1")]),
        ([COLA, pack(COLA, ai21="1"), COLA, pack(COLA, ai21="2")], [(1, "", "1"), (1, "", "2")]),
        ([pack(COLA, ai10="A"), pack(COLA, ai10="A"), COLA, COLA], [(2, "A", "")]),
        ([COLA, pack(MILK, ai10="M")], [(1, "", ""), (1, "M", "")]),
        ([COLA, MILK, DATA], [(1, "A12", "S1"), (1, "", "")]),
    ],
)
def test_pieces_are_counted_as_they_lie_on_the_belt(
    world: World, codes: list[str], pieces: list[tuple[int, str, str]]
) -> None:
    at(world, *((code, 5000 + 50 * place) for place, code in enumerate(codes)))
    assert told(world) == pieces
    assert all(isinstance(end, int) for end in ends(world))


@pytest.mark.parametrize("wish", [VoidLine(), ChangeQuantity(1)])
def test_a_line_that_was_changed_by_hand_is_left_alone(world: World, wish: Intent) -> None:
    at(world, (COLA, 5000))
    world.do(wish)
    at(world, (DATA, 5100))
    assert told(world)[-1] == (1, "A12", "S1")
    assert ends(world) == [1, 2]


def test_nothing_is_folded_across_a_commit(world: World) -> None:
    world.holds_commits = True
    at(world, (COLA, 5000))
    world.do(StartTender(), Settle())
    at(world, (DATA, 5100), (COLA, 5200))  # these wait and are one piece of the next sale
    world.answer_commit()
    assert told(world) == [(1, "A12", "S1")]
    assert [line.quantity for line in world.store.sales()[0].lines] == [1]


def test_scans_that_wait_for_a_commit_keep_their_times(world: World) -> None:
    world.holds_commits = True
    world.scan(MILK)
    world.do(StartTender(), Settle())
    world.scan(COLA)
    world.hands.pass_by(3000)
    world.scan(DATA)
    world.answer_commit()
    assert told(world) == [(1, "", ""), (1, "A12", "S1")]


def test_nothing_is_folded_into_another_sale(world: World) -> None:
    at(world, (COLA, 5000))
    world.do(Suspend())
    at(world, (DATA, 5100))
    assert told(world) == [(1, "A12", "S1")]
    assert len(world.desk.parked) == 1


# --- the pack must be stopped --------------------------------------------------------------------

EXPIRED = pack(COLA, ai17=OLD, ai21="S9")


def test_a_pack_that_turns_out_expired_goes_off_again(world: World) -> None:
    at(world, (MILK, 4000), (COLA, 5000))
    outcome = world.do(ScanCode(EXPIRED, 5200))
    assert world.lines() == [("milk", 1, 1295)]
    assert Beep("refuse") in outcome.effects
    assert world.refused == Refusal.Expired.sentence
    assert ends(world) == [1, 2, "Expired"]
    assert [(line.line_no, line.sku, line.quantity) for line in world.desk.cart.voided] == [(2, "cola", 1)]


def test_only_the_piece_just_read_goes_off(world: World) -> None:
    at(world, (COLA, 1000), (COLA, 5000), (EXPIRED, 5200))
    assert world.lines() == [("cola", 1, 350)]
    assert ends(world) == [1, 2, "Expired"]
    assert [(line.line_no, line.quantity, line.amount_minor) for line in world.desk.cart.voided] == [
        (2, 1, 350)
    ]
    at(world, (MILK, 6000))
    assert [line.line_no for line in world.desk.cart.lines] == [1, 3]


def test_the_plain_number_after_the_data_is_stopped_too(world: World) -> None:
    at(world, (EXPIRED, 5000), (COLA, 5300), (COLA, 5600))
    assert world.lines() == [("cola", 1, 350)]
    assert ends(world) == ["Expired", "Expired", 1]
    at(world, (EXPIRED, 9000), (COLA, 10_001))
    assert world.lines() == [("cola", 2, 700)]


def test_a_stop_holds_in_the_sale_that_another_pack_opens(world: World) -> None:
    at(world, (EXPIRED, 5000), (MILK, 5300), (COLA, 5600))
    assert world.lines() == [("milk", 1, 1295)]
    assert world.refused == Refusal.Expired.sentence


def test_recalled_and_sold_packs_go_off_in_both_orders(world: World) -> None:
    found = parse_recalls(f"gtin,lot,reason\n{COLA},A12,Glass".encode())
    assert isinstance(found, RecallList)
    world.do(RecallsRead(found))
    at(world, (COLA, 1000), (DATA, 1100), (DATA, 4000), (COLA, 4100))
    assert world.lines() == []
    assert ends(world) == [1, "Recalled", "Recalled", "Recalled"]
    sold = pack(MILK, ai21="S1")
    at(world, (sold, 9000))
    world.pay()
    at(world, (MILK, 20_000), (sold, 20_100), (sold, 30_000), (MILK, 30_100))
    assert world.lines() == []
    assert ends(world)[-4:] == [1, "SerialSold", "SerialSold", "SerialSold"]


def test_the_same_piece_read_again_does_not_become_a_second_one(world: World) -> None:
    at(world, (COLA, 1000), (DATA, 1100), (COLA, 1800), (DATA, 1900))
    assert told(world) == [(1, "A12", "S1")]
    assert ends(world) == [1, 1, 2, "SerialInSale"]


# --- goods by weight ------------------------------------------------------------------------------


@pytest.fixture
def ham(world: World) -> World:
    """A till with ham by weight under the number of milk."""
    world.catalogue.keys[MILK.zfill(14)] = item("ham", 9900, unit="g")
    return world


@pytest.mark.parametrize("first", [0, 1])
def test_the_weight_of_the_code_ends_the_question(ham: World, first: int) -> None:
    codes = [MILK, pack(MILK, ai3103="000250")]
    at(ham, (codes[first], 5000), (codes[1 - first], 5500))
    assert (ham.at, ham.lines()) == ("Selling", [("ham", 250, 2475)])
    assert ends(ham) == [1, 1]


def test_data_without_a_weight_is_kept_for_the_line(ham: World) -> None:
    at(ham, (MILK, 5000), (pack(MILK, ai10="L1"), 5500), (COLA, 5600), (pack(MILK, ai10="L2"), 5700))
    assert ham.at == "Weighing"
    ham.key("0.5")
    ham.do(ConfirmWeight())
    assert (ham.lines(), told(ham)) == ([("ham", 500, 4950)], [(500, "L1", "")])
    assert ends(ham) == [1, 1, "WeightOpen", "WeightOpen"]


def test_an_expired_pack_is_not_weighed(ham: World) -> None:
    at(ham, (MILK, 5000), (pack(MILK, ai17=OLD), 5500))
    assert (ham.at, ham.lines()) == ("Selling", [])
    assert ends(ham) == ["Expired", "Expired"]


# --- whatever comes ---------------------------------------------------------------------------------

CODES = [
    COLA, COLA, MILK, DATA, EXPIRED, link(COLA, serial="S1"), pack(COLA, ai10="A12"), pack(COLA, ai21="S2"),
    pack(MILK, ai15=OLD), pack(MILK, ai17=OLD), pack(MILK, ai10="R1"), ean("690102818099"), "01234565",
]  # fmt: skip
ACTS: list[Intent] = [
    VoidLine(), ChangeQuantity(1), ChangeQuantity(-1), Suspend(), NextSale(), StartTender(), Settle(),
    ChooseReason("Other"),
]  # fmt: skip


@given(
    acts=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(CODES), st.sampled_from([0, 100, 600, 1001])),
            st.tuples(st.sampled_from(CODES), st.sampled_from([0, 100, 600, 1001])),
            st.sampled_from(ACTS),
            st.just("restart"),
            st.just("resume"),
        ),
        max_size=40,
    )
)
@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_scan_is_part_of_a_line_or_refused_and_no_serial_sells_twice(acts: list[Any]) -> None:
    world = World().open_shift()
    found = parse_recalls(f"gtin,lot,reason\n{MILK},R1,Glass".encode())
    assert isinstance(found, RecallList)
    world.do(RecallsRead(found))
    sent = 0
    for act in acts:
        if act == "restart":
            world.restart()
            world.sign_on()
            world.do(RecallsRead(found))
        elif act == "resume":
            world.do(*(Resume(parked.transaction_id) for parked in world.desk.parked[:1]))
        elif isinstance(act, tuple):
            world.hands.pass_by(act[1])
            world.scan(act[0])
            sent += 1
        else:
            world.do(act)
        _adds_up(world, sent)


def _adds_up(world: World, sent: int) -> None:
    scans = world.scans()
    assert sorted(scans) == list(range(1, sent + 1))
    assert all((scan.line_no is None) != (scan.refusal is None) for scan in scans.values())
    ended = [fact for fact in world.store.facts if isinstance(fact, TransactionCompleted | TransactionVoided)]
    carts = [fact for fact in (*ended, world.desk.cart) if fact is not None]
    for cart in carts:
        numbers = [line.line_no for line in (*cart.lines, *cart.voided)]
        assert len(numbers) == len(set(numbers))
        assert {scan.line_no for scan in cart.scans if scan.line_no} <= set(numbers)
    pieces = [
        (line.pack.gtin14, line.pack.serial)
        for cart in carts
        if not isinstance(cart, TransactionVoided)
        for line in cart.lines
        if line.pack is not None and line.pack.serial
    ]
    assert len(pieces) == len(set(pieces)), "one piece was sold twice"
    for cart in carts:
        for line in cart.lines:
            assert line.pack is None or not line.pack.expires_on
            assert line.pack is None or line.pack.lot != "R1"
