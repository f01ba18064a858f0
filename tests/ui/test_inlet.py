"""The inlet: from any thread, in order, on the window's thread, a bounded number at once."""

from __future__ import annotations

import threading

from posapp.ui import inlet as door
from posapp.ui.inlet import Inlet


def test_what_many_threads_post_comes_out_once_each_in_its_order_on_one_thread(qapp, qtbot) -> None:
    got: list[tuple[int, int]] = []
    threads_seen: set[int] = set()

    def deliver(intent: object) -> None:
        threads_seen.add(threading.get_ident())
        assert isinstance(intent, tuple)
        got.append(intent)

    inlet = Inlet(deliver)
    posters = [
        threading.Thread(target=lambda who=who: [inlet.post((who, n)) for n in range(200)])
        for who in range(4)
    ]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()
    qtbot.waitUntil(lambda: len(got) == 800, timeout=30_000)
    assert threads_seen == {threading.get_ident()}
    for who in range(4):
        assert [n for each, n in got if each == who] == list(range(200))


def test_one_turn_takes_a_bounded_number(qapp) -> None:
    got: list[object] = []
    inlet = Inlet(got.append)
    for number in range(door.AT_ONCE + 5):
        assert inlet.post(number)
    inlet._drain()
    assert got == list(range(door.AT_ONCE))
    inlet._drain()
    assert got == list(range(door.AT_ONCE + 5))


def test_a_full_inlet_refuses(qapp) -> None:
    inlet = Inlet(lambda _intent: None)
    assert all(inlet.post(number) for number in range(door.LIMIT))
    assert not inlet.post("one too many")
    inlet.close()
    assert not inlet.post("closed")


def test_what_is_posted_while_draining_is_not_forgotten(qapp, qtbot) -> None:
    got: list[object] = []

    def deliver(intent: object) -> None:
        got.append(intent)
        if isinstance(intent, int) and intent < 100:
            inlet.post(intent + 1)

    inlet = Inlet(deliver)
    inlet.post(0)
    qtbot.waitUntil(lambda: len(got) == 101, timeout=30_000)
    assert got == list(range(101))
