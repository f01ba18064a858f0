"""What tests of packs share: days as codes write them, recall lists, what became of scans."""

from __future__ import annotations

from posapp.domain.recalls import RecallList, parse_recalls
from posapp.flows.intents import RecallsRead
from tests.flows.fakes import TODAY
from tests.flows.world import World

YESTERDAY, TOMORROW = "260528", "260530"
DAY = TODAY[2:].replace("-", "")


def recalled(world: World, *rows: str) -> None:
    """Put a recall list into force."""
    found = parse_recalls("\n".join(["gtin,lot,reason", *rows]).encode())
    assert isinstance(found, RecallList)
    world.do(RecallsRead(found))


def records(world: World) -> list[tuple[int | None, str | None]]:
    """Line and refusal of every scan on record, in order."""
    return [(scan.line_no, scan.refusal) for _, scan in sorted(world.scans().items())]
