"""The commit bench measures what it says, where it says something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from posapp.commands import bench_commit
from posapp.commands.bench_commit import BenchRefusedError, file_system, syncs_per_sale


def on_a_disk(folder: Path) -> Path:
    """The folder, or a loud skip where it is in memory."""
    if file_system(folder) in {"tmpfs", "ramfs"}:
        pytest.skip("missing system part: a disk below the folder for temporary files")
    return folder


def test_a_run_tells_figures_baselines_and_aims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_commit, "WARM_UP_SALES", 1)
    monkeypatch.setattr(bench_commit, "syncs_per_sale", lambda folder, seed: 1.0)
    folder = on_a_disk(tmp_path)
    result = bench_commit.bench_commit(rounds=2, sales=3, seed=3, folder=folder).document()
    assert (result["name"], result["seed"]) == ("commit", 3)
    assert result["baselines"]["journal_mode"] == "wal"
    assert result["figures"]["ratio"] > 0
    aims = {aim["key"]: aim for aim in result["aims"]}
    assert (aims["syncs_per_sale"]["op"], aims["syncs_per_sale"]["held"]) == ("==", True)
    quick = result["baselines"]["probe_p50_ms"] < 0.5
    assert aims["ratio"]["limit"] == (2.0 if quick else 1.1)
    assert list(tmp_path.iterdir()) == []


def test_a_sale_syncs_exactly_once(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("missing system part: strace")
    syncs = syncs_per_sale(on_a_disk(tmp_path), 1)
    if syncs is None:
        pytest.skip("missing system part: permission to trace a child process")
    assert syncs == 1


def test_memory_is_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_commit, "file_system", lambda folder: "tmpfs")
    with pytest.raises(BenchRefusedError, match="tmpfs"):
        bench_commit.bench_commit(rounds=1, sales=1, seed=1, folder=tmp_path)


def test_a_file_system_is_told_by_its_mount() -> None:
    if not Path("/proc/self/mounts").exists():
        pytest.skip("missing system part: /proc")
    assert file_system(Path("/proc")) == "proc"
    assert file_system(Path("/")) not in {"", "proc"}
