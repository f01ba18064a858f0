"""One pytest session that hunts faults: tests are collected once, every fault is tried in a fork of its own.

In the fork the function's code is exchanged for the faulty one and the tests that reach the function run, the
quickest first, until one fails. No file is written, so a fault cannot stay behind. Which test reaches what is
watched in a first run without a fault, which must be green. Runs as a process of its own (see `__main__`).
"""

from __future__ import annotations

import ast
import cProfile
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

import hypothesis
import pytest

from tests.mutation.mutants import Mutant

#: Processor seconds: a fault may make a loop endless.
SECONDS_LEAST = 10
#: Tests that have seen so many faults run before the others.
KILLS_LEAST = 2
WALL_SECONDS = 900
MEMORY_BYTES = 4 << 30

Place = tuple[str, str]


@dataclass(slots=True)
class Reached:
    """What one test calls of the files in question, and how long it takes."""

    places: set[Place] = field(default_factory=set)
    seconds: float = 0


def faulty_code(mutant: Mutant, source: str, file: str) -> CodeType | None:
    """The code of the mutant's outermost function with the fault in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: CodeType = compile(ast.parse(mutant.planted(source)), file, "exec")
    for name in mutant.function.split("."):
        inner = (each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name)
        found = next(inner, None)
        if found is None:
            return None
        code = found
    return code


def exchange(mutant: Mutant, source: str, file: str) -> bool:
    """Give every live function of that name the faulty code; False where there is none."""
    code = faulty_code(mutant, source, file)
    done = False
    if code is not None:
        for each in gc.get_objects():
            if not isinstance(each, FunctionType) or each.__code__.co_filename != file:
                continue
            if each.__code__.co_qualname == mutant.function:
                each.__code__ = code
                done = True
    return done


class Hunt:
    """The pytest plugin: instead of running the tests once it runs them for every mutant."""

    def __init__(
        self, root: Path, mutants: list[tuple[int, Mutant]], jobs: int, out: Path, *, seconds: int = 0
    ) -> None:
        #: Processor seconds after which a fault counts as not seen; 0 for all tests.
        self.seconds = seconds
        self.root = root
        self.mutants = mutants
        self.jobs = jobs
        self.out = out
        self.files = {str(root / mutant.path) for _, mutant in mutants}
        self.reached: dict[str, Reached] = {}
        #: How many faults each test has seen first.
        self.kills = kills_told(out)
        self._on_failure: Callable[[str], object] = lambda _: None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Told of every test's parts."""
        if report.failed:
            self._on_failure(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In the place of pytest's own loop."""
        if session.testsfailed:
            raise pytest.UsageError("a file of tests cannot be loaded")
        self.reached = self._watched(session)
        running: dict[int, tuple[int, int, Mutant]] = {}
        left = iter(self.mutants)
        with self.out.open("a", encoding="utf-8") as out:
            while True:
                while len(running) < self.jobs and (pair := next(left, None)) is not None:
                    number, mutant = pair
                    if items := self._items(session, mutant):
                        reading, child = self._begun(mutant, items)
                        running[reading] = child, number, mutant
                    else:
                        self._tell(out, number, mutant, {"outcome": "unreached"})
                if not running:
                    return True
                for told in select.select(list(running), [], [])[0]:
                    child, number, mutant = running.pop(told)
                    found = self._ended(told, child)
                    if found["outcome"] == "killed":
                        self.kills[found["by"]] += 1
                    self._tell(out, number, mutant, found)

    @staticmethod
    def _tell(out: Any, number: int, mutant: Mutant, found: dict[str, Any]) -> None:
        document = {"n": number, "mutant": mutant.name, "line": mutant.line, **found}
        out.write(json.dumps(document, ensure_ascii=False) + "\n")
        out.flush()

    def _items(self, session: pytest.Session, mutant: Mutant) -> list[pytest.Item]:
        """The tests that reach the function: those that see most for their time, then of each file one."""
        place = (str(self.root / mutant.path), mutant.function)
        those = [each for each in session.items if place in self.reached[each.nodeid].places]
        those.sort(key=lambda each: self.reached[each.nodeid].seconds)
        firsts: dict[Path, pytest.Item] = {}
        for each in those:
            firsts.setdefault(each.path, each)
        seeing = [each for each in those if self.kills[each.nodeid] >= KILLS_LEAST]
        seeing.sort(key=lambda each: self.reached[each.nodeid].seconds / self.kills[each.nodeid])
        return list(dict.fromkeys([*seeing, *firsts.values(), *those]))

    # ------------------------------------------------------------------ in forks
    def _watched(self, session: pytest.Session) -> dict[str, Reached]:
        """Run all tests in a fork and hear which functions each reaches."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._watch(session, writing)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        told = json.loads(text or '{"failed": "the run without a fault ended by itself"}')
        if "failed" in told:
            raise pytest.UsageError(f"fails without a fault: {told['failed']}")
        return {
            name: Reached({(file, function) for file, function in places}, seconds)
            for name, (places, seconds) in told.items()
        }

    def _watch(self, session: pytest.Session, writing: int) -> NoReturn:
        def tell(document: dict[str, Any]) -> NoReturn:
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                json.dump(document, pipe)
            os._exit(0)

        self._on_failure = lambda name: tell({"failed": name})
        found: dict[str, Any] = {}
        for item in session.items:
            # Written in C: a trace function in Python would take most of the time.
            profile = cProfile.Profile(subcalls=False, builtins=False)
            began = time.process_time()
            profile.enable()
            run(item)
            profile.disable()
            spent = time.process_time() - began
            codes = [each.code for each in profile.getstats() if isinstance(each.code, CodeType)]
            places = {
                (code.co_filename, code.co_qualname.partition(".<locals>")[0])
                for code in codes
                if code.co_filename in self.files
            }
            found[item.nodeid] = ([*places], spent)
        tell(found)

    def _begun(self, mutant: Mutant, items: list[pytest.Item]) -> tuple[int, int]:
        """Begin the fork of a mutant: where to read what it tells, and its process."""
        reading, writing = os.pipe()
        child = os.fork()
        if child:
            os.close(writing)
            return reading, child
        os.close(reading)
        usual = sum(self.reached[item.nodeid].seconds for item in items)
        seconds = SECONDS_LEAST + int(2 * usual)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WALL_SECONDS)

        def tell(outcome: str, test: str) -> NoReturn:
            spent = round(time.process_time(), 2)
            document = json.dumps({"outcome": outcome, "by": test, "cpu_s": spent, "tests": len(items)})
            os.write(writing, document.encode())
            os._exit(0)

        self._on_failure = lambda name: tell("killed", name)
        file = str(self.root / mutant.path)
        if not exchange(mutant, Path(file).read_text("utf-8"), file):
            tell("unreached", "")
        for item in items:
            run(item)
            if self.seconds and time.process_time() > self.seconds:
                break
        return tell("survived", "")

    @staticmethod
    def _ended(told: int, child: int) -> dict[str, Any]:
        with os.fdopen(told, "rb") as pipe:
            text = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if text:
            found: dict[str, Any] = json.loads(text)
            return found
        is_limit = -code in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)
        return {"outcome": "timeout" if is_limit else "killed", "by": f"the process ended with {code}"}


def kills_told(out: Path) -> Counter[str]:
    """How many faults each test has seen first, as an earlier run tells."""
    lines = out.read_text("utf-8").splitlines() if out.exists() else []
    return Counter(document.get("by", "") for document in map(json.loads, lines))


def run(item: pytest.Item) -> None:
    """One test with all its fixtures, by itself."""
    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)


def quick_settings() -> None:
    """Drawn examples are the same in every run, none is kept and none made small."""
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")


PLUGINS = ("pytest-qt", "timeout", "xdist", "pytest_cov", "cacheprovider")


def arguments_for(tests: list[str]) -> list[str]:
    """What pytest is called with: few plugins, and a configuration of the scratch copy's own."""
    found = ["-q", "-x", "--capture=sys", *tests]
    for plugin in PLUGINS:
        found += ["-p", f"no:{plugin}"]
    return found


def read_mutants(lines: Iterator[str]) -> list[tuple[int, Mutant]]:
    """(number, mutant) of each line."""
    return [(document.pop("n"), Mutant(**document)) for document in map(json.loads, lines)]


def main() -> int:
    """`session JOB`: the job says tests, root, mutants, jobs, where to write; else it just tests."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    quick_settings()
    if "mutants" not in job:
        return int(pytest.main(arguments_for(job["tests"])))
    with Path(job["mutants"]).open(encoding="utf-8") as lines:
        mutants = read_mutants(lines)
    hunt = Hunt(Path(job["root"]), mutants, job["jobs"], Path(job["out"]), seconds=job["test_seconds"])
    return int(pytest.main(arguments_for(job["tests"]), plugins=[hunt]))


if __name__ == "__main__":
    sys.exit(main())
