"""`posapp demo` begins anew only where an earlier demo was: nobody's files are ever removed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from posapp.commands import demo
from posapp.commands.demo_shop import DemoError, DemoShop


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders in which a demo would have begun."""
    folders: list[Path] = []

    def enter(shop: DemoShop) -> DemoShop:
        folders.append(shop.folder)
        raise DemoError("far enough")

    monkeypatch.setattr(DemoShop, "__enter__", enter)
    monkeypatch.setattr(demo, "_has_display", lambda: True)
    return folders


def options(folder: Path, **changes: Any) -> argparse.Namespace:
    plain = {"folder": folder, "headless": False, "fresh": True, "catalogue": None, "language": None}
    return argparse.Namespace(**plain | changes)


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        place = folder / name
        if "." in name:
            place.write_text(name)
        else:
            place.mkdir()
            (place / "inside.txt").write_text(name)


def contents(folder: Path) -> set[str]:
    return {str(found.relative_to(folder)) for found in folder.rglob("*")}


@pytest.mark.parametrize(
    "names",
    [
        ("holiday.jpg",),
        ("terminal.toml",),
        ("hub.db", "hub.log"),
        ("terminal.toml", "hub.db", "thesis.tex"),
        ("terminal.toml", "hub.db", "till", "Photos"),
    ],
)
@pytest.mark.parametrize("headless", [False, True])
def test_a_folder_of_somebody_else_is_left_alone(
    tmp_path: Path, started: list[Path], capsys: pytest.CaptureFixture[str], names: Any, headless: bool
) -> None:
    named = tmp_path / "mine"
    folder = named / "headless" if headless else named
    fill(folder, *names)
    before = contents(folder)
    assert demo.run(options(named, headless=headless, fresh=not headless)) == 2
    assert contents(folder) == before
    assert started == []
    said = capsys.readouterr().err
    assert str(folder) in said
    assert "--folder" in said


def test_a_file_or_a_link_is_no_folder_of_a_demo(tmp_path: Path, started: list[Path]) -> None:
    real = tmp_path / "real"
    fill(real, "terminal.toml", "hub.db")
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "file").write_text("mine")
    assert demo.run(options(tmp_path / "link")) == 2
    assert demo.run(options(tmp_path / "file")) == 2
    assert contents(real) == {"terminal.toml", "hub.db"}
    assert started == []


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("terminal.toml", "hub.db"),
        ("terminal.toml", "hub.db", "hub.db-wal", "device.key", "till", "headless"),
    ],
)
def test_what_a_demo_left_is_forgotten(tmp_path: Path, started: list[Path], names: Any) -> None:
    folder = tmp_path / "demo-data"
    fill(folder, *names)
    assert demo.run(options(folder)) == 1
    assert not folder.exists()
    assert started == [folder]


def test_without_fresh_nothing_is_forgotten(tmp_path: Path, started: list[Path]) -> None:
    folder = tmp_path / "demo-data"
    fill(folder, "terminal.toml", "hub.db", "thesis.tex")
    assert demo.run(options(folder, fresh=False)) == 1
    assert contents(folder) == {"terminal.toml", "hub.db", "thesis.tex"}
    assert started == [folder]
