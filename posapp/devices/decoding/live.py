"""Codes in a live picture: each counts once when it comes into view, and again after it has left.

Every frame is read by the cheapest decoder; while that finds nothing, one dearer way takes its turn, so
that no frame costs much. A linear code counts when two frames show it, or one with a proof beyond doubt; a
text in the place of another one must be seen more often than it. Knows time only as it is told. Refuses
to know cameras and screens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import thread_time_ns

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding import families
from posapp.devices.decoding.barred import Area
from posapp.devices.decoding.evidence import Evidence, overlapping
from posapp.devices.decoding.live_advice import Advice, advice_for
from posapp.devices.decoding.live_steps import (
    Box,
    bar_areas,
    bars_by_rows,
    bars_upright,
    square_areas,
    squares_sharpened,
)
from posapp.devices.decoding.proof import prove
from posapp.devices.decoding.symbol import Symbol

Grey = NDArray[np.uint8]

LEFT_AFTER_MS = 700
#: A code that only looks to be still there, unread, is not trusted for longer.
_UNREAD_MS = 2_000
_FORGOTTEN_MS = 1_500
_SHRINK = 4
_STILL_THERE = 0.6
_VOTES = 2
_SURE_LIKENESS, _SURE_MARGIN = 0.975, 0.4
#: Processor time after which a frame gets no dearer step on top.
_LIMIT_US = 14_000
#: With a code in view that has counted, only every so many frames are searched for others.
_SELDOM = 4
_MATRIX = ("QR Code", "Data Matrix")


@dataclass(frozen=True, slots=True)
class LiveResult:
    """`accepted` counts from this frame on; `seen` is in view now, with its place; `advice` helps reading."""

    accepted: tuple[Symbol, ...]
    seen: tuple[Symbol, ...]
    advice: Advice = ""


@dataclass(slots=True)
class _Track:
    """One text in view."""

    symbol: Symbol
    read_ms: int
    there_ms: int
    votes: int = 0
    accepted: bool = False
    sure: bool = False
    patch: Grey | None = None
    corner: tuple[int, int] = (0, 0)  # of the patch in the shrunk frame


@dataclass(slots=True)
class _Places:
    """Where this frame is worth a dearer step."""

    areas: list[Area] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


class LiveDecoder:
    """Feed it grey frames in their order; one thread at a time."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._turn = 0
        self._frame = 0
        self._plain_us = 0.0
        self._places = _Places()
        self._before = _Places()
        self._unread = 0

    def feed(self, frame: Grey, at_ms: int) -> LiveResult:
        """Look at one frame taken at `at_ms` (any steady clock)."""
        self._frame += 1
        evidence = Evidence(frame)
        self._read(frame, evidence)
        symbols = evidence.symbols()
        high, wide = frame.shape
        small = np.asarray(
            cv2.resize(frame, (wide // _SHRINK, high // _SHRINK), interpolation=cv2.INTER_AREA), np.uint8
        )
        self._tracks = [track for track in self._tracks if track.accepted or not _gone(track, at_ms)]
        for symbol in symbols:
            self._seen(symbol, frame, small, at_ms)
        self._follow(symbols, small, at_ms)
        accepted = tuple(track.symbol for track in self._tracks if self._counts(track, at_ms))
        self._tracks = [track for track in self._tracks if not _gone(track, at_ms)]
        seen = tuple(track.symbol for track in self._tracks if track.there_ms == at_ms)
        self._unread = 0 if seen else self._unread + 1
        advice: Advice = ""
        if self._unread:
            advice = advice_for(
                small, self._places.areas, self._places.boxes, self._before.areas, _SHRINK, self._unread
            )
        return LiveResult(accepted, seen, advice)

    def _read(self, frame: Grey, evidence: Evidence) -> None:
        """The cheap look, and one dearer one while nothing is found."""
        begun = thread_time_ns()
        costly = self._plain_us > _LIMIT_US
        calm = any(track.accepted for track in self._tracks)
        if not costly or self._frame % 2 or calm:
            for claim in families.zxing(frame):
                evidence.add(claim)
            spent_us = (thread_time_ns() - begun) / 1000
            self._plain_us += (spent_us - self._plain_us) * 0.3
            if evidence.symbols() or (calm and self._frame % _SELDOM) or (costly and self._frame % 2):
                return
        self._search(frame, evidence)

    def _search(self, frame: Grey, evidence: Evidence) -> None:
        """The next of the dearer ways that has something to look at."""
        self._before = self._places
        areas = bar_areas(frame)
        self._places = _Places(areas, self._places.boxes)
        for _ in range(4):
            turn = self._turn
            self._turn += 1
            if turn % 2:
                self._places.boxes = square_areas(frame)
                for box in self._places.boxes[:1]:
                    for claim in squares_sharpened(frame, box, turn // 2):
                        evidence.add(claim, "sharpened")
                if self._places.boxes:
                    return
            elif areas:
                area = areas[min(turn // 4 % 3 // 2, len(areas) - 1)]
                self._bars(frame, area, evidence, rows=bool(turn // 2 % 2))
                return
            else:
                continue

    def _bars(self, frame: Grey, area: Area, evidence: Evidence, *, rows: bool) -> None:
        if not rows:
            for claim in bars_upright(frame, area):
                evidence.add(claim, "crop")
            return
        begun = thread_time_ns()
        for reading_claim, reading in bars_by_rows(frame, area):
            evidence.add_rows(reading_claim, reading)
            if evidence.symbols() or thread_time_ns() - begun > _LIMIT_US * 1000:
                return

    # ------------------------------------------------------------------ tracks

    def _seen(self, symbol: Symbol, frame: Grey, small: Grey, at_ms: int) -> None:
        track = next((one for one in self._tracks if _same(one.symbol, symbol)), None)
        if track is None:
            track = _Track(symbol, at_ms, at_ms)
            self._tracks.append(track)
        track.symbol, track.read_ms, track.there_ms = symbol, at_ms, at_ms
        track.votes += 1
        track.patch, track.corner = _patch(symbol, small)
        if not track.accepted and symbol.format not in _MATRIX and track.votes < _VOTES:
            proof = prove(frame, symbol.format, symbol.text, symbol.corners, thorough=False)
            track.sure = proof.ok and proof.likeness >= _SURE_LIKENESS and proof.margin >= _SURE_MARGIN

    def _follow(self, read: tuple[Symbol, ...], small: Grey, at_ms: int) -> None:
        """Look whether codes that were not read now are still where they were."""
        for track in self._tracks:
            if track.there_ms == at_ms or track.patch is None or at_ms - track.read_ms > _UNREAD_MS:
                continue
            if any(overlapping(track.symbol.corners, symbol.corners) for symbol in read):
                continue
            moved = _found(track.patch, track.corner, small)
            if moved is None:
                continue
            x, y = (moved[0] - track.corner[0]) * _SHRINK, (moved[1] - track.corner[1]) * _SHRINK
            a, b, c, d = ((px + x, py + y) for px, py in track.symbol.corners)
            track.symbol, track.corner = replace(track.symbol, corners=(a, b, c, d)), moved
            track.there_ms = at_ms

    def _counts(self, track: _Track, at_ms: int) -> bool:
        """Whether a text counts from now on."""
        if track.accepted or track.read_ms != at_ms:
            return False
        rivals = [
            other
            for other in self._tracks
            if other is not track and overlapping(other.symbol.corners, track.symbol.corners)
        ]
        if track.symbol.format in _MATRIX:
            track.accepted = True
        elif rivals:
            track.accepted = track.votes >= _VOTES + 1 + max(other.votes for other in rivals)
        else:
            track.accepted = track.sure or track.votes >= _VOTES
        return track.accepted


def _same(one: Symbol, other: Symbol) -> bool:
    return one.format == other.format and one.text == other.text


def _gone(track: _Track, at_ms: int) -> bool:
    if track.accepted:
        return at_ms - track.there_ms > LEFT_AFTER_MS
    return at_ms - track.read_ms > _FORGOTTEN_MS


def _bounds(symbol: Symbol) -> Iterator[tuple[float, float]]:
    for along in zip(*symbol.corners, strict=True):
        beside = 0.15 * (max(along) - min(along)) + 8
        yield (min(along) - beside) / _SHRINK, (max(along) + beside) / _SHRINK


def _patch(symbol: Symbol, small: Grey) -> tuple[Grey | None, tuple[int, int]]:
    """What the code's place looks like in the shrunk frame, to find it again; None if it says too little."""
    (left, right), (top, low) = _bounds(symbol)
    corner = (max(0, int(left)), max(0, int(top)))
    patch = small[corner[1] : int(low) + 1, corner[0] : int(right) + 1]
    if min(patch.shape) < 5 or float(patch.std()) < 6.0:
        return None, corner
    return patch.copy(), corner


def _found(patch: Grey, corner: tuple[int, int], small: Grey) -> tuple[int, int] | None:
    """Where the patch is now, not far from where it was."""
    high, wide = patch.shape
    left, top = max(0, corner[0] - 24), max(0, corner[1] - 24)
    window = small[top : corner[1] + high + 24, left : corner[0] + wide + 24]
    if window.shape[0] < high or window.shape[1] < wide:
        return None
    scores = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, place = cv2.minMaxLoc(scores)
    return (left + place[0], top + place[1]) if best >= _STILL_THERE else None
