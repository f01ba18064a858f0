"""Tills, a hub and the lines between them for the network campaign: real code, made-up time and weather.

The hub is its real application over SQLite, asked in this process through its own routes, sessions and all;
the tills are real ledgers with the real sync loop, without threads. What happens to each request is drawn by
the seed: it is lost, its answer is lost, it comes twice, it comes again much later, it hangs, or either end
dies in the middle of it.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit
from posapp.flows.intents import Committed
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from sync.engine.device_key import DeviceKey
from sync.engine.http import sorted_error
from sync.engine.link import LinkError
from sync.engine.loop import Host, SyncLoop
from sync.engine.ports import Batch, LinkStatus
from sync.protocol import chain as chains
from sync.protocol import codec, versions
from sync.protocol.messages import Change, EpochMark, FeedPage, PushReply, StatusReply, StatusReport
from sync.protocol.trust import store_path, terminal_path, to_text
from tests.hub.devices import bearer_token
from tests.simulation.healing_till import Queue
from tests.simulation.made_up_discounts import with_discounts
from tests.simulation.network_hub import Hub, HubDied
from tests.store.conftest import commit_of, sale, shift_opened

NOW_MS: Final = 1_780_000_000_000
STREAM: Final = versions.STREAM_PRICES
#: Everything that can happen to a request; each must happen in a campaign.
WEATHER: Final = (
    "lost", "answer lost", "twice", "again later", "hangs", "hub dies before its commit",
    "hub dies after its commit", "till dies before it notes the answer",
)  # fmt: skip


class TillDied(Exception):  # noqa: N818
    """The till's process is gone in the middle of a round."""


@dataclass
class Sky:
    """Time, identities and chance of one seed, and how calm it is."""

    chance: random.Random
    now_ms_: int = NOW_MS
    ticks: int = 0
    ids: int = 0
    is_calm: bool = False
    happened: Counter[str] = field(default_factory=Counter)

    def new_id(self) -> str:
        self.ids += 1
        return f"01900000-0000-7000-8000-{self.ids:012d}"

    def now_ms(self) -> int:
        self.now_ms_ += 1
        return self.now_ms_

    def monotonic_ms(self) -> int:
        self.ticks += 1
        return self.ticks

    def drawn(self) -> str:
        """What happens to the next request: mostly nothing."""
        if self.is_calm or self.chance.random() < 0.6:
            return ""
        weather = self.chance.choice(WEATHER)
        self.happened[weather] += 1
        return weather


