"""The examples of docs/SETUP.md for lists that are put into the hub, run as they are written there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sync.hub.commands import cli

ROOT = Path(__file__).parents[2]
HEADING = "### Lists that are put into the hub"


def examples() -> list[str]:
    """The lines that a reader would type, block by block."""
    text = (ROOT / "docs" / "SETUP.md").read_text("utf-8")
    section = re.split(r"\n##+ ", text[text.index(HEADING) + len(HEADING) :])[0]
    return [line[4:] for line in section.splitlines() if line.startswith("    ")]


def typed(lines: list[str]) -> list[list[str]]:
    """Writes the files that the lines write here, and returns the commands that they give."""
    commands, rest = [], iter(lines)
    for line in rest:
        begins = re.fullmatch(r"cat > (\S+) <<'END'", line)
        if begins is None:
            program, *arguments = shlex.split(line)
            assert program == "poshub", line
            commands.append(arguments)
            continue
        content = []
        for further in rest:
            if further == "END":
                break
            content.append(further)
        Path(begins[1]).write_text("\n".join(content) + "\n", "utf-8")
    return commands


def test_every_example_of_a_list_runs_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("shop.toml", "catalogue.tsv"):
        shutil.copy(ROOT / "resources" / "demo" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSHUB_DATABASE", str(tmp_path / "hub.db"))
    for command in (["init", "--shop", "shop.toml"], ["import-items", "catalogue.tsv"]):
        assert cli(command) == 0
    said = {}
    for command in typed(examples()):
        capsys.readouterr()
        assert cli(command) == 0, command
        said[" ".join(command[:2])] = capsys.readouterr().out
    assert said["recalls put"] == said["markdowns put"] == "put: 2, unchanged: 0, taken back: 0\n"
    recalls = [json.loads(line) for line in said["recalls show"].splitlines()]
    assert [one["recall_id"] for one in recalls] == ["R-2026-07", "R-2026-08"]
    markdowns = {one["rule_id"]: one for one in map(json.loads, said["markdowns show"].splitlines())}
    assert [step["percent"] for step in markdowns["fresh"]["steps"]] == ["30", "50"]
    stock = {one["sku"]: (one["sellable"], one["unit"]) for one in json.loads(said["stock show"])}
    assert stock == {"rice-5kg": (22, "pcs"), "apple-fuji": (18_250, "g")}
    assert [json.loads(line)["key"] for line in said["feed show"].splitlines()] == ["M-1001"]
