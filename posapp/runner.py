"""Carries effects out: hands each to the store, the printer, the link or a worker, and returns.

Nothing here waits on the screen's thread, and nothing here decides: answers come back as intents
through the one door. Slow, harmless work (comparing a PIN, finding names) has a worker of its own.
"""

from __future__ import annotations

import gc
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from posapp.domain.catalog import Item
from posapp.domain.facts import Fact
from posapp.domain.paper import PaperDocument
from posapp.flows.effects import (
    AskDevices,
    Beep,
    Commit,
    Effect,
    EndPairing,
    ExplainPrices,
    KickDrawer,
    PairScanner,
    ParkDraft,
    Print,
    PrintCopy,
    PrintNow,
    ReadRules,
    ReadShift,
    Record,
    RetryPrinting,
    SaveDraft,
    Search,
    SetLanguage,
    Sound,
    StartCamera,
    StopCamera,
    UnpairScanner,
    UnparkDraft,
    VerifyPin,
    WakeSync,
)  # fmt: skip
from posapp.flows.intents import (
    CommitFailed,
    Committed,
    DeviceTold,
    Intent,
    ItemsFound,
    PinChecked,
    ShiftRead,
    Stock,
)  # fmt: skip
from posapp.flows.member_effects import (
    AskGiftCard,
    FindMember,
    FindSale,
    HoldGift,
    HoldRights,
    KeepJoin,
    MemberEffect,
)
from posapp.flows.ports import Shelf
from posapp.store.prints import Slip
from posapp.values import dataclass

LOGGER = logging.getLogger(__name__)

#: Answers are posted here; the only way back to the screen's thread.
Post = Callable[[Intent], None]


class LedgerPort(Protocol):
    """What the runner asks of the store's writer; every call returns at once."""

    def commit(self, effect: Commit, done: Callable[[Committed | CommitFailed], None]) -> None: ...
    def record(self, effect: Record) -> None: ...
    def draft(self, effect: SaveDraft | ParkDraft | UnparkDraft) -> None: ...
    def set_language(self, language: str) -> None: ...
    def read_shift(self, shift_id: str, done: Callable[[ShiftRead], None]) -> None: ...
    def slips(self, job_ids: Sequence[str], done: Callable[[Sequence[Slip]], None]) -> None: ...
    def receipt(self, transaction_id: str, done: Callable[[PaperDocument | None], None]) -> None: ...


class PrinterPort(Protocol):
    """What the runner asks of the spooler."""

    def submit(self, slip: Slip, copy_mark: str) -> None: ...
    def kick_drawer(self) -> None: ...
    def retry(self) -> None: ...


class CameraPort(Protocol):
    """What the runner asks of the camera; every call returns at once."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class ScannersPort(Protocol):
    """What the runner asks of the scanners; every call returns at once."""

    def pair(self) -> None: ...
    def end_pairing(self) -> None: ...
    def unpair(self, device_id: str) -> None: ...


class NameSearch(Protocol):
    """Finds items by part of a name, and what is left of them; may take a while."""

    def search(self, text: str, limit: int) -> tuple[Item, ...]: ...
    def stock(self, skus: Sequence[str]) -> Mapping[str, Stock] | None: ...


class OffersPort(Shelf, Protocol):
    """The shop's promotions, and its goods by the sets they speak of; used by one thread."""

    def changed(self) -> Intent | None: ...


class RightsPort(Protocol):
    """What the runner asks about members' rights; at once, but for a look into the till's own files."""

    def ask(self, effect: MemberEffect) -> None: ...
    def note(self, facts: Sequence[Fact]) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """The parts that carry effects out."""

    ledger: LedgerPort
    printer: PrinterPort
    names: NameSearch
    verify_pin: Callable[[str, str], bool]
    play: Callable[[Sound], object]
    wake_sync: Callable[[], None]
    data: Path
    copy_mark: Callable[[str], str]
    language: Callable[[], str]
    camera: CameraPort | None = None
    scanners: ScannersPort | None = None
    rules: Callable[[], Sequence[Intent]] = lambda: ()
    offers: OffersPort | None = None
    rights: RightsPort | None = None


