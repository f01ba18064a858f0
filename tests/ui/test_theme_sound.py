"""Sounds: the files are what the theme says, and playing them can neither block, fail nor pile up."""

from __future__ import annotations

import array
import importlib.util
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication

from posapp.resources import resource_path
from posapp.ui import sound
from posapp.ui.sound import AT_ONCE, ProgramPlayer, Sounds
from posapp.ui.tokens import load_tokens

CUES = sorted(load_tokens().cues)


def samples_of(path: Path) -> tuple[array.array[int], float]:
    """The samples of a 16-bit mono file, and its length in milliseconds."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples, len(samples) * 1000 / 44_100


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """The script that makes the sound files."""
    spec = importlib.util.spec_from_file_location("build_sounds", resource_path("sounds", "build_sounds.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", CUES)
def test_each_file_lasts_as_long_and_is_as_loud_as_its_token(name: str) -> None:
    tokens = load_tokens()
    cue = tokens.cues[name]
    path = resource_path("sounds", cue.file)
    loud, length_ms = samples_of(path)
    soft, soft_ms = samples_of(path.with_stem(f"{path.stem}-soft"))
    notes_ms = sum(length for _, length in cue.notes) + cue.gap_ms * (len(cue.notes) - 1)
    assert length_ms == soft_ms == pytest.approx(notes_ms, abs=1)
    peak, soft_peak = max(map(abs, loud)), max(map(abs, soft))
    assert 0.4 * 32_767 * 10 ** (cue.gain_db / 20) <= peak <= 32_767 * 10 ** (cue.gain_db / 20)
    assert soft_peak == pytest.approx(peak * 10 ** (tokens.soft_db / 20), rel=0.02)
    assert abs(loud[0]) < 200
    assert abs(loud[-1]) < 200


@pytest.mark.parametrize("name", CUES)
def test_the_committed_files_are_what_the_script_makes(builder: ModuleType, name: str) -> None:
    sound_table = builder.tomllib.loads(builder.TOKENS.read_text(encoding="utf-8"))["sound"]
    cue = sound_table["cues"][name]
    made = builder.cue_samples(cue, 0)
    kept, _ = samples_of(resource_path("sounds", cue["file"]))
    assert len(made) == len(kept)
    # Sines of two C libraries may differ in the last bit.
    assert max(abs(one - other) for one, other in zip(made, kept, strict=True)) <= 1


class Recorder:
    """Stands in for a player and notes what it was given."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def __call__(self, path: Path) -> bool:
        self.files.append(path.name)
        return True


def test_levels_choose_the_file_and_off_is_silent(qapp: QApplication) -> None:
    started = Recorder()
    sounds = Sounds(lambda: 0, start=started)
    assert sounds.play("refuse")
    sounds.level = "soft"
    assert sounds.play("paid")
    sounds.level = "off"
    assert not sounds.play("refuse")
    assert started.files == ["low.wav", "paid-soft.wav"]


def test_an_order_that_arrives_sounds_at_most_once_a_minute(qapp: QApplication) -> None:
    now = [0]
    started = Recorder()
    sounds = Sounds(lambda: now[0], start=started)
    for now[0] in (0, 1, 59_999, 60_000, 60_001, 120_000):
        sounds.play("arrived")
        sounds.play("ok")
    assert started.files.count("arrive.wav") == 3
    assert started.files.count("tick.wav") == 6


def test_without_a_display_nothing_is_started(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(sound.QGuiApplication, "platformName", lambda: "offscreen")
    monkeypatch.setattr(sound.shutil, "which", looked.append)
    assert not Sounds(lambda: 0).play("refuse")
    assert looked == []


def test_without_a_player_the_till_beeps(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    beeps: list[int] = []
    monkeypatch.setattr(sound.sys, "platform", "linux")
    monkeypatch.setattr(sound.QGuiApplication, "platformName", lambda: "xcb")
    monkeypatch.setattr(sound.shutil, "which", lambda _program: None)
    monkeypatch.setattr(sound.QApplication, "beep", lambda: beeps.append(1))
    assert Sounds(lambda: 0).play("refuse")
    assert beeps == [1]


@pytest.fixture
def endless() -> Iterator[ProgramPlayer]:
    """A player program that never comes to its end."""
    player = ProgramPlayer((sys.executable, "-c", "import threading; threading.Event().wait(60)"))
    yield player
    player.close()


def test_sounds_never_pile_up(endless: ProgramPlayer) -> None:
    assert all(endless.start(Path("x.wav")) for _ in range(AT_ONCE + 4))
    assert len(endless._running) == AT_ONCE


def test_a_player_that_cannot_start_is_given_up_without_an_error(tmp_path: Path) -> None:
    player = ProgramPlayer((str(tmp_path / "no-such-player"),))
    assert not player.start(Path("x.wav"))
    assert not player.start(Path("x.wav"))
