"""The print spooler: slips wait here for the printer, and nobody waits for them.

Knows the order of slips, when one is confirmed, and when one must come out again: whole, and
marked as a copy if it may have come out before. Opening the drawer never queues behind paper.
Refuses to know what slips say and where they are stored; who submits keeps them until
`on_printed`. One thread of its own, named "printer"; all callbacks are called in it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from posapp.devices.escpos import DrawerPin, segments
from posapp.devices.fonts import RasterFonts
from posapp.devices.layout import FEWEST_COLUMNS
from posapp.devices.printer_link import LinkTimes, PrinterLink
from posapp.devices.raster import Geometry
from posapp.devices.status import PrinterState, PrinterStatus
from posapp.devices.transports import Transport
from posapp.domain.paper import PaperDocument, TextRow


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """A slip to print; `copy_mark` is the word for a copy in the language of the slip."""

    job_id: str
    document: PaperDocument
    copy: bool = False
    copy_mark: str = "COPY"


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """What kind of printer it is and how patient to be with it."""

    dots_width: int = 576
    drawer_pin: DrawerPin = 2
    queue_size: int = 64
    retry_ms: int = 2000
    idle_look_ms: int = 10_000
    linger_ms: int = 5000
    times: LinkTimes = field(default_factory=LinkTimes)

    def __post_init__(self) -> None:
        """Refuse paper that no slip fits on, once and early."""
        Geometry.of(self.dots_width, FEWEST_COLUMNS)


@dataclass(frozen=True, slots=True)
class PrinterEvents:
    """Whom to tell, beside the two that must be told: a slip is begun, a drawer kick was sent or not."""

    on_begun: Callable[[str], None] = lambda _: None
    on_drawer: Callable[[bool], None] = lambda _: None


@dataclass(slots=True)
class _Job:
    order: PrintOrder
    begun: bool = False


class PrintSpooler:
    """Takes print orders from any thread and gets them onto paper."""

    def __init__(
        self,
        transport: Transport,
        fonts: RasterFonts,
        *,
        on_printed: Callable[[str], None],
        on_trouble: Callable[[PrinterStatus], None],
        events: PrinterEvents | None = None,
        profile: PrinterProfile | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the thread. `on_trouble` gets every change of state, `ready` again included."""
        self._transport = transport
        self._fonts = fonts
        self._on_printed = on_printed
        self._on_trouble = on_trouble
        self._events = events or PrinterEvents()
        self._profile = profile or PrinterProfile()
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._kicks = 0
        self._closing = False
        self._stopping = False
        self._held = False
        self._looked = False
        self._look_at = 0.0
        self._hang_up_at = 0.0
        self._told = PrinterStatus("unknown")
        self._link = PrinterLink(
            transport,
            self._profile.times,
            dots_width=self._profile.dots_width,
            monotonic=monotonic,
            meanwhile=self._meanwhile,
        )
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------------ for any thread

    def submit(self, order: PrintOrder) -> bool:
        """Queue a slip and return at once; False where the queue is full or closed."""
        with self._changed:
            if self._closing or len(self._jobs) >= self._profile.queue_size:
                return False
            self._jobs.append(_Job(order))
            self._changed.notify_all()
            return True

    def kick_drawer(self) -> None:
        """Open the drawer before anything else is printed; tried once, never remembered."""
        with self._changed:
            self._kicks += not self._closing
            self._changed.notify_all()

    def retry(self) -> None:
        """Look at the printer now and go on: somebody says that it is mended."""
        with self._changed:
            self._held = False
            self._look_at = self._monotonic()
            self._changed.notify_all()

    def status(self) -> PrinterStatus:
        """How the printer is as far as known, and how many slips are not confirmed."""
        with self._changed:
            return self._status()

    def close(self, timeout_ms: int) -> tuple[str, ...]:
        """Print what a ready printer takes within the time, end the thread, name what is left."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_ms / 1000)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._transport.close()
            self._thread.join(self._profile.times.answer_ms / 1000 + 3)
        with self._changed:
            return tuple(job.order.job_id for job in self._jobs)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while (task := self._next_task()) is not None:
            task()
        self._link.close()

    def _next_task(self) -> Callable[[], None] | None:
        with self._changed:
            while True:
                now = self._monotonic()
                task = self._task_due(now)
                if task is not None:
                    return task
                if self._stopping or self._closing:
                    return None
                lingers = self._link.is_open and not self._jobs
                wake_at = min(self._look_at, self._hang_up_at) if lingers else self._look_at
                self._changed.wait(max(0.001, wake_at - now))

    def _task_due(self, now: float) -> Callable[[], None] | None:
        """The most urgent thing to do, if any: drawer, news, slips, a look at the printer."""
        if self._stopping:
            return None
        if self._kicks:
            self._kicks -= 1
            return self._kick
        if self._is_news():
            return self._tell
        may_print = not self._looked or self._link.state == "ready"
        if self._jobs and not self._held and (may_print or (now >= self._look_at and not self._closing)):
            return self._print_first
        if self._closing:
            return None
        if now >= self._look_at:
            return self._look
        if self._link.is_open and now >= self._hang_up_at and not self._jobs:
            return self._link.close
        return None

    def _is_news(self) -> bool:
        """While all is well the number of waiting slips is nobody's worry, but that none waits any more."""
        status = self._status()
        well = self._told.state == status.state == "ready"
        emptied = self._told.waiting > 0 and status.waiting == 0
        return self._looked and self._told != status and (emptied or not well)

    def _status(self) -> PrinterStatus:
        state: PrinterState = "unknown" if self._held else self._link.state
        return PrinterStatus(state, len(self._jobs))

    def _tell(self) -> None:
        with self._changed:
            status = self._told = self._status()
        self._on_trouble(status)

    def _meanwhile(self) -> bool:
        """Between two commands of a slip: drawers go first, and a stop is a stop."""
        while True:
            with self._changed:
                if self._stopping:
                    return False
                if not self._kicks:
                    return True
                self._kicks -= 1
            self._events.on_drawer(self._link.kick_between(self._profile.drawer_pin))

    def _kick(self) -> None:
        done = self._link.kick(self._profile.drawer_pin)
        self._plan_next_look()
        self._events.on_drawer(done)

    def _look(self) -> None:
        self._link.ask()
        self._plan_next_look()

    def _plan_next_look(self) -> None:
        with self._changed:
            self._looked = True
            now = self._monotonic()
            busy = bool(self._jobs) or self._link.state != "ready"
            self._look_at = now + (self._profile.retry_ms if busy else self._profile.idle_look_ms) / 1000
            self._hang_up_at = now + self._profile.linger_ms / 1000

    def _print_first(self) -> None:
        job = self._jobs[0]
        if self._link.ask() == "ready":
            self._link.settle()
        if self._link.state == "ready":
            self._print(job)
        self._plan_next_look()

    def _print(self, job: _Job) -> None:
        copy = job.order.copy or job.begun
        self._events.on_begun(job.order.job_id)
        job.begun = True
        document = marked_as_copy(job.order) if copy else job.order.document
        sent = self._link.print(segments(document, self._fonts, self._profile.dots_width))
        with self._changed:
            if sent == "printed":
                self._jobs.popleft()
            # It answers but never confirms: reprinting for ever would empty the roll.
            self._held = sent == "unconfirmed"
        if sent == "printed":
            self._on_printed(job.order.job_id)


def marked_as_copy(order: PrintOrder) -> PaperDocument:
    """The order's document with the word for a copy above everything else."""
    mark = TextRow(order.copy_mark, align="center", bold=True, double=True)
    return replace(order.document, rows=(mark, *order.document.rows))