class Line:
    """A till's way to the hub through the weather (a Link)."""

    def __init__(
        self, hub: Hub, sky: Sky, place: Place, key: DeviceKey, late: list[Callable[[], Any]]
    ) -> None:
        self._hub = hub
        self._sky = sky
        self._place = (place.store_id, place.terminal_id)
        self._key = key
        self._late = late
        self.is_ack_before_commit = False
        self.dies_after_answer = False
        self._given, self._token_ms = "", 0

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
        headers = [
            ("Content-Type", versions.BATCH_MEDIA_TYPE),
            (versions.HEADER_EPOCH, str(epoch)),
            (versions.HEADER_FIRST_SEQ, str(first_seq)),
        ]
        if chain is not None:
            statement = chains.batch_statement(
                *self._place, epoch=epoch, last_seq=first_seq + len(lines) - 1, chain=chain
            )
            signature = to_text(self._key.sign(statement))
            headers += [(versions.HEADER_CHAIN, chain.hex()), (versions.HEADER_SIGNATURE, signature)]
        path = f"{terminal_path(*self._place)}/events"
        said = first_seq + len(lines) - 1
        body = self._through("POST", path, data=codec.pack(lines), headers=headers, believed=said)
        return codec.decode_message(body, PushReply)

    def status(self, report: StatusReport) -> StatusReply:
        data = codec.encode_message(report)
        body = self._through(
            "POST", f"{terminal_path(*self._place)}/status", data=data,
            headers=[("Content-Type", versions.JSON_MEDIA_TYPE)],
        )  # fmt: skip
        return codec.decode_message(body, StatusReply)

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        query = f"limit={limit}" + ("" if after is None else f"&after={after}")
        body = self._through("GET", f"{store_path(self._place[0])}/feed/{stream}", query=query)
        return codec.decode_message(body, FeedPage)

    def _through(self, method: str, path: str, *, believed: int | None = None, **rest: Any) -> bytes:
        """One request through the weather; raises LinkError."""
        hub, weather = self._hub, self._sky.drawn()

        def arrive() -> tuple[int, dict[str, str], bytes]:
            return hub.ask(method, path, token=self._token(), **rest)

        if self._late and not self._sky.is_calm and self._sky.chance.random() < 0.3:
            self._late.pop(0)()
        if weather == "lost":
            raise LinkError("later", "network")
        if weather == "hangs":
            self._sky.now_ms_ += 70_000
            self._sky.ticks += 70_000
            self._late.append(_forgiving(arrive))
            raise LinkError("later", "timeout")
        if weather == "again later":
            self._late.append(_forgiving(arrive))
        if weather.startswith("hub dies") and method == "POST":
            hub.dies = "before" if "before" in weather else "after"
        if weather == "twice":
            arrive()
        try:
            status, _head, body = arrive()
        except HubDied as died:
            if self.is_ack_before_commit and believed is not None:
                return codec.encode_message(PushReply(believed))
            raise LinkError("later", "network") from died
        hub.dies = ""
        if weather == "answer lost":
            raise LinkError("later", "network")
        self.dies_after_answer = weather.startswith("till dies")
        if status != 200:
            raise sorted_error(status, None)
        return body

    def _token(self) -> str:
        now_ms = self._sky.now_ms_
        if not self._token_ms <= now_ms < self._token_ms + 3_000_000:
            self._given, self._token_ms = bearer_token(self._hub.database, self._key, now_ms), now_ms
        return self._given

    def rotate(self) -> None:
        return

    def last_heard(self) -> tuple[int | None, int | None]:
        return None, None

    def close(self) -> None:
        return


def _forgiving(arrive: Callable[[], Any]) -> Callable[[], None]:
    """A request whose sender is gone: whatever comes of it, nobody hears."""

    def later() -> None:
        try:
            arrive()
        except HubDied:
            return

    return later


class Shelf:
    """What came down, kept over the till's deaths (an InboxPort in a few lines)."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, int, bytes | None]] = {}
        self.at: str | None = None
        self.life = 0

    def cursor(self, stream: str) -> str | None:
        return self.at

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        if cursor is None:
            self.life += 1
        for change in changes:
            known = self.rows.get(change.key)
            if known is None or known[:2] < (self.life, change.rev):
                body = bytes(change.body) if change.kind == "upsert" else None
                self.rows[change.key] = (self.life, change.rev, body)
        self.at = cursor

    def caught_up(self, stream: str) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row[0] == self.life}

    def live(self) -> dict[str, bytes]:
        """The rows that are there."""
        return {key: body for key, (_life, _rev, body) in self.rows.items() if body is not None}


class MortalQueue(Queue):
    """The ledger's outbox; the till may die before an answer is noted."""

    def __init__(self, ledger: Ledger, line: Line, mutant: str) -> None:
        super().__init__(ledger, "")
        self._line = line
        self._planted = mutant

    def pending(self, limit: int, max_bytes: int) -> Batch | None:
        batch = super().pending(min(limit, 4), max_bytes)
        if batch is not None and self._planted == "acks_on_send":
            through = batch.first_seq + len(batch.lines) - 1
            super().acknowledge(batch.epoch, through, backed_up_through=0)
        return batch

    def take_marks(self, hub_id: str, marks: Sequence[EpochMark]) -> None:
        # What these faults lose is healed by comparing with the hub; planted alone they would be harmless.
        if self._planted not in ("ack_before_commit", "acks_on_send"):
            super().take_marks(hub_id, marks)

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        if self._line.dies_after_answer:
            self._line.dies_after_answer = False
            raise TillDied
        super().acknowledge(epoch, through, backed_up_through=backed_up_through)


