"""Roles, names and states of everything on every screen, compared with the stored dump.

`POS_UPDATE_GOLDEN=1` writes the dumps anew; look at what changed before committing them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from sample_parts import LANGUAGES
from sample_views import SAMPLES, sample

GOLDEN = Path(__file__).parent / "golden"


def dump(face: QAccessibleInterface, depth: int = 0) -> list[str]:
    """The tree below an interface, one line each, without what is hidden or nameless and childless."""
    state = face.state()
    if state.invisible:
        return []
    below = [
        line for n in range(face.childCount()) if (child := face.child(n)) for line in dump(child, depth + 1)
    ]
    name = face.text(QAccessible.Text.Name)
    if not name and not below:
        return []
    marks = [word for word, on in (("off", state.disabled), ("chosen", state.checked)) if on]
    shown = " ".join([face.role().name, f'"{name}"', *marks])
    return [f"{'  ' * depth}{shown}", *below]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "03-long"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_accessible_tree_is_as_stored(till, name, language) -> None:
    till.show(sample(name, language))
    text = "\n".join(dump(QAccessible.queryAccessibleInterface(till.window))) + "\n"
    stored = GOLDEN / f"{name}-{language}.txt"
    if os.environ.get("POS_UPDATE_GOLDEN"):
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(text, encoding="utf-8")
    assert text == stored.read_text(encoding="utf-8")
