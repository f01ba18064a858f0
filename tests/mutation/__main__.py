"""Faults planted in the prices, and whether the tests see them.

    python -m tests.mutation --seed 1 --mutants 500 --jobs 2 --out mutants.jsonl
    python -m tests.mutation --seed 1 --mutants 500 --jobs 2 --out mutants.jsonl --from 200   # go on there
    python -m tests.mutation --seed 1 --mutants 500 --jobs 2 --out mutants.jsonl --again   # not seen so far

The seed draws the sample out of every fault of posapp/domain/pricing, money and the rounding of cash. All
runs in a scratch copy. A line is appended to `--out` for each mutant; a summary is printed as one JSON
object. Those in equivalent.json change nothing that anybody could see, each with its reason, and count as
neither killed nor survived. Exit code 1: a fault survived.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.mutation.mutants import Mutant, mutants_of

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("posapp/domain/money.py", "posapp/domain/cash_rounding.py", "posapp/domain/pricing/*/*.py")
TESTS: Final = (
    "tests/domain/pricing",
    "tests/domain/test_money.py",
    "tests/domain/test_cash_rounding.py",
    "tests/simulation/test_optimality.py",
)
COPIED: Final = ("posapp", "tests", "resources", "docs", "sync", "installer")
COMPILED: Final = shutil.ignore_patterns("__pycache__", "*.so", "*.dll")
EQUIVALENT: Final = Path(__file__).with_name("equivalent.json")
#: Of pytest in the copy; nothing of the project's own configuration that needs a plugin.
CONFIGURATION: Final = """[pytest]
addopts = --import-mode=importlib
pythonpath = .
filterwarnings =
    error
    ignore::pytest.PytestAssertRewriteWarning
markers =
    campaign
    expected_logs
    needs_x
"""
FRESH_SECONDS: Final = 600


def all_mutants(root: Path, sources: Iterable[str]) -> list[Mutant]:
    """Every fault of the files, in a fixed order."""
    paths = sorted({path for pattern in sources for path in root.glob(pattern)})
    return [
        mutant
        for path in paths
        for mutant in mutants_of(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    ]


def drawn(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    """The sample of a seed, by hashes of names: a changed file changes its own part only."""

    def place(mutant: Mutant) -> bytes:
        return sha256(f"{seed} {mutant.name}".encode()).digest()

    return sorted(mutants, key=place)[:count]


def copied(root: Path, to: Path) -> Path:
    """A copy of what the tests need, without compiled files: a mutant must never meet another's.

    Nor the kernel in C, which would stand in for the search in Python; tests that compare the two build it.
    """
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, to / name, ignore=COMPILED)
    (to / "pytest.ini").write_text(CONFIGURATION, "utf-8")
    return to


def _session(root: Path, folder: Path, job: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    at = folder / f"job-{time.monotonic_ns()}.json"
    at.write_text(json.dumps(job), "utf-8")
    command = [sys.executable, "-B", "-m", "tests.mutation.session", str(at)]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=job.get("seconds")
    )


def in_forks(
    root: Path,
    folder: Path,
    mutants: list[tuple[int, Mutant]],
    tests: Sequence[str],
    *,
    jobs: int,
    out: Path,
    seconds: int,
) -> None:
    """Try the mutants that are inside a function, in forks of one session."""
    if not mutants:
        return
    lines = folder / "mutants.jsonl"
    lines.write_text("".join(json.dumps({"n": n} | asdict(each)) + "\n" for n, each in mutants), "utf-8")
    job = {"root": str(root), "tests": [*tests], "mutants": str(lines), "jobs": jobs, "out": str(out)}
    job["test_seconds"] = seconds
    ran = _session(root, folder, job)
    if ran.returncode not in (0, 5):
        raise RuntimeError(
            f"the session ended with {ran.returncode}:\n{ran.stdout[-4000:]}{ran.stderr[-2000:]}"
        )


def afresh(root: Path, folder: Path, mutant: Mutant, tests: Sequence[str]) -> dict[str, Any]:
    """Try a mutant of what runs when a module is loaded: in a file of the copy, by a process of its own."""
    path = root / mutant.path
    source = path.read_text("utf-8")
    path.write_text(mutant.planted(source), "utf-8")
    try:
        ran = _session(root, folder, {"tests": [*tests], "seconds": FRESH_SECONDS})
    except subprocess.TimeoutExpired:
        return {"outcome": "timeout"}
    finally:
        path.write_text(source, "utf-8")
    failed = next((line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    return {"outcome": "killed" if ran.returncode else "survived", "by": failed.partition(" ")[2][:200]}


def hunt(
    root: Path,
    mutants: list[tuple[int, Mutant]],
    tests: Sequence[str],
    *,
    jobs: int,
    out: Path,
    seconds: int = 0,
) -> None:
    """Try them all; a line is appended to `out` for each. `seconds` bounds the tests of each, 0 does not."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        copies = [copied(root, folder / f"copy-{job}") for job in range(jobs)]
        within = [pair for pair in mutants if pair[1].function]
        in_forks(copies[0], folder, within, tests, jobs=jobs, out=out, seconds=seconds)
        loading = [pair for pair in mutants if not pair[1].function]

        def part(job: int) -> None:
            for number, mutant in loading[job::jobs]:
                found = afresh(copies[job], folder, mutant, tests)
                document = {"n": number, "mutant": mutant.name, "line": mutant.line, **found}
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(document, ensure_ascii=False) + "\n")

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(part, range(jobs)))


