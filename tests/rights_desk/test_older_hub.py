"""A hub of the version before has no routes of rights: the till sells on, and every question is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from posapp.flows.effects import Commit
from posapp.flows.intents import Committed
from posapp.flows.member_answers import GiftCardAnswered, MembersFound, RightsAnswered, SaleFound
from posapp.flows.member_effects import AskGiftCard, FindMember, FindSale, HoldRights
from sync.hub.routes.loyalty_gifts import GiftRoutes
from sync.hub.routes.loyalty_leases import LeaseRoutes
from sync.hub.routes.loyalty_members import MemberRoutes
from sync.hub.routes.loyalty_rights import RightsRoutes
from sync.hub.routes.loyalty_sales import SaleRoutes
from sync.hub.schema.events import EVENT
from tests.rights_desk.desk_kit import eventually
from tests.rights_desk.test_members_with_hub import Counter, Shop
from tests.store.conftest import sale


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Counter, Shop]]:
    for routes in (GiftRoutes, LeaseRoutes, MemberRoutes, RightsRoutes, SaleRoutes):
        monkeypatch.setattr(routes, "table", lambda _self: [])
    shop = Shop(tmp_path)
    made = Counter(tmp_path, shop.url)
    yield made, shop
    made.close()
    shop.hub.stop()


def test_every_question_is_answered_and_sales_go_up(before: tuple[Counter, Shop]) -> None:
    counter, shop = before
    counter.start()
    counter.until(lambda: counter.status.state == "online")
    counter.members.ask(HoldRights("H1", "sale-1", "M1", "card", None, ("C1",), 300))
    assert not counter.answer(RightsAnswered).answered
    counter.members.ask(AskGiftCard("A1", "G1"))
    assert counter.answer(GiftCardAnswered).why == "no_answer"
    counter.members.ask(FindSale("A2", "S1-02-000001"))
    assert counter.answer(SaleFound).why == "no_answer"
    counter.members.ask(FindMember("A3", "tail", "0000", at_hub=True))
    assert counter.answer(MembersFound).asked_hub == "no_answer"
    counter.writer.commit(Commit("sale-1", (sale(),)), counter.post)
    assert counter.answer(Committed).receipt_number == "S1-01-000001"
    counter.linking.wake()

    def sold() -> int:
        wanted = select(func.count()).where(EVENT.c.kind == "TransactionCompleted")
        with shop.hub.database.reading() as connection:
            return int(connection.execute(wanted).scalar_one())

    eventually(sold, 1)
