#!/usr/bin/env python3
"""Make the till's six sounds from the notes in the theme's tokens.

Knows how a note is shaped so that it neither clicks nor rings on; what is played, how long and how
loud stands in `resources/theme/tokens.toml`. Each cue is written twice, as it is and softer, because
the players at hand cannot all change the volume. The result is committed.

    python resources/sounds/build_sounds.py
"""

from __future__ import annotations

import argparse
import array
import math
import sys
import tomllib
import wave
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TOKENS = HERE.parent / "theme" / "tokens.toml"
RATE_HZ = 44_100
FULL = 32_767
ATTACK_MS = 4
# Overtones, loudest first: a pure 196 Hz cannot be heard from a small loudspeaker.
PARTIALS = ((1, 1.0), (2, 0.35), (3, 0.18))
LOW_PARTIALS = ((1, 1.0), (2, 0.8), (3, 0.6), (4, 0.35))
LOW_BELOW_HZ = 300


def note(pitch_hz: int, length_ms: int, level: float) -> list[int]:
    """Return one note as 16-bit samples; `level` is the peak, 1.0 being full scale."""
    partials = LOW_PARTIALS if pitch_hz < LOW_BELOW_HZ else PARTIALS
    loudest = sum(weight for _, weight in partials)
    count = RATE_HZ * length_ms // 1000
    attack = RATE_HZ * ATTACK_MS // 1000
    samples = []
    for index in range(count):
        left = 1 - index / count
        envelope = min(1.0, index / attack) * math.sin(math.pi / 2 * left)
        angle = 2 * math.pi * pitch_hz * index / RATE_HZ
        tone = sum(weight * math.sin(angle * times) for times, weight in partials) / loudest
        samples.append(round(FULL * level * envelope * tone))
    return samples


def cue_samples(cue: dict[str, Any], extra_db: float) -> list[int]:
    """Return a whole cue as 16-bit samples, `extra_db` louder than its own gain."""
    level = 10 ** ((cue["gain_db"] + extra_db) / 20)
    gap = [0] * (RATE_HZ * cue.get("gap_ms", 0) // 1000)
    samples: list[int] = []
    for pitch_hz, length_ms in cue["notes"]:
        samples += (gap if samples else []) + note(pitch_hz, length_ms, level)
    return samples


def write(path: Path, samples: list[int]) -> None:
    """Write 16-bit mono samples as a WAV file."""
    words = array.array("h", samples)
    if sys.byteorder == "big":
        words.byteswap()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(words.tobytes())


def main() -> int:
    """Write every cue at both levels."""
    parser = argparse.ArgumentParser(description="make the till's sounds")
    parser.add_argument("--out", type=Path, default=HERE)
    out: Path = parser.parse_args().out
    sound = tomllib.loads(TOKENS.read_text(encoding="utf-8"))["sound"]
    for cue in sound["cues"].values():
        plain = out / cue["file"]
        write(plain, cue_samples(cue, 0))
        write(plain.with_stem(f"{plain.stem}-soft"), cue_samples(cue, sound["soft_db"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
