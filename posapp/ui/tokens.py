"""The design tokens as typed, frozen values.

Knows the shape of `resources/theme/tokens.toml` and refuses a file that lacks a part or holds one of
the wrong kind, so that a mistake in the theme is seen at the start and not on the screen it spoils.
It knows nothing of Qt: painting, fonts and style sheets are made from these values elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args

from posapp.resources import resource_path
from posapp.values import dataclass

SCHEMA = 1
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
SMALLEST_WINDOW = (1093, 614)

Value = TypeVar("Value")
Lengths = Mapping[str, int]
Rect = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TypeSize:
    """Size and line height of a type role, in device-independent pixels."""

    size: int
    line: int


@dataclass(frozen=True, slots=True)
class Letters:
    """Families in order of preference, the bundled files, and how figures are set."""

    latin: tuple[str, ...]
    cjk: tuple[str, ...]
    arabic: tuple[str, ...]
    files: tuple[str, ...]
    features: tuple[str, ...]
    weight_regular: int
    weight_strong: int
    tight_from: int
    tight_percent: int
    currency_scale: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """One layout: the fixed sizes of the window's parts, in device-independent pixels."""

    name: str
    from_width: int
    top_bar: int
    rail: int
    rail_words: bool
    side: int
    anchor: int
    sheet: int
    margin: int
    page_margin: int
    gutter: int
    row: int
    member_strip: int
    action_strip: int
    control: int
    key: int
    key_roomy: int
    figure_steps: tuple[int, ...]
    scan: Rect
    primary: Rect
    second: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cue:
    """One sound: its file, its gain in decibels, its (hertz, milliseconds) notes."""

    file: str
    gain_db: int
    notes: tuple[tuple[int, int], ...]
    gap_ms: int = 0
    at_most_every_ms: int = 0


@dataclass(frozen=True, slots=True)
class Tokens:
    """Everything the theme file says."""

    colors: Mapping[Scheme, Mapping[str, str]]
    letters: Letters
    type: Mapping[str, TypeSize]
    space: Lengths
    radius: Lengths
    border: Lengths
    target: Lengths
    icon: Lengths
    layouts: tuple[Metrics, ...]
    motion: Lengths
    cues: Mapping[str, Cue]
    soft_db: int

    def metrics_for(self, width: int) -> Metrics:
        """Return the layout for a logical window width in pixels: the widest one that fits."""
        return next(layout for layout in self.layouts if width >= layout.from_width)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def _make(kind: type[Value], **values: Any) -> Value:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    strange = set(values) - known
    if strange:
        raise ValueError(f"{kind.__name__} in the theme has no {', '.join(sorted(strange))}")
    return kind(**{name: _frozen(value) for name, value in values.items()})


def _lengths(table: Mapping[str, Any]) -> Lengths:
    for name, value in table.items():
        if not isinstance(value, int) or value < 0:
            raise ValueError(f"the theme's {name} is not a length: {value!r}")
    return MappingProxyType(dict(table))


def _schemes(table: Mapping[str, Mapping[str, str]]) -> Mapping[Scheme, Mapping[str, str]]:
    for role, pair in table.items():
        if set(pair) != set(SCHEMES):
            raise ValueError(f"the theme's colour {role} must be given for {' and '.join(SCHEMES)}")
    return MappingProxyType(
        {scheme: MappingProxyType({role: pair[scheme] for role, pair in table.items()}) for scheme in SCHEMES}
    )


def read_tokens(path: Path) -> Tokens:
    """Read a theme file; raise ValueError, KeyError or TypeError if it is not a whole one."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    if raw["schema"] != SCHEMA:
        raise ValueError(f"theme schema {raw['schema']!r}, not {SCHEMA}")
    layouts = [_make(Metrics, name=name, **table) for name, table in raw["layout"].items()]
    return Tokens(
        colors=_schemes(raw["colors"]),
        letters=_make(Letters, **raw["font"]),
        type=MappingProxyType({role: TypeSize(size, line) for role, (size, line) in raw["type"].items()}),
        space=_lengths(raw["space"]),
        radius=_lengths(raw["radius"]),
        border=_lengths(raw["border"]),
        target=_lengths(raw["target"]),
        icon=_lengths(raw["icon"]),
        layouts=tuple(sorted(layouts, key=lambda layout: -layout.from_width)),
        motion=_lengths(raw["motion"]),
        cues=MappingProxyType({name: _make(Cue, **table) for name, table in raw["sound"]["cues"].items()}),
        soft_db=raw["sound"]["soft_db"],
    )


@lru_cache(maxsize=1)
def load_tokens() -> Tokens:
    """Return the bundled theme, read once."""
    return read_tokens(resource_path("theme", "tokens.toml"))
