"""Small faults in a source text: each is one place and what stands there instead.

Comparisons, arithmetic, conditions, whole numbers, flags, calls of min, max, any and all, statements that are
left out. What nobody runs is left alone: annotations, decorators, docstrings, texts of errors.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: `before` (the `nth` of its text in `function`, from 0) becomes `after`.

    `function` is the outermost function's qualified name, empty for what runs when the module is loaded.
    """

    path: str
    function: str
    before: str
    after: str
    nth: int
    line: int
    begin: int
    end: int

    @property
    def name(self) -> str:
        """A name that lines added elsewhere do not change."""
        return f"{self.path}:{self.function}: {self.before} -> {self.after} #{self.nth}"

    def planted(self, source: str) -> str:
        """The source with the fault in it."""
        text = source.encode()
        return (text[: self.begin] + self.after.encode() + text[self.end :]).decode()


class _Finder(ast.NodeVisitor):
    """Walks what runs and keeps (node, what stands there instead), with the outermost function."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ast.expr | ast.stmt, str]] = []
        self._within: list[str] = []
        self._function = ""

    # ------------------------------------------------------------------ where it is
    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._within.append(node.name)
        self._visit_all(node.body)
        self._within.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_all([*node.args.defaults, *(each for each in node.args.kw_defaults if each)])
        outer = self._function
        self._function = outer or ".".join([*self._within, node.name])
        self._visit_all(node.body)
        self._function = outer

    def _visit_all(self, nodes: list[ast.stmt] | list[ast.expr]) -> None:
        for node in nodes:
            self.visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._put(node, "pass")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Its parts have no places of their own in Python 3.11."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not (isinstance(node.value, ast.Name) and node.value.id in ("Literal", "Union", "Final")):
            self.generic_visit(node)

    # ------------------------------------------------------------------ what may go wrong
    def _put(self, node: ast.expr | ast.stmt, instead: str | ast.expr) -> None:
        if isinstance(instead, ast.expr):
            instead = f"({ast.unparse(instead)})"
        self.found.append((self._function, node, instead))

    def visit_Compare(self, node: ast.Compare) -> None:
        for at, operator in enumerate(node.ops):
            for other in _COMPARED[type(operator)]:
                ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
                self._put(node, ast.Compare(node.left, ops, node.comparators))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        other = _COMPUTED.get(type(node.op))
        if other is not None:
            self._put(node, ast.BinOp(node.left, other(), node.right))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._put(node, ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values))
        for at in range(len(node.values)):
            rest = [*node.values[:at], *node.values[at + 1 :]]
            self._put(node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._put(node, node.operand)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._put(node, node.body)
        self._put(node, node.orelse)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._put(node.test, ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._put(test, "True")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _CALLED:
            self._put(node.func, _CALLED[node.func.id])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._put(node, str(not node.value))
        elif isinstance(node.value, int):
            self._put(node, str(node.value + 1))
            if node.value > 0:
                self._put(node, str(node.value - 1))

    # ------------------------------------------------------------------ what may be missing
    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._function and all(isinstance(each, ast.Subscript | ast.Attribute) for each in node.targets):
            self._put(node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        other = _COMPUTED.get(type(node.op))
        if other is not None:
            self._put(node, ast.unparse(ast.AugAssign(node.target, other(), node.value)))
        self._put(node, "pass")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._put(node, "break")

    def visit_Break(self, node: ast.Break) -> None:
        self._put(node, "continue")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._put(node, "pass")
        self.generic_visit(node)


def mutants_of(path: str, source: str) -> Iterator[Mutant]:
    """Every fault of a source text, in the order of the text's tree."""
    finder = _Finder()
    finder.visit(ast.parse(source))
    text = source.encode()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    seen: Counter[tuple[str, str, str]] = Counter()
    for function, node, after in finder.found:
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before = " ".join(text[begin:end].decode().split())
        key = (function, before, after)
        mutant = Mutant(path, function, before, after, seen[key], node.lineno, begin, end)
        seen[key] += 1
        yield mutant
