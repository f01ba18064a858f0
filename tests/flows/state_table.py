"""The table of states and intents as a page: `python -m tests.flows.state_table` writes docs/STATES.md.

Read from the terminal's own rules, so the page cannot say what the till does not do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from posapp.flows.intents import Intent
from posapp.flows.refusals import Refusal
from posapp.flows.state import Phase
from posapp.flows.steps import Rule
from posapp.flows.terminal import _WHY, ANYWHERE, RULES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "STATES.md"
HEAD = """\
# States and intents

Made from the rules in `posapp/flows` by `python -m tests.flows.state_table`; a test fails while it is stale.

The terminal is in one state at a time. An intent that has a row below is taken; any other is refused with the
sentence under the table, and nothing changes. "Refused on record" is a scan that is kept with its reason.
"""


def first_line(text: str | None) -> str:
    """The first sentence of a docstring on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split()).replace("|", "\\|")


def what(rule: Rule) -> str:
    """What a rule does, in its own words."""
    return first_line(rule.__doc__) or getattr(rule, "__name__", "")


def rows(rules: dict[str, Rule]) -> list[str]:
    """A table in the order in which intents are declared."""
    order = [intent.__name__ for intent in get_args(Intent)]
    body = [f"| `{name}` | {what(rules[name])} |" for name in sorted(rules, key=order.index)]
    return ["| intent | what it does |", "| --- | --- |", *body]


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for state in get_args(Phase):
        own = {intent.__name__: rule for (phase, intent), rule in RULES.items() if phase is state}
        why = _WHY.get(state, Refusal.NotNow)
        parts += [f"## {state.__name__}\n", first_line(state.__doc__) + "\n"]
        if own:
            parts.append("\n".join(rows(own)) + "\n")
        parts.append(f"Anything else: `{why.name}`, “{why.sentence}”\n")
    parts += [
        "## Every state\n",
        "What the world tells is taken in every state that has no rule of its own for it.\n",
    ]
    parts.append("\n".join(rows({intent.__name__: rule for intent, rule in ANYWHERE.items()})) + "\n")
    parts.append("`ShowingStatus` hands a scan on to what lies under it.\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
