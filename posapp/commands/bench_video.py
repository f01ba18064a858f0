"""`posapp bench video`: how many simulated clips the live decoder reads, and what a frame costs.

The live decoder and the single decoders see every frame in turn; time is the thread's own processor
time. A clip is read when its text counts at least once; any other text that counts is wrong, and so is a
second count of a code that never left. No catalogue takes part: a text is believed by its picture alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import thread_time_ns
from typing import TYPE_CHECKING, Any

from posapp.commands.measuring import Aim, Result, median, quantile

if TYPE_CHECKING:
    from posapp.devices.decoding.clips import Clip

ZXING = "zxing-cpp"
_READ_SHARE = 56 / 60


@dataclass(slots=True)
class _Tally:
    """What one decoder made of the clips."""

    read: dict[str, int] = field(default_factory=dict)
    frames_read: int = 0
    wrong: list[str] = field(default_factory=list)
    cpu_ns: list[int] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "clips_read": sum(self.read.values()),
            "frames_read": self.frames_read,
            "frames_read_share": round(self.frames_read / max(1, len(self.cpu_ns)), 4),
            "wrong": len(self.wrong),
            "frame_ms_p50": round(median(self.cpu_ns) / 1e6, 3),
            "frame_ms_p99": round(quantile(self.cpu_ns, 0.99) / 1e6, 3),
        }


@dataclass(slots=True)
class _Live(_Tally):
    """What the live decoder made of them."""

    twice: int = 0
    first_frames: list[int] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def bench_video(*, clips_each: int, seed: int, frames: int | None = None) -> Result:
    """Show every condition's clips to the live decoder and beside it to single decoders."""
    from posapp.devices.decoding.clips import FRAMES, clips
    from posapp.devices.decoding.pipeline import prepare

    prepare()
    shown = clips(seed, clips_each)
    live = _Live()
    singles: dict[str, _Tally] = {}
    for clip in shown:
        _show(clip, frames or FRAMES, live, singles)
    return _result(shown, live, singles, seed)


def _show(clip: Clip, count: int, live: _Live, singles: dict[str, _Tally]) -> None:
    from posapp.devices.decoding.clips import FRAME_MS, frames
    from posapp.devices.decoding.live import LiveDecoder

    decoder = LiveDecoder()
    key = clip.condition.key
    readers = _readers(clip.condition.code)
    read_by: set[str] = set()
    counted = 0
    for at, frame in enumerate(frames(clip, count)):
        begun = thread_time_ns()
        result = decoder.feed(frame, at * FRAME_MS)
        live.cpu_ns.append(thread_time_ns() - begun)
        texts = [symbol.text for symbol in result.accepted]
        live.wrong.extend(f"{key} {clip.number}: {text}" for text in texts if text != clip.text)
        live.frames_read += any(symbol.text == clip.text for symbol in result.seen)
        if clip.text in texts and not counted:
            live.first_frames.append(at)
        counted += texts.count(clip.text)
        for name, read in readers.items():
            tally = singles.setdefault(name, _Tally())
            begun = thread_time_ns()
            found = read(frame)
            tally.cpu_ns.append(thread_time_ns() - begun)
            tally.wrong.extend(f"{key} {clip.number}: {text}" for text in found if text != clip.text)
            if clip.text in found:
                tally.frames_read += 1
                read_by.add(name)
    live.twice += max(0, counted - 1)
    if counted:
        live.read[key] = live.read.get(key, 0) + 1
    else:
        live.unread.append(f"{key} {clip.number}")
    for name in read_by:
        singles[name].read[key] = singles[name].read.get(key, 0) + 1


def _readers(code: str) -> dict[str, Callable[[Any], list[str]]]:
    from posapp.devices.decoding import families

    opencv = families.opencv if code == "EAN-13" else families.opencv_qr
    return {
        ZXING: lambda frame: [claim.text for claim in families.zxing(frame, full=True)],
        "zxing-cpp plain": lambda frame: [claim.text for claim in families.zxing(frame)],
        "pyzbar": lambda frame: [claim.text for claim in families.zbar(frame)],
        "opencv": lambda frame: [claim.text for claim in opencv(frame)],
    }


def _result(shown: list[Clip], live: _Live, singles: dict[str, _Tally], seed: int) -> Result:
    zxing = singles[ZXING]
    by_condition: dict[str, int] = {}
    for clip in shown:
        by_condition[clip.condition.key] = by_condition.get(clip.condition.key, 0) + 1
    figures = {
        "clips": len(shown),
        **live.document(),
        "clips_read_share": round(sum(live.read.values()) / len(shown), 4),
        "wrong_texts": live.wrong,
        "counted_twice": live.twice,
        "first_count_frame_p50": median(live.first_frames) if live.first_frames else None,
        "unread": live.unread,
        "by_condition": {key: [live.read.get(key, 0), clips] for key, clips in by_condition.items()},
        "frame_p50_of_zxing_ratio": round(median(live.cpu_ns) / median(zxing.cpu_ns), 3),
        "frame_p99_of_zxing_ratio": round(quantile(live.cpu_ns, 0.99) / quantile(zxing.cpu_ns, 0.99), 3),
        "catalogue_asked": False,
    }
    baselines = {
        name: {**tally.document(), "by_condition": {key: tally.read.get(key, 0) for key in by_condition}}
        for name, tally in singles.items()
    }
    aims = [
        Aim("clips_read_share", ">=", round(_READ_SHARE, 4)),
        Aim("wrong", "==", 0),
        Aim("counted_twice", "==", 0),
        Aim("frame_p50_of_zxing_ratio", "<=", 2.0),
        Aim("frame_p99_of_zxing_ratio", "<=", 2.0),
    ]
    return Result("video", seed, figures, baselines, aims)