class Runner:
    """Carries out effects in order. `close` ends its workers; nothing is posted after it."""

    def __init__(self, world: World, post: Post) -> None:
        self._world = world
        self._post = post
        self._pins = ThreadPoolExecutor(1, "pins")
        self._reports = ThreadPoolExecutor(1, "reports")
        self._offers = ThreadPoolExecutor(1, "offers")
        self._search: Future[None] | None = None
        self._explanation: Future[None] | None = None

    def carry_out(self, effects: Sequence[Effect]) -> None:
        """Start every effect, in order, and return at once."""
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        world = self._world
        match effect:
            case Commit():
                world.ledger.commit(effect, self._post)
            case Record():
                if world.rights is not None:
                    world.rights.note(effect.facts)
                world.ledger.record(effect)
            case FindMember() | FindSale() if world.rights is not None:
                self._work(self._reports, world.rights.ask, effect)
            case KeepJoin() | HoldRights() | AskGiftCard() | HoldGift() if world.rights is not None:
                world.rights.ask(effect)
            case SaveDraft() | ParkDraft() | UnparkDraft():
                world.ledger.draft(effect)
            case SetLanguage():
                world.ledger.set_language(effect.language)
            case ReadShift():
                world.ledger.read_shift(effect.shift_id, self._post)
            case Print():
                world.ledger.slips(effect.job_ids, self._print)
            case PrintNow():
                self._print((Slip(effect.request.job_id, effect.request.document),))
            case PrintCopy():
                self._print_copy(effect)
            case RetryPrinting():
                world.printer.retry()
            case KickDrawer():
                world.printer.kick_drawer()
            case Beep():
                world.play(effect.sound)
            case VerifyPin():
                self._work(self._pins, self._verify, effect)
            case Search():
                self._find(effect)
            case WakeSync():
                world.wake_sync()
            case ReadRules():
                self.look_at_rules()
            case ExplainPrices():
                self._explain(effect)
            case StartCamera() if world.camera is not None:
                world.camera.start()
            case StopCamera() if world.camera is not None:
                world.camera.stop()
            case PairScanner() if world.scanners is not None:
                world.scanners.pair()
            case EndPairing() if world.scanners is not None:
                world.scanners.end_pairing()
            case UnpairScanner() if world.scanners is not None:
                world.scanners.unpair(effect.device_id)
            case AskDevices():
                self._work(self._reports, self._tell_devices)

    def print_slips(self, slips: Sequence[Slip]) -> None:
        """Print slips that a restart found unprinted."""
        self._print(slips)

    def close(self) -> None:
        """Finish what is being worked on and end the workers."""
        self._pins.shutdown(cancel_futures=True)
        self._reports.shutdown(cancel_futures=True)
        self._offers.shutdown(cancel_futures=True)

    @staticmethod
    def _work(pool: ThreadPoolExecutor, task: Callable[..., None], *args: object) -> Future[None]:
        future = pool.submit(task, *args)
        future.add_done_callback(_report_failure)
        return future

    def _print(self, slips: Sequence[Slip]) -> None:
        for slip in slips:
            self._world.printer.submit(slip, self._world.copy_mark(self._world.language()))

    def _print_copy(self, effect: PrintCopy) -> None:
        def found(document: PaperDocument | None) -> None:
            if document is not None:
                job_id = f"copy-{effect.transaction_id}"
                slip = Slip(job_id, document, copy=True)
                self._world.printer.submit(slip, self._world.copy_mark(effect.language))

        self._world.ledger.receipt(effect.transaction_id, found)

    def _verify(self, effect: VerifyPin) -> None:
        right = self._world.verify_pin(effect.pin_hash, effect.pin)
        self._post(PinChecked(effect.operator_id, right))

    def _find(self, effect: Search) -> None:
        if self._search is not None:
            self._search.cancel()  # typed on already: only the newest text is worth an answer
        self._search = self._work(self._reports, self._answer_search, effect)

    def _answer_search(self, effect: Search) -> None:
        items = self._world.names.search(effect.text, effect.limit)
        self._post(ItemsFound(effect.text, items, self._world.names.stock([item.sku for item in items])))

    def look_at_rules(self) -> None:
        """Look whether recalls, markdown rules or promotions changed; may be called from any thread."""
        self._work(self._reports, self._tell_rules)
        self._work(self._offers, self._tell_promotions)

    def _tell_rules(self) -> None:
        for news in self._world.rules():
            self._post(news)

    def _tell_promotions(self) -> None:
        news = None if self._world.offers is None else self._world.offers.changed()
        if news is not None:
            # The engine is loaded here and not with the first scan.
            from posapp.domain.pricing.answers import engine  # noqa: F401

            # Thousands of promotions are not looked through again and again while goods are scanned.
            gc.freeze()
            self._post(news)

    def _explain(self, effect: ExplainPrices) -> None:
        if self._explanation is not None:
            self._explanation.cancel()  # the sale has gone on: only the newest prices are worth an answer
        self._explanation = self._work(self._offers, self._answer_explanation, effect)

    def _answer_explanation(self, effect: ExplainPrices) -> None:
        from posapp.flows.explanation import answer

        if self._world.offers is not None:
            self._post(answer(effect, self._world.offers))

    def _tell_devices(self) -> None:
        self._post(DeviceTold(disk_free_bytes=shutil.disk_usage(self._world.data).free))


def _report_failure(future: Future[None]) -> None:
    """A worker that fails has met a broken invariant: it is written down whole."""
    if not future.cancelled() and future.exception() is not None:
        LOGGER.critical("a worker failed", exc_info=future.exception())


def verify_pin(pin_hash: str, pin: str) -> bool:
    """Compare a PIN with an Argon2id hash; a hash that is none is never right."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
