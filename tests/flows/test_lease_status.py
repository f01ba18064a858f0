"""What an outage can cost and did cost, on the status page of a manager."""

from __future__ import annotations

from posapp.flows.answers import LinkChanged
from posapp.flows.intents import GoTo, LinkStatus, NextSale, Settle, StartTender, SwitchLanguage
from posapp.flows.mains import StatusMain
from posapp.flows.member_answers import LeasesChanged
from tests.domain.shops import ZHOU
from tests.flows.picture import CARD, CODES, member_world
from tests.flows.world import World


def rows(world: World) -> dict[str, str]:
    """The rows about members, by their titles."""
    main = world.terminal.view().main
    assert isinstance(main, StatusMain)
    found = {group.title: group for group in main.right}
    return {row.title: row.detail for row in found["Members"].rows} if "Members" in found else {}


def manager() -> World:
    """A manager at a till that sells to members, looking at the status page."""
    world = member_world(who=ZHOU)
    world.do(GoTo("status"))
    return world


def test_a_cashier_is_not_told() -> None:
    world = member_world()
    world.do(GoTo("status"))
    assert rows(world) == {}


def test_before_the_network_goes_the_worst_is_known() -> None:
    told = rows(manager())
    assert told == {
        "Worst loss offline": "this till ¥20.00, the store ¥40.00",
        "Offline points": "800 pts of 800 pts left, until 05-31 04:26",
        "Offline coupons": "¥30.00 of ¥30.00 left, until 05-31 04:26",
    }


def test_without_leases_it_says_what_that_means() -> None:
    world = manager()
    world.do(LeasesChanged(()))
    assert rows(world)["Offline allowance"] == "none; members can spend only online"


def test_while_it_is_away_and_afterwards_it_says_what_was_given() -> None:
    world = manager()
    world.do(LinkChanged(LinkStatus("offline")), GoTo("sell"))
    world.scan(CARD, *CODES)
    world.do(StartTender(), Settle(), NextSale(), GoTo("status"))
    assert rows(world)["Given away offline"] == "500 pts · since 04:26"
    assert rows(world)["Offline points"].startswith("300 pts of 800 pts left")
    world.hands.pass_by(600_000)
    world.do(LinkChanged(LinkStatus("online")))
    assert rows(world)["Given away offline"] == "500 pts · 04:26–04:36"
    # A short break that cost nothing does not hide it.
    world.do(LinkChanged(LinkStatus("offline")))
    assert rows(world)["Given away offline"] == "nothing · since 04:36"
    world.do(LinkChanged(LinkStatus("online")))
    assert rows(world)["Given away offline"].startswith("500 pts")
    world.do(SwitchLanguage("zh_CN"))
    main = world.terminal.view().main
    assert isinstance(main, StatusMain)


def test_leases_that_are_over_are_told_no_more() -> None:
    world = manager()
    world.hands.pass_by(49 * 3_600_000)
    assert list(rows(world)) == ["Worst loss offline", "Offline allowance"]
