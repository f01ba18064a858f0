"""The style sheet of the standard widgets, written from the tokens.

Knows the selectors: buttons by the property `kind`, labels by `ink`, frames by `frame`, and which
colour each state takes. It sets no fonts, because a style sheet would drop the tabular figures, and no
focus border, because the ring is drawn outside the widget. It keeps rules few and flat: Qt matches
every rule against every widget that is made.
"""

from __future__ import annotations

from posapp.ui.tokens import Scheme, Tokens

INKS = (
    "ink",
    "ink_2",
    "ink_3",
    "primary_ink",
    "on_primary",
    "saving_ink",
    "member_ink",
    "warn_ink",
    "danger_ink",
    "on_danger",
    "info_ink",
    "quiet_ink",
)
BANDS = ("saving", "member", "warn", "danger", "info", "quiet", "primary")

_RULES = """
QWidget {{ outline: none; }}
QMainWindow, QDialog, QWidget[frame="canvas"] {{ background: {canvas}; }}
QLabel {{ color: {ink}; background: transparent; }}
QToolTip {{ color: {ink}; background: {surface}; border: {hair}px solid {line_mid}; padding: {x1}px; }}

QPushButton, QToolButton {{
  color: {ink}; background: {surface}; border: {hair}px solid {line_mid}; border-radius: {control}px;
  padding: 0 {x4}px;
}}
QPushButton:hover, QToolButton:hover {{ background: {canvas}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {sunken}; }}
QPushButton:checked, QToolButton:checked {{
  color: {primary_ink}; background: {primary_soft}; border: {double}px solid {primary};
}}
QPushButton:disabled, QToolButton:disabled {{ color: {ink_3}; background: {sunken}; border-color: {line}; }}

QPushButton[kind="primary"] {{ color: {on_primary}; background: {primary}; border: none; }}
QPushButton[kind="primary"]:hover {{ background: {primary_hover}; }}
QPushButton[kind="primary"]:pressed {{ background: {primary_press}; }}
QPushButton[kind="primary"]:disabled {{
  color: {ink_3}; background: {sunken}; border: {hair}px solid {line};
}}
QPushButton[kind="primary"][busy="true"] {{ color: {primary_ink}; background: {primary_soft}; }}

QPushButton[kind="risk"] {{ color: {danger_ink}; }}
QPushButton[kind="risk"]:pressed {{ background: {danger_soft}; }}
QPushButton[kind="risk"]:disabled {{ color: {ink_3}; }}

QPushButton[kind="key"] {{ padding: 0; }}
QPushButton[kind="key"][soft="true"] {{
  color: {primary_ink}; background: {primary_soft}; border-color: {primary};
}}

QPushButton[kind="tile"] {{ padding: {x3}px {x4}px; text-align: left; }}

QPushButton[kind="tab"] {{ background: transparent; border-color: transparent; }}
QPushButton[kind="tab"]:hover {{ background: {surface}; }}
QPushButton[kind="tab"]:checked {{
  color: {primary_ink}; background: {primary_soft}; border: {hair}px solid {primary};
}}

QPushButton[kind="quiet"], QToolButton[kind="quiet"] {{
  color: {ink_2}; background: transparent; border-color: transparent; padding: 0 {x3}px;
}}
QPushButton[kind="quiet"]:pressed, QToolButton[kind="quiet"]:pressed {{ background: {sunken}; }}
QPushButton[kind="quiet"]:disabled, QToolButton[kind="quiet"]:disabled {{ color: {ink_3}; }}

QPushButton[kind="rail"], QToolButton[kind="rail"] {{
  color: {ink_2}; background: transparent; border: none; border-left: {mark}px solid transparent;
  border-radius: 0; padding: 0 {mark}px 0 0;
}}
QPushButton[kind="rail"]:pressed, QToolButton[kind="rail"]:pressed {{ background: {sunken}; }}
QPushButton[kind="rail"]:checked, QToolButton[kind="rail"]:checked {{
  color: {primary_ink}; background: {primary_soft}; border: none; border-left: {mark}px solid {primary};
}}

QLineEdit, QPlainTextEdit, QSpinBox, QComboBox {{
  color: {ink}; background: {surface}; border: {hair}px solid {line_strong}; border-radius: {control}px;
  padding: 0 {x4}px; selection-color: {on_primary};
  placeholder-text-color: {ink_3}; selection-background-color: {primary};
}}
QLineEdit:disabled, QPlainTextEdit:disabled {{ color: {ink_3}; background: {sunken}; border-color: {line}; }}
QLineEdit[bare="true"] {{ border: none; background: transparent; padding: 0; }}

QWidget[frame="card"] {{ background: {surface}; border: {hair}px solid {line}; border-radius: {card}px; }}
QWidget[frame="bar"] {{ background: {surface}; border: none; border-bottom: {hair}px solid {line}; }}
QWidget[frame="rail"] {{ background: {surface}; border: none; border-right: {hair}px solid {line}; }}
QWidget[frame="side"] {{ background: {surface}; border: none; border-left: {hair}px solid {line}; }}
QWidget[frame="anchor"] {{
  background: {surface}; border: none; border-left: {hair}px solid {line}; border-top: {hair}px solid {line};
}}
QWidget[frame="sheet"] {{ background: {surface}; border: none; border-left: {hair}px solid {line_strong}; }}
QWidget[frame="well"] {{ background: {sunken}; border: none; border-radius: {control}px; }}
QWidget[frame="chip"] {{ background: {quiet_soft}; border: none; border-radius: {chip}px; }}
QLabel[keycap="true"] {{
  color: {ink_3}; background: {canvas}; border: {hair}px solid {line}; border-radius: {keycap}px;
  padding: 0 {keypad}px;
}}
QLabel[keycap="primary"] {{
  color: {on_primary}; background: transparent; border: {hair}px solid {on_primary};
  border-radius: {keycap}px; padding: 0 {keypad}px;
}}

QAbstractScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: {x3}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {x3}px; margin: 0; }}
QScrollBar::handle {{ background: {line_mid}; border-radius: {x1}px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: {least}px; }}
QScrollBar::handle:horizontal {{ min-width: {least}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{
  color: transparent; background: {sunken}; border: none; border-radius: 2px; max-height: {mark}px;
}}
QProgressBar::chunk {{ background: {primary}; border-radius: 2px; }}
"""


def css_color(text: str) -> str:
    """Return `#RRGGBB` as it is and `#RRGGBBAA` in the form which Qt's style sheets read."""
    if len(text) == 7:
        return text
    red, green, blue, alpha = (int(text[place : place + 2], 16) for place in (1, 3, 5, 7))
    return f"rgba({red}, {green}, {blue}, {alpha})"


def build_stylesheet(tokens: Tokens, scheme: Scheme) -> str:
    """Return the style sheet of one scheme."""
    colors = {role: css_color(text) for role, text in tokens.colors[scheme].items()}
    lengths = {
        **tokens.space,
        **tokens.radius,
        "hair": tokens.border["hair"],
        "double": tokens.border["hair"] * 2,
        "mark": tokens.border["mark"],
        "least": tokens.target["least"],
        "keypad": tokens.space["x1"] + 2,
    }
    rules = [_RULES.format_map({**colors, **lengths})]
    rules += [f'QLabel[ink="{role}"] {{ color: {colors[role]}; }}' for role in INKS if role != "ink"]
    rules += [
        f'QWidget[frame="{band}"] {{ background: {colors[band + "_soft"]}; border: none; '
        f"border-radius: {tokens.radius['control']}px; }}"
        for band in BANDS
    ]
    return "\n".join(rules)
