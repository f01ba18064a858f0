"""Tickets of suspended sales: their code takes the sale up again, and nothing else."""

from __future__ import annotations

import pytest

from posapp.domain.codes.own import OwnCode, make_own
from posapp.flows.intents import Suspend
from posapp.flows.refusals import Refusal
from tests.flows.fakes import COLA, MILK
from tests.flows.world import World


@pytest.mark.parametrize("by", ["transaction_id", "label"])
def test_a_ticket_takes_its_sale_up(by: str) -> None:
    world = World().open_shift()
    world.scan(COLA)
    world.do(Suspend())
    (parked,) = world.desk.parked
    ticket = make_own(OwnCode("suspended", "S0217", getattr(parked, by).upper()))
    world.scan(MILK, ticket)
    assert world.refused == Refusal.SaleOpen.sentence
    world.pay()
    world.scan(ticket)
    assert (world.lines(), world.desk.parked) == ([("cola", 1, 350)], ())
    world.pay()
    world.scan(ticket)
    assert world.refused == Refusal.NoSuchSale.sentence
