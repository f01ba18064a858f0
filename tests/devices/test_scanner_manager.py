"""Many scanners at once: readiness, order, status, pairing, claims, an end without leaks; and echoes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.devices.scanners.echoes import ECHO_MS, Echoes
from posapp.devices.scanners.lifecycle import QUEUE_MAX
from posapp.devices.scanners.manager import ScannerManager
from posapp.devices.scanners.reading import Heard, Noise, PortTrouble, ReadingThread
from posapp.flows.answers import Pairing, ScannersChanged, ScannerStatus
from posapp.flows.intents import Intent, ScanCode
from tests.conftest import FakeClock
from tests.devices.scanner_parts import QUICK, Ears, PlantedPort, PlantedSystem, code, lines

ONE, TWO = "serial:/dev/one", "serial:/dev/two"
EAN = "]E06901028180559"


@dataclass
class Shop:
    """A manager with planted ports; `ears` hear what the till is told."""

    texts: Sequence[str] = (ONE, TWO)
    room: bool = True
    clock: FakeClock = field(default_factory=FakeClock)
    ears: Ears = field(default_factory=Ears)
    paired: list[tuple[str, ...]] = field(default_factory=list)
    system: PlantedSystem = field(default_factory=PlantedSystem)

    def __post_init__(self) -> None:
        self.system.ports = {text: PlantedPort(f"Scanner {text[-3:]}") for text in self.texts}
        self.manager = ScannerManager(
            lines(*self.texts),
            clock=self.clock,
            post=self.post,
            on_paired=self.paired.append,
            system=self.system,
            pauses_s=QUICK,
        )

    def post(self, intent: Intent) -> bool:
        return self.room and self.ears.take(intent)

    def port(self, text: str) -> PlantedPort:
        return self.system.ports[text]

    def scans(self) -> list[ScanCode]:
        return [each for each in list(self.ears.told) if isinstance(each, ScanCode)]

    def news(self) -> ScannersChanged:
        return [each for each in self.ears.told if isinstance(each, ScannersChanged)][-1]

    def status(self, text: str) -> ScannerStatus:
        return next(each for each in self.news().scanners if each.device_id == text)

    def until(self, holds: Callable[[], bool]) -> None:
        self.ears.until(lambda _told: holds())

    def start(self, *paired: str) -> None:
        self.manager.start(paired)
        self.until(lambda: all(each.state == "ready" for each in self.news().scanners))

    def take_all(self, count: int) -> list[ScanCode]:
        """Be ready again after each code until so many came."""
        for number in range(1, count + 1):
            self.manager.set_ready(True)
            self.until(lambda wanted=number: len(self.scans()) >= wanted)  # type: ignore[misc]
        return self.scans()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.manager.close()


def test_a_till_is_told_all_scanners_and_when_each_is_ready(shop: Shop) -> None:
    shop.start()
    assert shop.news().scanners == (
        ScannerStatus(ONE, "serial", "Scanner one", "ready"),
        ScannerStatus(TWO, "serial", "Scanner two", "ready"),
    )
    assert shop.news().pairing == Pairing()


@pytest.mark.parametrize("can", [True, False])
def test_whether_keyboards_can_be_told_apart_is_told(shop: Shop, can: bool) -> None:
    shop.system.can_pair = can
    shop.start()
    assert shop.news().can_pair is can


def test_codes_wait_until_the_till_is_ready_and_none_overtakes(shop: Shop) -> None:
    shop.start()
    shop.port(ONE).put(*(code(f"A{number}", number) for number in range(5)))
    shop.port(TWO).put(*(code(f"B{number}", number) for number in range(5)))
    shop.until(lambda: all(shop.status(text).last_code_ms for text in (ONE, TWO)))
    assert shop.scans() == []
    found = shop.take_all(10)
    assert [scan.text for scan in found if scan.source == ONE] == [f"A{number}" for number in range(5)]
    assert [scan.text for scan in found if scan.source == TWO] == [f"B{number}" for number in range(5)]
    assert found[0] == ScanCode("A0", 0, ONE)


def test_one_code_of_each_scanner_is_on_its_way_at_a_time(shop: Shop) -> None:
    shop.start()
    shop.manager.set_ready(True)
    shop.port(ONE).put(code("A0"), code("A1"), code("A2"))
    shop.until(lambda: len(shop.scans()) == 1)
    shop.manager.set_ready(False)
    shop.port(TWO).put(code("B0"))
    shop.until(lambda: shop.status(TWO).last_code_ms is not None)
    assert [scan.text for scan in shop.scans()] == ["A0"]
    assert shop.take_all(4)[0].text == "A0"


def test_a_till_that_has_no_room_gets_everything_later(shop: Shop) -> None:
    shop.start()
    shop.manager.set_ready(True)
    shop.room = False
    shop.port(ONE).put(code("A0"), code("A1"))
    shop.port(TWO).put(code("B0"))
    for _ in range(20):
        shop.manager.set_ready(True)
        threading.Event().wait(0.01)
    assert shop.scans() == []
    shop.room = True
    assert sorted(scan.text for scan in shop.take_all(3)) == ["A0", "A1", "B0"]
    assert all(shop.status(text).last_code_ms for text in (ONE, TWO))


def test_news_are_told_once_a_minute_and_not_with_every_code(shop: Shop) -> None:
    shop.start()
    shop.port(ONE).put(code("A0"))
    shop.take_all(1)
    shop.until(lambda: shop.status(ONE).last_code_ms is not None)
    told = len(shop.ears.told)
    shop.port(ONE).put(*(code(f"A{number}") for number in range(1, 20)))
    shop.take_all(20)
    assert [each for each in shop.ears.told[told:] if isinstance(each, ScannersChanged)] == []
    shop.clock.advance(60_000)
    shop.port(ONE).put(code("later"))
    shop.take_all(21)
    shop.until(lambda: shop.status(ONE).last_code_ms == shop.clock.now_ms())


def test_an_unplugged_scanner_is_told_and_comes_back(shop: Shop) -> None:
    shop.start()
    shop.port(ONE).unplug()
    shop.until(lambda: shop.status(ONE).trouble == "unplugged")
    assert shop.status(ONE).state == "away"
    assert shop.status(TWO).state == "ready"
    shop.port(ONE).trouble = ""
    shop.until(lambda: shop.status(ONE).state == "ready")
    assert shop.status(ONE).trouble == ""


def test_a_scanner_set_wrong_is_told_after_two_in_a_row_until_a_code_comes(shop: Shop) -> None:
    shop.start()
    shop.manager.set_ready(True)
    shop.port(ONE).put(Noise("noise", 0), code("A0"), Noise("half", 0))
    shop.take_all(1)
    assert shop.status(ONE).trouble == ""
    shop.port(ONE).put(Noise("noise", 0))
    shop.until(lambda: shop.status(ONE).trouble == "garbage")
    shop.port(ONE).put(code("A1"))
    shop.take_all(2)
    shop.until(lambda: shop.status(ONE).trouble == "")


def test_noise_between_codes_does_not_hold_them_up(shop: Shop) -> None:
    shop.start()
    shop.port(ONE).put(code("A0"), Noise("half", 0), Noise("noise", 0), code("A1"))
    assert [scan.text for scan in shop.take_all(2)] == ["A0", "A1"]


def test_a_full_queue_leaves_codes_in_the_wire() -> None:
    shop = Shop([ONE])
    shop.start()
    sent = [code(f"A{number}") for number in range(QUEUE_MAX)]
    shop.port(ONE).put(*sent)
    shop.until(lambda: shop.status(ONE).last_code_ms is not None)
    shop.port(ONE).put(code("one more"))
    assert [scan.text for scan in shop.take_all(QUEUE_MAX + 1)] == [
        *(f"A{n}" for n in range(QUEUE_MAX)),
        "one more",
    ]
    shop.manager.close()


def test_twelve_scanners_at_once_have_a_thread_each_and_leave_none() -> None:
    texts = [f"serial:/dev/scanner{number}" for number in range(12)]
    before = set(threading.enumerate())
    shop = Shop(texts)
    shop.start()
    for number in range(20):
        for text in texts:
            shop.port(text).put(code(f"{text} {number}"))
    found = shop.take_all(240)
    for text in texts:
        assert [scan.text for scan in found if scan.source == text] == [f"{text} {n}" for n in range(20)]
    threads = {thread for text in texts for thread in shop.port(text).threads}
    assert len(threads) == 12
    shop.manager.close()
    assert set(threading.enumerate()) <= before
    assert not any(shop.port(text).is_open for text in texts)


def test_after_the_end_nothing_is_told_and_ending_twice_is_harmless(shop: Shop) -> None:
    shop.start()
    shop.port(ONE).put(code("A0"))
    shop.manager.close()
    told = len(shop.ears.told)
    shop.manager.set_ready(True)
    shop.manager.pair()
    shop.manager.close()
    assert len(shop.ears.told) == told
    assert shop.system.pairings == []


def test_code_is_loaded_where_there_are_scanners_only() -> None:
    none, some = Shop([]), Shop([ONE])
    for shop in (none, some):
        shop.manager.load()
    assert (none.system.loaded, some.system.loaded) == (0, 1)


class TakenPort(PlantedPort):
    """Opens, and fails at the first look, as a keyboard does that another program has grabbed."""

    def read(self, wait_ms: int) -> Sequence[Heard]:
        raise PortTrouble("taken")


def test_a_port_that_opens_and_fails_is_not_tried_without_a_pause() -> None:
    ears, port = Ears(), TakenPort()
    thread = ReadingThread(port, ears.listener(), "taken", pauses_s=(0.0, 0.0, 60.0))
    thread.start()
    ears.until_trouble(3)
    thread.stop()
    thread.join(10)
    assert port.opened == 3


# ----------------------------------------------------------------- pairing
PAIRED = "keyboard:0c2e:0b61:SN1"


def test_pairing_waits_finds_reads_and_is_kept(shop: Shop) -> None:
    shop.start()
    shop.system.ports[PAIRED] = PlantedPort("Voyager")
    shop.manager.pair()
    shop.manager.pair()
    (wait,) = shop.system.pairings
    assert wait.is_started
    assert shop.news().pairing == Pairing("waiting")
    wait.done(Pairing("done", PAIRED, "Voyager"))
    shop.until(lambda: shop.status(PAIRED).state == "ready")
    assert shop.news().pairing == Pairing("done", PAIRED, "Voyager")
    assert shop.status(PAIRED) == ScannerStatus(PAIRED, "keyboard", "Voyager", "ready", paired=True)
    assert shop.paired == [(PAIRED,)]
    shop.port(PAIRED).put(code(EAN))
    assert shop.take_all(1)[0].source == PAIRED


def test_pairs_of_earlier_runs_are_read_and_what_is_no_line_is_left_out(shop: Shop) -> None:
    shop.system.ports[PAIRED] = PlantedPort("Voyager")
    shop.start(PAIRED, "toaster:4", ONE)
    assert [each.device_id for each in shop.news().scanners] == [ONE, TWO, PAIRED]
    assert shop.status(PAIRED).paired
    assert not shop.status(ONE).paired
    assert shop.manager.paired() == (PAIRED,)


def test_an_unpaired_scanner_is_let_go_and_forgotten(shop: Shop) -> None:
    shop.system.ports[PAIRED] = PlantedPort("Voyager")
    shop.start(PAIRED)
    shop.manager.unpair(ONE)  # that is the settings' affair
    shop.manager.unpair(PAIRED)
    assert [each.device_id for each in shop.news().scanners] == [ONE, TWO]
    assert shop.paired == [()]
    shop.manager.close()
    assert not shop.port(PAIRED).is_open


@pytest.mark.parametrize("trouble", ["timed_out", "none_found", "no_permission", "not_here"])
def test_a_pairing_that_fails_says_why_and_may_be_tried_again(shop: Shop, trouble: str) -> None:
    shop.start()
    shop.manager.pair()
    shop.system.pairings[0].done(Pairing("failed", trouble=trouble))  # type: ignore[arg-type]
    assert (shop.news().pairing.state, shop.news().pairing.trouble) == ("failed", trouble)
    shop.manager.pair()
    assert len(shop.system.pairings) == 2
    assert shop.paired == []


def test_a_pairing_that_was_ended_finds_nothing_any_more(shop: Shop) -> None:
    shop.start()
    shop.manager.pair()
    shop.manager.end_pairing()
    assert shop.news().pairing == Pairing()
    wait = shop.system.pairings[0]
    assert wait.is_stopped
    wait.done(Pairing("done", PAIRED))
    assert [each.device_id for each in shop.news().scanners] == [ONE, TWO]


def test_pairing_what_has_a_line_already_adds_nothing(shop: Shop) -> None:
    shop.start()
    shop.manager.pair()
    shop.system.pairings[0].done(Pairing("done", ONE))
    assert len(shop.news().scanners) == 2
    assert shop.paired == []


def test_a_scanner_without_a_port_is_heard_another_way() -> None:
    shop = Shop([])
    shop.manager.start([PAIRED])
    assert shop.status(PAIRED).state == "starting"
    shop.manager.found(PAIRED, "Voyager")
    assert shop.status(PAIRED).state == "ready"
    shop.manager.heard(PAIRED, code(EAN, 7))
    assert shop.take_all(1) == [ScanCode(EAN, 7, PAIRED)]
    shop.manager.lost(PAIRED, PortTrouble("unplugged"))
    assert shop.status(PAIRED).trouble == "unplugged"
    shop.manager.heard("keyboard:0000:0000", code(EAN))
    assert len(shop.scans()) == 1
    shop.manager.close()


# ----------------------------------------------------------------- echoes
def echo(echoes: Echoes, text: str, source: str, at_ms: int, now_ms: int | None = None) -> bool:
    return echoes.is_echo(text, source, at_ms=at_ms, now_ms=at_ms if now_ms is None else now_ms)


def test_one_scan_by_two_channels_is_one() -> None:
    echoes = Echoes()
    assert not echo(echoes, EAN, "serial", 1000)
    assert echo(echoes, EAN[3:], "keyboard", 1000 + ECHO_MS)
    assert echo(echoes, EAN + "\r", "camera", 1040)


def test_a_real_second_scan_always_counts() -> None:
    echoes = Echoes()
    assert [echo(echoes, EAN, "serial", at) for at in (0, 1, 2)] == [False] * 3
    # Twice on each channel are two scans, in whatever order they come in.
    for order in ("sksk", "skks", "sskk", "ksks", "kssk"):
        echoes = Echoes()
        counted = [not echo(echoes, EAN, source, 10 * n) for n, source in enumerate(order)]
        assert counted.count(True) == 2, order


def test_later_or_another_code_is_no_echo() -> None:
    echoes = Echoes()
    assert not echo(echoes, EAN, "serial", 1000)
    assert not echo(echoes, "4006381333931", "keyboard", 1010)
    assert not echo(echoes, EAN, "keyboard", 1001 + ECHO_MS)


def test_a_window_that_stood_still_does_not_make_two_scans_one() -> None:
    echoes = Echoes()
    assert not echo(echoes, EAN, "serial", 1000, now_ms=3000)
    assert not echo(echoes, EAN, "keyboard", 2900, now_ms=3001)
    assert echo(echoes, EAN, "camera", 1050, now_ms=3002)


@pytest.mark.parametrize("at_ms", [0, -5, 99_999_999])
def test_a_time_of_another_clock_is_not_believed(at_ms: int) -> None:
    echoes = Echoes()
    assert not echo(echoes, EAN, "serial", 50_000)
    assert echo(echoes, EAN, "keyboard", at_ms, now_ms=50_030)


@given(st.lists(st.tuples(st.sampled_from("sk"), st.sampled_from("ab"), st.integers(0, 200)), max_size=40))
def test_no_more_is_left_out_than_another_source_brought_in(scans: list[tuple[str, str, int]]) -> None:
    echoes, at_ms, counted = Echoes(), 10_000, list[tuple[str, str]]()
    for source, text, pause_ms in scans:
        at_ms += pause_ms
        if not echo(echoes, text, source, at_ms):
            counted.append((source, text))
    for text in "ab":
        each = [sum(1 for s, t, _ in scans if (s, t) == (source, text)) for source in "sk"]
        assert sum(1 for _, t in counted if t == text) >= max(each)


def test_the_memory_of_scans_is_bounded() -> None:
    echoes = Echoes()
    for number in range(2000):
        echo(echoes, f"{number}", "serial", number * 50)
    assert len(echoes._scans) < 200
