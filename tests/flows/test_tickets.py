"""Tickets of suspended sales: their code takes the sale up again, and nothing else."""

from __future__ import annotations

from posapp.domain.codes.own import OwnCode, make_own
from posapp.flows.intents import Suspend
from posapp.flows.refusals import Refusal
from tests.flows.fakes import COLA, MILK
from tests.flows.world import World


def test_a_ticket_takes_its_sale_up() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(Suspend())
    (parked,) = world.desk.parked
    ticket = make_own(OwnCode("suspended", "S0217", parked.transaction_id.upper()))
    world.scan(MILK, ticket)
    assert world.refused == Refusal.SaleOpen.sentence
    world.pay()
    world.scan(ticket)
    assert (world.lines(), world.desk.parked) == ([("cola", 1, 350)], ())
    world.pay()
    world.scan(ticket)
    assert world.refused == Refusal.NoSuchSale.sentence


def test_a_short_name_takes_no_sale_up() -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(Suspend())
    (parked,) = world.desk.parked
    # Short names are given again and every shop has the same ones.
    world.scan(make_own(OwnCode("suspended", "S0999", parked.label)))
    assert (world.lines(), world.desk.parked) == ([], (parked,))
    assert world.refused == Refusal.NoSuchSale.sentence
