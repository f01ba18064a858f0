"""One worker that carries the terminal's questions about rights to the hub and brings every answer in time.

Nobody at the counter waits longer than the watch allows: what is not answered then is answered here, the
request that hangs is broken off, and what comes of it later is dropped. Where the line is known to be down
the answer comes at once. Between questions the worker does the till's own chores.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from posapp.domain.members.programme import Programme
from posapp.flows.intents import Intent
from posapp.flows.member_answers import JoinKept, MembersFound
from posapp.flows.member_effects import FindMember, FindSale, KeepJoin, MemberEffect
from posapp.flows.ports import Clock
from posapp.rights_desk.chores import LONGEST_WAIT_MS, Chores
from posapp.rights_desk.questions import Question, RightsLink, finding, question_of, sale_finding
from posapp.store.members import FOUND_MAX, MemberSearch
from posapp.store.rights_store import RightsStore
from posapp.values import dataclass
from sync.engine.link import LinkClosed, LinkError

LOGGER = logging.getLogger(__name__)

#: With the second that may pass between two looks at the watch: under five seconds.
ANSWER_WITHIN_MS: Final = 3_900
#: A link that the watch has broken off is replaced; the thread ends within this when the till is closed.
STOP_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class DeskHost:
    """What the desk needs of the till; `post` brings an intent in from any thread.

    `links` makes a new link to the hub. `programme` and `currency` are asked on the worker's thread too.
    """

    post: Callable[[Intent], None]
    links: Callable[[], RightsLink]
    programme: Callable[[], Programme]
    currency: Callable[[], str]
    on_contact: Callable[[int], None] = lambda _hub_ms: None


class RightsDesk:
    """The questions of one till. Without `start` every question is answered at once as without a network."""

    def __init__(
        self, host: DeskHost, clock: Clock, *, store: RightsStore, members: MemberSearch, chores: Chores
    ) -> None:
        """`members` is asked on one thread of the caller's (`ask` for FindMember), never on the worker's."""
        self._host = host
        self._clock = clock
        self._store = store
        self._members = members
        self._chores = chores
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Question, int]] = deque()
        self._asked: tuple[Question, int] | None = None
        self._link: RightsLink | None = None
        self._is_online = False
        self._is_stopping = False
        self._chores_due_ms: int | None = None
        self._thread: threading.Thread | None = None
        self._contact_ms: int | None = None

    # --- from any thread ------------------------------------------------------------------------

    def ask(self, effect: MemberEffect) -> None:
        """Carry out what the terminal asked; returns at once, but for a look into the till's own file."""
        match effect:
            case KeepJoin():
                self._store.keep_join(effect, self._kept)
            case FindMember():
                self._find(effect)
            case FindSale():
                known = self._store.find_sale(effect.receipt)
                self._put(sale_finding(effect, known, self._store.returns_of))
            case _:
                self._put(question_of(effect, currency=self._host.currency()))

    def note_link(self, is_online: bool) -> None:
        """The line to the hub is up, or it is not."""
        with self._changed:
            came_up = is_online and not self._is_online
            self._is_online = is_online
            if came_up:
                self._due_now()

    def wake(self) -> None:
        """Leases were spent from, or somebody wishes to join."""
        with self._changed:
            self._due_now()

    def overdue(self) -> tuple[Intent, ...]:
        """The answers of questions that have waited long enough; called every second."""
        before_ms = self._clock.monotonic_ms() - ANSWER_WITHIN_MS
        with self._changed:
            late = [question for question, at_ms in self._waiting if at_ms <= before_ms]
            self._waiting = deque(each for each in self._waiting if each[1] > before_ms)
            if self._asked is not None and self._asked[1] <= before_ms:
                late.insert(0, self._asked[0])
                self._asked = None
            hanging: RightsLink | None = None
            if late:
                # In a question or in a chore before it: the worker would have come to this one by now.
                hanging, self._link = self._link, None
        if hanging is not None:
            # Whatever it hangs in ends here, so that the next question finds the worker free.
            hanging.close()
        return tuple(question.unanswered for question in late)

    def start(self) -> None:
        """Ask the hub from now on."""
        self._thread = threading.Thread(target=self._run, name="rights", daemon=True)
        self._thread.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """End the worker, a hanging request included; nothing is posted afterwards."""
        with self._changed:
            self._is_stopping = True
            link, self._link = self._link, None
            self._waiting.clear()
            self._asked = None
            self._changed.notify_all()
        if link is not None:
            link.close()
        if self._thread is not None:
            self._thread.join(within_s)

    def close(self) -> None:
        """Let the files go; called after `stop`."""
        self._store.close()
        self._members.close()

    # --- questions ------------------------------------------------------------------------------

    def _find(self, effect: FindMember) -> None:
        known = self._members.find(effect.by, effect.text)
        with self._changed:
            is_asked = self._is_reached and (effect.at_hub or not known)
        if is_asked:
            self._put(finding(effect, known[:FOUND_MAX], self._host.programme()))
        else:
            self._host.post(MembersFound(effect.ask_id, known[:FOUND_MAX], "no", more=len(known) > FOUND_MAX))

    @property
    def _is_reached(self) -> bool:
        return self._is_online and self._thread is not None and not self._is_stopping

    def _put(self, question: Question) -> None:
        with self._changed:
            is_reached = self._is_reached
            if is_reached:
                self._waiting.append((question, self._clock.monotonic_ms()))
                self._changed.notify_all()
        if not is_reached:
            self._host.post(question.unanswered)

    def _kept(self, answer: JoinKept) -> None:
        self._host.post(answer)
        if not answer.trouble:
            self.wake()

    def _due_now(self) -> None:
        self._chores.wake()
        self._chores_due_ms = self._clock.monotonic_ms()
        self._changed.notify_all()

    # --- the worker -----------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                question = self._next()
                if self._is_stopping:
                    return
                if self._link is None:
                    self._link = self._host.links()
                link = self._link
            try:
                if question is None:
                    self._do_chore(link)
                else:
                    self._answer(question, link)
            except LinkClosed:
                continue  # broken off by the watch, or at the end
            except Exception:
                # A fault of the program must not cost every later question its answer.
                LOGGER.critical("a fault at the desk of rights", exc_info=True)
            self._note_contact(link)

    def _next(self) -> Question | None:
        """The next question, None for a chore; waits, and returns when the end was asked for."""
        while not self._is_stopping:
            if self._waiting:
                self._asked = self._waiting.popleft()
                return self._asked[0]
            due_ms = self._chores_due_ms if self._is_online else None
            left_ms = None if due_ms is None else due_ms - self._clock.monotonic_ms()
            if left_ms is not None and left_ms <= 0:
                return None
            self._changed.wait(None if left_ms is None else left_ms / 1000)
        return None

    def _answer(self, question: Question, link: RightsLink) -> None:
        try:
            answer = question.ask(link)
        except LinkError as trouble:
            LOGGER.info("a question to the hub was not answered: %s", trouble)
            answer = question.unanswered
        except LinkClosed:
            answer = question.unanswered
        with self._changed:
            is_awaited = self._asked is not None and self._asked[0] is question
            if is_awaited:
                self._asked = None
        # What the watch has answered already is not answered a second time.
        if is_awaited:
            self._host.post(answer)

    def _do_chore(self, link: RightsLink) -> None:
        with self._changed:
            self._chores_due_ms = None
        wait_ms = LONGEST_WAIT_MS
        try:
            wait_ms = self._chores.step(link)
        finally:
            self._later(wait_ms)

    def _later(self, wait_ms: int) -> None:
        with self._changed:
            due_ms = self._clock.monotonic_ms() + wait_ms
            # Whoever woke the desk meanwhile wants it sooner.
            self._chores_due_ms = min(due_ms, due_ms if self._chores_due_ms is None else self._chores_due_ms)

    def _note_contact(self, link: RightsLink) -> None:
        heard_ms, offset_ms = link.last_heard()
        if heard_ms is not None and offset_ms is not None and heard_ms != self._contact_ms:
            self._contact_ms = heard_ms
            self._host.on_contact(self._clock.now_ms() + offset_ms)
