"""House rules that no linter knows: lengths, names, forbidden calls, money without floats, no dead files.

Everything is read from the source text, nothing is imported. Each rule is a function from a parsed file to a
list of complaints, and every rule is also shown a sample that breaks it, so a rule can't go blind unseen.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("posapp", "sync", "installer", "tests")
PURE = ("posapp/domain/", "posapp/flows/", "posapp/exchange/", "sync/protocol/")
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_PARAMETERS = 8
VAGUE_NAMES = frozenset({"common", "helper", "helpers", "misc", "stuff", "util", "utils"})
APPLICATIONS = ("app", "application", "QApplication")
ENTRY_POINTS = frozenset(
    {"posapp.__main__", "posapp.main", "sync.hub.commands", "sync.hub.commands.__main__"}
)

# Written in pieces, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|NotImplemented" r"Error)\b")
FOREIGN = re.compile(
    r"/wor"
    r"k/|\.\./sha"
    r"red|pypi\."
    r"org|python"
    r"hosted|registry\.np"
    r"mjs|deb\.deb"
    r"ian|"
    r"\b[A-Z]{4,} "
    r"§\d"
)

# Where a package may be imported, by the beginning of the path; nowhere where the tuple is empty.
HOMES: dict[str, tuple[str, ...]] = {
    "sqlite3": (),
    "shiboken6": ("posapp/ui/", "posapp/main.py", "posapp/commands/"),
    "alembic": ("posapp/store/", "sync/hub/"),
    "starlette": ("sync/hub/",),
    "uvicorn": ("sync/hub/",),
    "pypinyin": ("sync/hub/",),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file; ``path`` is relative to the root, with forward slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def python_files() -> list[Source]:
    """Every Python file of the project's rooms."""
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in found]


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every (line, dotted name) imported anywhere; ``from a import b`` gives a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