def summary(out: Path, mutants: Sequence[Mutant], equivalent: dict[str, str]) -> dict[str, Any]:
    """What the lines say about the sample; the last line of a mutant holds."""
    names = {mutant.name for mutant in mutants}
    told: dict[str, dict[str, Any]] = {}
    for line in out.read_text("utf-8").splitlines():
        document = json.loads(line)
        if document["mutant"] in names:
            told[document["mutant"]] = document
    for name, document in told.items():
        if name in equivalent and document["outcome"] in ("survived", "unreached"):
            document["outcome"] = "equivalent"
    counts = Counter(document["outcome"] for document in told.values())
    by = Counter(document.get("by", "").partition("::")[0] for document in told.values())
    left = ("survived", "unreached")
    return {
        "mutants": len(names),
        "tried": len(told),
        "killed": counts["killed"] + counts["timeout"],
        "outcomes": dict(counts.most_common()),
        "killers": dict(by.most_common(12)),
        "survivors": [name for name, document in told.items() if document["outcome"] in left],
        "seen": [name for name, document in told.items() if document["outcome"] not in left],
    }


def known_equivalents(path: Path = EQUIVALENT) -> dict[str, str]:
    """Name of each mutant that changes nothing that can be seen, and why."""
    return {each["mutant"]: each["reason"] for each in json.loads(path.read_text("utf-8"))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sample and print what came of it."""
    parser = argparse.ArgumentParser(prog="mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (%(default)s)")
    parser.add_argument("--mutants", type=int, default=500, help="size of the sample (%(default)s)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N", help="go on at the N-th")
    parser.add_argument("--jobs", type=int, default=1, help="tried at a time (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"), help="%(default)s")
    parser.add_argument("--only", default="", metavar="TEXT", help="those whose name has this in it")
    parser.add_argument("--again", action="store_true", help="only those that --out does not tell as seen")
    parser.add_argument("--seconds", type=int, default=0, help="of tests for each at most; 0 for all of them")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--source", action="append", help=argparse.SUPPRESS)
    parser.add_argument("--test", action="append", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    sample = drawn(all_mutants(options.root, options.source or SOURCES), options.seed, options.mutants)
    chosen = [pair for pair in enumerate(sample) if pair[0] >= options.first and options.only in pair[1].name]
    equivalent = known_equivalents()
    if options.again:
        seen = set(summary(out, sample, equivalent)["seen"]) if out.exists() else set()
        chosen = [pair for pair in chosen if pair[1].name not in seen]
    hunt(options.root, chosen, options.test or TESTS, jobs=options.jobs, out=out, seconds=options.seconds)
    found = summary(out, sample, equivalent)
    del found["seen"]
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 1 if found["survivors"] else 0


if __name__ == "__main__":
    sys.exit(main())
