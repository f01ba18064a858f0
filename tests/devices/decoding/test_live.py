"""The live picture: every code counts once while in view, again after it has left, never wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posapp.devices.decoding import live
from posapp.devices.decoding.clips import CONDITIONS, FRAME_MS, HEIGHT, WIDTH, Clip, clips, frames
from posapp.devices.decoding.live import LEFT_AFTER_MS, LiveDecoder
from posapp.devices.decoding.live_steps import bar_areas, middle_of, square_areas, squares_sharpened
from posapp.devices.decoding.proof import Proof
from posapp.devices.decoding.symbol import Format, Symbol

BLANK = np.full((HEIGHT, WIDTH), 120, np.uint8)
EAN, OTHER = "4006381333931", "9780201310054"


def clip(key: str, number: int = 0) -> Clip:
    return next(one for one in clips() if one.condition.key == key and one.number == number)


def fed(decoder: LiveDecoder, shown: list[NDArray[np.uint8]], start_ms: int = 0) -> list[str]:
    """The texts that counted, in their order."""
    texts = []
    for at, frame in enumerate(shown):
        texts += [symbol.text for symbol in decoder.feed(frame, start_ms + at * FRAME_MS).accepted]
    return texts


def test_clips_are_the_same_for_the_same_seed() -> None:
    one, other = (list(frames(clip("QR Code motion"), 2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[0], one[1])
    assert one[0].shape == (HEIGHT, WIDTH)
    assert len(clips()) == 60
    assert len({one.text for one in clips()}) == 60
    assert len({condition.key for condition in CONDITIONS}) == 15


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("EAN-13 still", 1),
        ("EAN-13 defocus", 2),
        ("EAN-13 low light", 2),
        ("EAN-13 tilt", 3),
        ("EAN-13 any angle", 0),
        ("QR Code still", 0),
        ("QR Code defocus", 1),
        ("QR Code phone screen", 0),
    ],
)
def test_a_clip_counts_once(key: str, number: int) -> None:
    shown = clip(key, number)
    assert fed(LiveDecoder(), list(frames(shown, 8))) == [shown.text]


def test_a_code_counts_again_after_it_has_left() -> None:
    shown = clip("EAN-13 still")
    views = list(frames(shown, 3))
    decoder = LiveDecoder()
    assert fed(decoder, views) == [shown.text]
    away = [BLANK] * 10
    assert fed(decoder, away + views, 100) == []
    assert fed(decoder, [BLANK] * (LEFT_AFTER_MS // FRAME_MS + 2), 600) == []
    assert fed(decoder, views, 2_000) == [shown.text]


def test_what_is_seen_moves_with_the_code() -> None:
    shown = list(frames(clip("EAN-13 motion", 1), 8))
    decoder = LiveDecoder()
    places = []
    for at, frame in enumerate(shown):
        seen = decoder.feed(frame, at * FRAME_MS).seen
        places.extend(np.mean(symbol.corners, axis=0) for symbol in seen)
    assert len(places) >= 4
    assert float(np.hypot(*(places[-1] - places[0]))) > 10


def test_a_blank_picture_holds_nothing() -> None:
    decoder = LiveDecoder()
    result = decoder.feed(BLANK, 0)
    assert result == live.LiveResult((), (), "")


class Scripted:
    """Stands in for the evidence of each frame: what is believed is told beforehand."""

    script: list[tuple[Symbol, ...]] = []

    def __init__(self, _frame: Any) -> None:
        self._believed = Scripted.script.pop(0)

    def add(self, *_claim: Any) -> None:
        """Scripted already."""

    def add_rows(self, *_claim: Any) -> None:
        """Scripted already."""

    def symbols(self) -> tuple[Symbol, ...]:
        return self._believed


def symbol(text: str = EAN, left: float = 400.0, symbol_format: Format = "EAN-13") -> Symbol:
    corners = ((left, 300.0), (left + 200, 300.0), (left + 200, 380.0), (left, 380.0))
    return Symbol(symbol_format, text, "]E0" + text, corners)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Feeds a decoder frames in which given symbols are believed; unsure ones, by the proof."""
    monkeypatch.setattr(live, "Evidence", Scripted)
    monkeypatch.setattr(live, "prove", lambda *_args, **_named: Proof(0.9, 0.3, True))

    def run(*script: tuple[Symbol, ...], step_ms: int = FRAME_MS) -> list[list[str]]:
        Scripted.script = list(script)
        decoder = LiveDecoder()
        return [[one.text for one in decoder.feed(BLANK, at * step_ms).accepted] for at in range(len(script))]

    return run


def test_a_linear_code_needs_two_frames(play: Any) -> None:
    assert play((symbol(),), (), (symbol(),)) == [[], [], [EAN]]
    assert play((symbol(),), (symbol(),), step_ms=2_000) == [[], []]


def test_a_matrix_code_counts_at_once(play: Any) -> None:
    assert play((symbol("qr", symbol_format="QR Code"),)) == [["qr"]]


def test_a_proof_beyond_doubt_is_enough(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "prove", lambda *_args, **_named: Proof(0.99, 0.9, True))
    assert play((symbol(),)) == [[EAN]]


def test_a_rival_in_the_same_place_must_be_outvoted(play: Any) -> None:
    both = play((symbol(),), (symbol(OTHER, 410.0),), (symbol(),), (symbol(),), (symbol(),))
    assert both == [[], [], [], [], [EAN]]
    apart = play((symbol(),), (symbol(OTHER, 900.0),), (symbol(),), (symbol(OTHER, 900.0),))
    assert apart == [[], [], [EAN], [OTHER]]


def test_areas_of_bars_and_squares_lie_on_the_code() -> None:
    bars = next(iter(frames(clip("EAN-13 any angle", 1), 1)))
    decoder = LiveDecoder()
    seen = decoder.feed(bars, 0).seen
    assert len(seen) == 1
    middle = np.mean(seen[0].corners, axis=0)
    assert float(np.hypot(*(np.array(middle_of(bar_areas(bars)[0])) - middle))) < 60

    shown = clip("QR Code defocus", 0)
    squares = next(iter(frames(shown, 1)))
    box = square_areas(squares)[0]
    claims = [claim for turn in range(2) for claim in squares_sharpened(squares, box, turn)]
    assert {claim.text for claim in claims} == {shown.text}
    for x, y in claims[0].corners:
        assert box.left < x < box.right
        assert box.top < y < box.bottom


def advice_of(frame: NDArray[np.uint8], count: int = 12) -> str:
    decoder = LiveDecoder()
    word = ""
    for at in range(count):
        word = decoder.feed(frame, at * FRAME_MS).advice
    return word


def test_advice_names_what_would_help() -> None:
    assert advice_of(np.full((HEIGHT, WIDTH), 20, np.uint8)) == "too_dark"
    stripes = np.full((HEIGHT, WIDTH), 200, np.uint8)
    for left in range(600, 720, 8):
        stripes[300:380, left : left + 4] = 40
    assert advice_of(stripes) == "nearer"
    assert advice_of(stripes, 4) == ""
    bright = stripes.copy()
    bright[340:375, 600:715] = 255
    assert advice_of(bright) == "glare"
