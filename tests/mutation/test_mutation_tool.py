"""The mutation tool kills what tests see and tells what they do not, shown by a toy with an untested rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, SOURCES, all_mutants, drawn, known_equivalents, main
from tests.mutation.mutants import mutants_of

SOURCE = '''"""A toy."""

LEAST = 2


def bound(amount: int) -> bool:
    """Tested on both sides of its bound."""
    return amount >= LEAST


def idle(amount: int) -> int:
    """Tested where it does not matter."""
    return amount + 0
'''
TESTS = """from posapp.toy import bound, idle

def test_bound():
    assert bound(2) and not bound(1)

def test_nothing():
    idle(3)
"""


def test_it_kills_and_tells_survivors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = tmp_path / "toy", tmp_path / "out.jsonl"
    (root / "posapp").mkdir(parents=True)
    (root / "posapp" / "__init__.py").touch()
    (root / "posapp" / "toy.py").write_text(SOURCE, "utf-8")
    (root / "tests" / "mutation").mkdir(parents=True)
    (root / "tests" / "test_toy.py").write_text(TESTS, "utf-8")
    for name in ("session.py", "mutants.py"):
        text = (Path(__file__).with_name(name)).read_text("utf-8")
        (root / "tests" / "mutation" / name).write_text(text, "utf-8")
    options = ["--root", str(root), "--source", "posapp/toy.py", "--test", "tests/test_toy.py"]
    options += ["--out", str(out), "--jobs", "2"]
    assert main([*options, "--mutants", "100"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["tried"] == told["mutants"] == 6
    assert told["outcomes"] == {"killed": 4, "survived": 2}
    assert all(":idle:" in name for name in told["survivors"])
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {line["by"] for line in lines if line["outcome"] == "killed" and "cpu_s" in line} == {
        "tests/test_toy.py::test_bound"
    }
    # From the last one on: nothing else is tried again.
    assert main([*options, "--mutants", "100", "--from", "5"]) == 1
    assert len(out.read_text("utf-8").splitlines()) == 7


def test_every_fault_is_at_its_place_and_leaves_a_program() -> None:
    mutants = drawn(all_mutants(ROOT, SOURCES), 3, 60)
    for mutant in mutants:
        source = (ROOT / mutant.path).read_text("utf-8")
        planted = mutant.planted(source)
        compile(planted, mutant.path, "exec")
        assert " ".join(source.encode()[mutant.begin : mutant.end].decode().split()) == mutant.before
        assert planted != source


def test_names_are_of_one_fault_each_and_move_with_the_text() -> None:
    found = list(mutants_of("toy.py", SOURCE))
    assert len({mutant.name for mutant in found}) == len(found)
    moved = {mutant.name for mutant in mutants_of("toy.py", SOURCE.replace("\n\n\n", "\n\n\n\n\n"))}
    assert moved == {mutant.name for mutant in found}


def test_equivalent_ones_are_faults_that_exist_and_say_why() -> None:
    known = known_equivalents()
    names = {mutant.name for mutant in all_mutants(ROOT, SOURCES)}
    # A line that is changed takes its fault along; the list is gone through with the next full run.
    assert len(known.keys() - names) <= len(known) // 4, known.keys() - names
    assert all(reason.endswith(".") for reason in known.values())
