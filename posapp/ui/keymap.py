"""Names of keys, and what each means on the view that is shown.

Whatever can be pressed and has a key is found by looking through the view once, when a key is struck; the
view's own list of keys comes before it. Words of Qt end here: names are those written on key caps.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from posapp.flows.views import (
    Action,
    Actions,
    Block,
    CartMain,
    Choices,
    CountMain,
    Field,
    Note,
    ParkedCards,
    ReportMain,
    ReturnMain,
    SearchMain,
    View,
)

NAMES = {
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Delete: "Del",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDn",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backtab: "Shift+Tab",
}
REPEATING = frozenset(("Up", "Down", "Left", "Right", "PgUp", "PgDn", "+", "-"))
"""Keys whose meaning may come again while they are held down."""


def key_name(event: QKeyEvent) -> str:
    """The name of a key, with "Ctrl+" or "Alt+" before it; "" for a key without one."""
    code = event.key()
    held = event.modifiers()
    before = ""
    if held & Qt.KeyboardModifier.ControlModifier:
        before += "Ctrl+"
    if held & Qt.KeyboardModifier.AltModifier:
        before += "Alt+"
    if Qt.Key.Key_F1 <= code <= Qt.Key.Key_F35:
        return f"{before}F{code - Qt.Key.Key_F1 + 1}"
    named = NAMES.get(Qt.Key(code)) if code in NAMES else None
    if named is not None:
        return before + named
    if before:
        return before + chr(code).upper() if 0x20 < code < 0x7F else ""
    return event.text()


def key_map(view: View) -> dict[str, object]:
    """Key names and the intents they mean on this view; acts that are off have none."""
    found: dict[str, object] = {}
    for action in _actions(view):
        if action.key and action.enabled and not action.busy:
            found.setdefault(action.key, action.intent)
    for item in view.rail:
        if item.key:
            found.setdefault(item.key, item.intent)
    for block in _blocks(view):
        if isinstance(block, Choices):
            for choice in block.choices:
                if choice.key and choice.enabled:
                    found.setdefault(choice.key, choice.intent)
    found.update(view.keys)
    return found


def _blocks(view: View) -> Iterator[Block]:
    if view.sheet is None:
        yield from view.side
        return
    yield from view.sheet.top
    yield from view.sheet.left
    yield from view.sheet.right


def _actions(view: View) -> Iterator[Action]:
    yield view.anchor.primary
    if view.sheet is not None:
        yield view.sheet.second
    main = view.main
    if isinstance(main, CartMain | CountMain) and not (isinstance(main, CartMain) and main.locked):
        yield from main.actions
        if main.risk is not None:
            yield main.risk
    elif isinstance(main, SearchMain):
        yield main.back
    elif isinstance(main, ReportMain | ReturnMain):
        yield from main.actions
    for block in _blocks(view):
        if isinstance(block, Actions):
            yield from block.actions
        elif isinstance(block, Note) and block.action is not None:
            yield block.action
        elif isinstance(block, Field) and block.clear is not None:
            yield block.clear
        elif isinstance(block, ParkedCards):
            yield from (card.action for card in block.cards)
    note = getattr(main, "note", None)
    if isinstance(note, Note) and note.action is not None:
        yield note.action
    for extra in (view.top.operator, view.top.language, view.top.camera):
        if extra is not None:
            yield extra
