"""The locked requirements: every package hashed, no index named, till and hub parts of the same lock."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
LOCKS = ("till", "hub", "dev")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    text = (FOLDER / f"{lock}.txt").read_text("utf-8")
    return {canonical(name): version for name, version in PIN.findall(text)}


def wanted(lock: str) -> set[str]:
    """Names that the .in file asks for, with those of the files it includes."""
    names: set[str] = set()
    for line in (FOLDER / f"{lock}.in").read_text("utf-8").splitlines():
        if line.startswith("-r "):
            names |= wanted(line.removeprefix("-r ").removesuffix(".in").strip())
        elif match := re.match(r"[A-Za-z0-9._-]+", line):
            names.add(canonical(match.group()))
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_a_hash(lock: str) -> None:
    lines = (FOLDER / f"{lock}.txt").read_text("utf-8").splitlines()
    pattern = re.compile(r"^(#.*|[A-Za-z0-9._-]+==[^ ]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)$")
    assert [line for line in lines if not pattern.match(line)] == []
    for number, line in enumerate(lines):
        if PIN.match(line):
            assert lines[number + 1].startswith("    --hash="), line


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_what_is_wanted(lock: str) -> None:
    assert wanted(lock) <= set(pins(lock))


@pytest.mark.parametrize("lock", ["till", "hub"])
def test_one_version_everywhere(lock: str) -> None:
    assert pins(lock).items() <= pins("dev").items()
