"""Two PCs run copies of one ledger: nothing either sold is lost, also where the hub is put back by hand."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.engine.link import LinkError
from sync.hub.schema.events import EXCEPTION
from sync.protocol.messages import PushReply
from tests.simulation.healing_till import Till, World
from tests.simulation.twin_hubs import Hub, RealHub

# A ledger that goes on with new numbers says so in the log.
pytestmark = pytest.mark.expected_logs


@pytest.fixture
def hub(tmp_path: Path) -> RealHub:
    (tmp_path / "hub").mkdir()
    return RealHub(tmp_path / "hub")


class Shop:
    """A till that sold three times and was backed up with its hub, and a copy of it on another PC."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.hub, self._folder, self._world = hub, folder, World(random.Random(7))
        self.one = self._till("one")
        self.one.sell_many(3)
        rest(self.one)
        hub.save()
        self.one.close()
        (folder / "two").mkdir()
        shutil.copy(self.one.path, folder / "two" / "ledger.db")
        self.one.open()
        self.two = self._till("two")

    def _till(self, name: str) -> Till:
        return Till(self._folder / name, self.hub, self._world, "")

    def judge(self) -> None:
        """Every line of both is at the hub once, byte by byte; whatever forked was told."""
        at_hub = self.hub.events()
        assert len(dict(at_hub)) == len(at_hub)
        sales = self.hub.sales()
        for till in (self.one, self.two):
            assert till.waiting() == 0
            assert dict(till.lines()).items() <= dict(at_hub).items()
            assert till.sales().items() <= sales.items()

    def close(self) -> None:
        self.one.close()
        self.two.close()


@pytest.fixture
def shop(tmp_path: Path, hub: RealHub) -> Shop:
    return Shop(tmp_path, hub)


def rest(*tills: Till) -> None:
    """Rounds until nothing changes any more."""
    for _ in range(6):
        for till in tills:
            till.round(cut=False)


def cut_after_one_push(till: Till) -> Callable[[], None]:
    """The hub is away after the next batch that it answers; what is returned brings it back."""
    whole, answered = till.line.push, list[PushReply]()

    def push(lines: Sequence[bytes], **told: object) -> PushReply:
        if answered:
            raise LinkError("later", "network")
        answered.append(whole(lines, **told))  # type: ignore[arg-type]
        return answered[0]

    def mend() -> None:
        till.line.push = whole  # type: ignore[method-assign]

    till.line.push = push  # type: ignore[method-assign]
    return mend


def told(hub: RealHub) -> set[str]:
    with hub.database.reading() as connection:
        return set(connection.execute(select(EXCEPTION.c.kind)).scalars())


def test_forks_that_a_hub_lost_come_again_though_their_places_are_filled(shop: Shop, hub: RealHub) -> None:
    shop.one.sell_many(3)
    rest(shop.one)
    shop.two.sell_many(2)
    mend = cut_after_one_push(shop.two)
    rest(shop.two)
    mend()
    assert "fork" in told(hub)
    hub.put_back(by_hand=True)
    assert "fork" not in told(hub)
    # The first fills the same places again; nothing that the second hears is less than it was.
    rest(shop.one)
    rest(shop.two, shop.one)
    shop.judge()
    assert "fork" in told(hub)
    shop.close()


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_lines_whose_places_another_copy_took_come_again(shop: Shop, hub: RealHub, count: int) -> None:
    shop.one.sell_many(3)
    rest(shop.one)
    hub.put_back(by_hand=True)
    # The first has nothing to send and does not notice; the second was never there.
    shop.two.sell_many(count)
    rest(shop.two)
    rest(shop.one, shop.two)
    shop.judge()
    assert "fork" in told(hub)
    shop.close()


def test_copies_skip_numbers_once_and_not_at_every_start(shop: Shop) -> None:
    tills = (shop.one, shop.two)
    numbers: list[str] = []
    for till in tills:
        till.sell_many(2)
        rest(till)
    for _ in range(4):
        for till in tills:
            till.close()
            till.open()
            rest(*tills)
            numbers += till.sell_many(2)
            rest(till)
    assert len(set(numbers)) == len(numbers) == 16
    assert max(int(number[-6:]) for number in numbers) < 30_000
    assert sum(len(till.reasons()) for till in tills) <= 2
    shop.judge()
    shop.close()


def test_copies_that_are_never_on_at_once_do_not_drive_each_other_on(shop: Shop) -> None:
    tills = (shop.one, shop.two)
    shop.one.close()
    for number in range(8):
        till = tills[number % 2]
        if number:
            till.open()
        till.sell_many(2)
        rest(till)
        till.close()
    for till in tills:
        till.open()
    rest(*tills)
    assert sum(len(till.reasons()) for till in tills) <= 2
    shop.judge()
    shop.close()
