"""The worked examples of docs/PRICING.md: found, run, and (as a command) their answers written anew.

A block of three fences: the case, where there is one the returns, and the answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posapp.domain.pricing.cases.answer import answer, refund_answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case, refund_of

PAGE = Path(__file__).parents[3] / "docs" / "PRICING.md"
#: What is not printed: long, and no part of what is paid.
LEFT_OUT = ("certificate", "states")
_FENCE = re.compile(r"```json (case|returns|answer)\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example as it is printed."""

    title: str
    case: str
    returns: str
    answer: str


def examples() -> list[Example]:
    """All that the page prints."""
    found = []
    for part in PAGE.read_text("utf-8").split("\n### ")[1:]:
        fences = dict(_FENCE.findall(part))
        if "case" in fences:
            title = part.partition("\n")[0]
            found.append(Example(title, fences["case"], fences.get("returns", ""), fences["answer"]))
    return found


def run(example: Example) -> dict[str, Any]:
    """The answer without what is left out."""
    case = read_case(example.case)
    priced = price_case(case)
    if example.returns:
        refund = refund_of(case, priced, json.loads(example.returns))
        return refund_answer(case, priced, refund)
    return {key: value for key, value in answer(case, priced).items() if key not in LEFT_OUT}


def printed(document: dict[str, Any]) -> str:
    """One key a line."""
    rows = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}"


def write() -> None:
    """Put the answers of today into the page."""
    text = PAGE.read_text("utf-8")
    for example in examples():
        before, mark, after = text.partition(f"\n### {example.title}\n")
        old = f"```json answer\n{example.answer}\n```"
        text = before + mark + after.replace(old, f"```json answer\n{printed(run(example))}\n```", 1)
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
