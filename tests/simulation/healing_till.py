"""A till for the healing campaign: the real ledger and the real rounds of the link, without threads or wires.

What a mutant leaves out of the healing is left out here, between the rules and the ledger.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posapp.flows.effects import Commit
from posapp.flows.intents import Committed
from posapp.store import outbox
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from sync.engine.link import LinkError
from sync.engine.loop import Host, SyncLoop
from sync.engine.ports import Batch, Beginning, Gone, Held, LinkStatus
from sync.protocol.messages import EpochMark, FeedPage, PushReply, StatusReply, StatusReport
from tests.simulation.made_up_discounts import with_discounts
from tests.simulation.twin_hubs import NOW_MS, Hub
from tests.store.conftest import PLACE, commit_of, sale, shift_opened


@dataclass
class World:
    """Time and identities of one seed."""

    chance: random.Random
    now_ms: int = NOW_MS
    ids: int = 0

    def new_id(self) -> str:
        self.ids += 1
        return f"01900000-0000-7000-8000-{self.ids:012d}"

    def monotonic_ms(self) -> int:
        self.now_ms += 1
        return self.now_ms

    def clock_ms(self) -> int:
        return self.monotonic_ms()


@dataclass
class Clock:
    """The world's time as a till's clock tells it, wrong by a fixed step."""

    world: World
    off_ms: int = 0

    def now_ms(self) -> int:
        return self.world.clock_ms() + self.off_ms

    def monotonic_ms(self) -> int:
        return self.world.monotonic_ms()


class Queue:
    """A ledger's outbox port without a thread."""

    def __init__(self, ledger: Ledger, mutant: str) -> None:
        self._ledger = ledger
        self._mutant = mutant

    def held(self) -> Held:
        return outbox.held(self._ledger.connection())

    def pending(self, limit: int, max_bytes: int) -> Batch | None:
        return outbox.pending(self._ledger.connection(), limit, max_bytes)

    def gone_epochs(self) -> Sequence[Gone]:
        return outbox.gone_epochs(self._ledger.connection())

    def chain_at(self, epoch: int, seq: int) -> bytes | None:
        return outbox.chain_at(self._ledger.connection(), epoch, seq)

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        self._must(
            self._ledger.write(
                lambda held: outbox.acknowledge(held, epoch, through, backed_up_through=backed_up_through)
            )
        )

    def take_marks(self, hub_id: str, marks: Sequence[EpochMark]) -> None:
        if self._mutant == "acks_stay":
            marks = self.held().marks
        self._must(self._ledger.write(lambda held: outbox.take_marks(held, hub_id, marks)))

    def begin(self, beginning: Beginning) -> None:
        if self._mutant == "no_new_epoch":
            return
        if self._mutant == "numbers_stay":
            beginning = Beginning("set_up", beginning.epoch, 0, 0, 0)
        answer = self._ledger.begin(beginning)
        self._must(answer if isinstance(answer, str) else None)

    def backlog(self) -> tuple[int, int | None]:
        return outbox.backlog(self._ledger.connection())

    def _must(self, trouble: str | None) -> None:
        assert trouble is None, trouble


class Line:
    """The way to the hub: cut now and then, before or after the hub has done what was asked."""

    def __init__(self, hub: Hub, world: World) -> None:
        self._hub = hub
        self._world = world
        self.is_cut = False
        #: The hub is away for the next request.
        self.is_away = False

    def push(
        self,
        lines: Sequence[bytes],
        *,
        epoch: int,
        first_seq: int,
        chain: bytes | None = None,
        oldest_seq: int | None = None,
    ) -> PushReply:
        assert oldest_seq is None, "what a hub may lack is here until its newest backup has it"
        self._may_break()
        reply = self._hub.push(lines, epoch, first_seq, chain)
        self._may_break()
        return reply

    def status(self, report: StatusReport) -> StatusReply:
        self._may_break()
        reply = self._hub.status(report)
        self._may_break()
        return reply

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        raise AssertionError("nothing comes down here")

    def rotate(self) -> None:
        return

    def last_heard(self) -> tuple[int | None, int | None]:
        return None, None

    def close(self) -> None:
        return

    def _may_break(self) -> None:
        if self.is_away:
            self.is_away = False
            raise LinkError("later", "network")
        if self.is_cut and self._world.chance.random() < 0.25:
            raise LinkError("later", "network")


class Till:
    """One ledger in a folder, sold into and linked, without threads."""

    def __init__(self, folder: Path, hub: Hub, world: World, mutant: str) -> None:
        self.folder = folder
        self._hub = hub
        self._world = world
        self._mutant = mutant
        self.has_heard = False
        self.told: list[LinkStatus] = []
        folder.mkdir(exist_ok=True)
        self.open()

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    def open(self) -> None:
        """Start the till as found."""
        clock = Clock(self._world, self._world.chance.choice((0, 0, 0, -86_400_000, 3_600_000)))
        migrate(self.path, epoch=clock.now_ms())
        self.ledger = Ledger(lambda: open_ledger(self.path), place=PLACE, clock=clock, ids=self._world)
        self.ledger.begin_if_restored()
        self.line = Line(self._hub, self._world)
        self.loop = SyncLoop(
            self.line,
            Host(Queue(self.ledger, self._mutant), inbox=None),  # type: ignore[arg-type]
            clock=clock,
            random=self._world.chance.random,
            on_status=self.told.append,
            streams=(),
            pull_every_ms=0,
        )
        self.has_heard = False

    def close(self) -> None:
        self.ledger.close()

    def sell(self) -> tuple[str, int]:
        """One sale; its receipt number and total."""
        held = self.ledger.connection()
        shift_no, number = held.execute("SELECT shift_no, shift_number + 1 FROM till").fetchone()
        if shift_no is None:
            opened = shift_opened(f"shift-{self._world.new_id()}", number)
            assert isinstance(self.ledger.commit(Commit(self._world.new_id(), (opened,))), Committed)
        shift_id = held.execute("SELECT shift_id FROM shift JOIN till USING (shift_no)").fetchone()[0]
        fact = sale(shift_id, self._world.new_id(), amounts=(self._world.chance.randrange(100, 10_000),))
        fact = with_discounts(fact, random.Random(fact.transaction_id))
        answer = self.ledger.commit(commit_of(fact, self._world.new_id()))
        assert isinstance(answer, Committed), answer
        assert answer.receipt_number is not None
        return answer.receipt_number, fact.total_minor

    def sell_many(self, count: int) -> list[str]:
        """So many sales; their receipt numbers."""
        return [self.sell()[0] for _ in range(count)]

    def round(self, *, cut: bool) -> None:
        self.line.is_cut = cut
        for _ in range(3):
            self.loop.run_round()
        status = self.told[-1]
        self.has_heard |= not cut and (status.state, status.to_send) == ("online", 0)

    def waiting(self) -> int:
        return outbox.backlog(self.ledger.connection())[0]

    def lines(self) -> list[tuple[str, bytes]]:
        found = self.ledger.connection().execute("SELECT fact_id, body FROM journal")
        return [(event_id, bytes(body)) for event_id, body in found]

    def reasons(self) -> list[str]:
        found = self.ledger.connection().execute("SELECT body FROM journal WHERE kind = 'EpochBegun'")
        return [json.loads(bytes(body))["body"]["reason"] for (body,) in found]

    def sales(self) -> dict[str, int]:
        found = self.ledger.connection().execute("SELECT transaction_id, total_minor FROM retail_transaction")
        return dict(found.fetchall())