# ----------------------------------------------------------------- the rules
def too_long(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > MOST_FILE_LINES:
        yield f"{lines} lines"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {length} lines"


def too_many_parameters(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            if count > MOST_PARAMETERS:
                yield f"{node.lineno}: {node.name} has {count} parameters"


def vague_name(source: Source) -> Iterator[str]:
    if VAGUE_NAMES & set(Path(source.path).with_suffix("").parts):
        yield "says nothing about what is inside"


def without_docstring(source: Source) -> Iterator[str]:
    if not source.path.startswith("tests/") and ast.get_docstring(source.tree) is None:
        yield "has no module docstring"


def unfinished(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{number}: {line.strip()}"


def forbidden_call(source: Source) -> Iterator[str]:
    """Nested event loops let a second click in while the first is being answered."""
    if not source.path.startswith("posapp/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", "")
            if name in ("QMessageBox", "processEvents", "QEventLoop"):
                yield f"{node.lineno}: {name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            is_application = isinstance(owner, ast.Name) and owner.id in APPLICATIONS
            if node.func.attr in ("exec", "exec_") and not is_application:
                yield f"{node.lineno}: .{node.func.attr}()"


def stranger_imported(source: Source) -> Iterator[str]:
    for line, name in imports_of(source.tree):
        root = name.partition(".")[0]
        if root not in HOMES or (source.path.startswith("tests/") and root != "sqlite3"):
            continue
        if not source.path.startswith(HOMES[root] or ("nowhere",)):
            yield f"{line}: imports {name}"


def impure_domain(source: Source) -> Iterator[str]:
    if not source.path.startswith("posapp/domain/"):
        return
    for line, name in imports_of(source.tree):
        is_ours = name.startswith(("posapp.domain", "posapp.values"))
        if name.partition(".")[0] not in sys.stdlib_module_names and not is_ours:
            yield f"{line}: imports {name}"


#: A switch that changes no answer, only who finds it: it holds for till, hub and tools alike.
KERNEL_SWITCH = ("posapp/domain/pricing/items/kernel.py", "os.environ")


def own_time_or_chance(source: Source) -> Iterator[str]:
    """Pure rooms are handed time, ids and chance; they never take them."""
    if not source.path.startswith(PURE):
        return
    taken = {
        *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter")),
        "time.sleep",
        *(f"datetime.{name}" for name in ("now", "utcnow", "today")),
        *("date.today", "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.environ"),
    }
    for line, name in imports_of(source.tree):
        if name.partition(".")[0] in ("random", "secrets") or name in taken:
            yield f"{line}: imports {name}"
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute):
            continue
        name = ".".join(ast.unparse(node).split(".")[-2:])
        if name in taken and (source.path, name) != KERNEL_SWITCH:
            yield f"{node.lineno}: {ast.unparse(node)}"


def float_near_money(source: Source) -> Iterator[str]:
    """No float touches money; in the domain nothing else needs one either."""
    if not source.path.startswith("posapp/domain/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{node.lineno}: {node.value!r}"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield f"{node.lineno}: float"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{node.lineno}: / makes a float, use // or divmod"


#: Of math what stays whole.
WHOLE_MATH = frozenset({"gcd", "lcm", "isqrt", "comb", "perm", "factorial", "prod"})
MONEY_MATH = (
    "posapp/domain/pricing/",
    *(f"posapp/domain/{name}.py" for name in ("money", "tax", "cash_rounding", "tenders")),
)


def hidden_float(source: Source) -> Iterator[str]:
    """Where prices are made nothing may make a float on the way either, nor round without saying how."""
    if not source.path.startswith(MONEY_MATH):
        return
    for line, name in imports_of(source.tree):
        root, _, what = name.partition(".")
        if root in ("statistics", "cmath", "random") or what in ("truediv", "itruediv"):
            yield f"{line}: imports {name}"
        if root == "math" and what and what not in WHOLE_MATH:
            yield f"{line}: imports {name}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            yield f"{node.lineno}: round() goes to the even one; say the mode to round_div"
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr == "__truediv__" or (owner == "math" and node.attr not in WHOLE_MATH):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and is_below_zero(node.right):
            yield f"{node.lineno}: a power below 0 is a float"


def is_below_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


RULES: dict[Callable[[Source], Iterator[str]], Source] = {
    too_long: Source("sync/a.py", "def f():\n" + "    pass\n" * MOST_FUNCTION_LINES),
    too_many_parameters: Source("sync/a.py", "def f(a, b, c, d, e, *, f, g, h, i): ..."),
    vague_name: Source("posapp/domain/utils.py", ""),
    without_docstring: Source("posapp/a.py", "x = 1"),
    unfinished: Source("tests/a.py", "# " + "to".upper() + "do: later".upper()),
    forbidden_call: Source("posapp/ui/a.py", "dialog.exec()"),
    stranger_imported: Source("tests/a.py", "def f():\n    import sqlite3"),
    impure_domain: Source("posapp/domain/a.py", "import msgspec"),
    own_time_or_chance: Source("posapp/flows/a.py", "import datetime\nx = datetime.datetime.now()"),
    float_near_money: Source("posapp/domain/money.py", "price = total / 3"),
    hidden_float: Source("posapp/domain/pricing/a.py", "import math\nprice = math.sqrt(total)"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Callable[[Source], Iterator[str]]) -> None:
    complaints = [f"{source.path}: {text}" for source in python_files() for text in rule(source)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_sees_what_breaks_it(rule: Callable[[Source], Iterator[str]]) -> None:
    assert list(rule(RULES[rule]))


@pytest.mark.parametrize(
    "text",
    [
        "price = 0.5", "price = total / 2", "total /= 2", "price = float(total)", "price = round(total)",
        "from math import floor", "from math import *", "import math\nprice = math.floor(total)",
        "from operator import truediv", "price = total.__truediv__(2)", "price = 10 ** -2",
        "import statistics",
    ],
)  # fmt: skip
def test_a_float_in_a_price_is_seen(text: str) -> None:
    source = Source("posapp/domain/pricing/a.py", text)
    assert [*float_near_money(source), *hidden_float(source)]
    whole = Source(source.path, "from math import gcd\nprice, rest = divmod(10 ** 2, gcd(4, 6))")
    assert not [*float_near_money(whole), *hidden_float(whole)]


def test_one_application_loop_is_no_nested_loop() -> None:
    assert not list(forbidden_call(Source("posapp/main.py", "def f(app):\n    return app.exec()")))


# ----------------------------------------------------------------- the tree as a whole
def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def dead_modules(sources: list[Source]) -> list[str]:
    """Modules that no other module imports, or names in a string; tests do not keep a module alive."""
    living = [source for source in sources if source.path.startswith(("posapp/", "sync/"))]
    users: dict[str, set[str]] = {}
    for source in living:
        named = {name for _, name in imports_of(source.tree)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value.partition(":")[0])
        for name in named:
            users.setdefault(name, set()).add(source.path)
    return [
        source.path
        for source in living
        if not source.path.endswith("__init__.py")
        and "/migrations/" not in source.path
        and module_name(source.path) not in ENTRY_POINTS
        and not users.get(module_name(source.path), set()) - {source.path}
    ]


def test_every_module_is_used() -> None:
    assert dead_modules(python_files()) == []


def test_an_unused_module_is_seen() -> None:
    used = Source("posapp/domain/money.py", "")
    dead = Source("posapp/domain/coins.py", "from posapp.domain import money")
    assert dead_modules([used, dead]) == ["posapp/domain/coins.py"]


def test_test_files_have_names_of_their_own() -> None:
    paths = [path for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    names = [path.name for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice


def tracked_files() -> list[Path]:
    """What git knows, or without git every file outside hidden folders and .venv."""
    git = shutil.which("git")
    if git is not None:
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts[:-1])
    ]


def foreign_words(text: str) -> list[str]:
    return [match.group() for match in FOREIGN.finditer(text)]


def test_no_file_names_a_place_outside_the_project() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    complaints = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        words = foreign_words(content.decode("utf-8", "replace"))
        complaints += [f"{path.relative_to(ROOT)}: {word}" for word in words]
    assert not complaints, "\n".join(complaints)


FOREIGN_TEXTS = ["see /wor" "k/x", "https://pypi." "org/simple", "as in SYNC " "§2"]  # fmt: skip


@pytest.mark.parametrize("text", FOREIGN_TEXTS)
def test_a_place_outside_the_project_is_seen(text: str) -> None:
    assert foreign_words(text)