class Till:
    """One terminal: its ledger, its shelf, its loop."""

    def __init__(
        self, folder: Path, model: Path, place: Place, key: DeviceKey, hub: Hub, sky: Sky,
        late: list[Callable[[], Any]], mutant: str,
    ) -> None:  # fmt: skip
        self.place, self._key, self._hub, self._sky = place, key, hub, sky
        self._late, self._mutant = late, mutant
        self.path = folder / f"{place.store_id}-{place.terminal_id}.db"
        shutil.copy(model, self.path)
        self.shelf = Shelf()
        self.told: list[LinkStatus] = []
        self.sold: dict[str, int] = {}
        #: What fell off, by sale; one that cost the list's price is not in it.
        self.off: dict[str, int] = {}
        self.open()

    def open(self) -> None:
        """Start as found."""
        self.ledger = Ledger(lambda: open_ledger(self.path), place=self.place, clock=self._sky, ids=self._sky)
        line = Line(self._hub, self._sky, self.place, self._key, self._late)
        line.is_ack_before_commit = self._mutant == "ack_before_commit"
        self.loop = SyncLoop(
            line,
            Host(MortalQueue(self.ledger, line, self._mutant), self.shelf),
            clock=self._sky,
            random=self._sky.chance.random,
            on_status=self.told.append,
            streams=(STREAM,),
            pull_every_ms=0,
        )

    def die(self) -> None:
        """The process is gone from one moment to the next, and started again."""
        self.ledger.close()
        self.open()

    def sell(self) -> None:
        """One sale, in a shift that is opened first."""
        held = self.ledger.connection()
        if held.execute("SELECT shift_no FROM till").fetchone()[0] is None:
            opened = replace(
                shift_opened(f"shift-{self._sky.new_id()}"),
                store_id=self.place.store_id, terminal_id=self.place.terminal_id,
            )  # fmt: skip
            assert isinstance(self.ledger.commit(Commit(self._sky.new_id(), (opened,))), Committed)
        shift_id = held.execute("SELECT shift_id FROM shift JOIN till USING (shift_no)").fetchone()[0]
        fact = replace(
            sale(shift_id, self._sky.new_id(), amounts=(self._sky.chance.randrange(100, 10_000),)),
            store_id=self.place.store_id, terminal_id=self.place.terminal_id,
        )  # fmt: skip
        # Dice of its own, so that what else happens in a seed stays as it was.
        fact = with_discounts(fact, random.Random(fact.transaction_id))
        answer = self.ledger.commit(commit_of(fact, self._sky.new_id()))
        assert isinstance(answer, Committed), answer
        self.sold[fact.transaction_id] = fact.total_minor
        if fact.discount_minor:
            self.off[fact.transaction_id] = fact.discount_minor

    def round(self) -> None:
        """One round of the link; a till that dies in it is started again."""
        try:
            self.loop.run_round()
        except TillDied:
            self.die()

    def lines(self) -> dict[str, bytes]:
        """Every line of the ledger by its event's id."""
        found = self.ledger.connection().execute("SELECT fact_id, body FROM journal")
        return {event_id: bytes(body) for event_id, body in found}

    def waiting(self) -> int:
        """Lines that the hub is not known to hold."""
        return int(self.ledger.connection().execute("SELECT journal_no - acked_no FROM till").fetchone()[0])


def price_body(sku: str, minor: int) -> bytes:
    """A row of the prices stream."""
    return json.dumps({"sku": sku, "prices": [[0, minor]]}).encode()
