"""The theme file: contrast, completeness, layouts, and that a broken file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from posapp.resources import RESOURCES_VARIABLE, resource_path
from posapp.ui.tokens import SCHEMES, SMALLEST_WINDOW, Scheme, load_tokens, read_tokens

TEXT, MARK = 4.5, 3.0
EVERYWHERE = ("surface", "canvas", "sunken", "primary_soft")
# What is read on what, and the ratio which that use demands.
NEEDS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("ink", EVERYWHERE, TEXT),
    ("ink_2", EVERYWHERE, TEXT),
    ("ink_3", EVERYWHERE, TEXT),
    ("on_primary", ("primary", "primary_hover", "primary_press"), TEXT),
    ("primary_ink", ("surface", "canvas", "primary_soft"), TEXT),
    ("primary", ("surface", "canvas"), MARK),
    ("saving_ink", ("surface", "saving_soft", "primary_soft"), TEXT),
    ("member_ink", ("surface", "member_soft", "primary_soft"), TEXT),
    ("warn_ink", ("surface", "warn_soft", "primary_soft"), TEXT),
    ("danger_ink", ("surface", "danger_soft", "primary_soft"), TEXT),
    ("on_danger", ("danger",), TEXT),
    ("info_ink", ("surface", "info_soft", "primary_soft"), TEXT),
    ("quiet_ink", ("surface", "quiet_soft"), TEXT),
    ("line_strong", EVERYWHERE, MARK),
    ("focus", EVERYWHERE, MARK),
    ("bar", ("surface",), MARK),
    ("bar_peak", ("surface",), MARK),
    ("bar_mute", ("surface",), MARK),
)
SOFT = ("saving_soft", "member_soft", "warn_soft", "danger_soft", "info_soft", "quiet_soft")


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio by WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_formula_knows_black_on_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("role", "ground", "need"), [(role, ground, need) for role, grounds, need in NEEDS for ground in grounds]
)
def test_every_role_is_readable_on_its_grounds(scheme: Scheme, role: str, ground: str, need: float) -> None:
    colors = load_tokens().colors[scheme]
    assert contrast(colors[role], colors[ground]) >= need


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", SOFT)
def test_names_and_second_lines_stand_out_on_every_tinted_band(scheme: Scheme, ground: str) -> None:
    colors = load_tokens().colors[scheme]
    assert min(contrast(colors["ink"], colors[ground]), contrast(colors["ink_2"], colors[ground])) >= 6.9


def test_both_schemes_define_the_same_names_in_different_colours() -> None:
    light, dark = (load_tokens().colors[scheme] for scheme in SCHEMES)
    assert light.keys() == dark.keys()
    assert [role for role in light if light[role] == dark[role]] == []
    assert luminance(light["canvas"]) > 0.8
    assert luminance(dark["canvas"]) < 0.05


@pytest.mark.parametrize(
    ("width", "name"),
    [
        (1920, "w1920"),
        (1600, "w1920"),
        (1599, "w1366"),
        (1536, "w1366"),
        (1366, "w1366"),
        (1280, "w1366"),
        (1279, "w1093"),
        (1093, "w1093"),
        (800, "w1093"),
    ],
)
def test_layout_follows_the_logical_width(width: int, name: str) -> None:
    assert load_tokens().metrics_for(width).name == name


@pytest.mark.parametrize(
    ("size", "anchor", "primary", "second", "main_under_sheet"),
    [
        ((1366, 768), (966, 576, 400, 192), (983, 680, 367, 72), (743, 680, 219, 72), 638),
        ((1920, 1080), (1440, 872, 480, 208), (1457, 992, 447, 72), (1177, 992, 259, 72), 1064),
        ((1093, 614), (749, 450, 344, 164), (766, 538, 311, 64), (558, 538, 187, 64), 477),
    ],
)
def test_skeleton_adds_up_to_the_same_pixels(
    size: tuple[int, int],
    anchor: tuple[int, int, int, int],
    primary: tuple[int, int, int, int],
    second: tuple[int, int, int, int],
    main_under_sheet: int,
) -> None:
    width, height = size
    layout = load_tokens().metrics_for(width)
    at = (width - layout.side, height - layout.anchor)
    assert (*at, layout.side, layout.anchor) == anchor
    x, y, across, tall = layout.primary
    assert (at[0] + x, at[1] + y, across, tall) == primary
    assert (width - layout.sheet + layout.second[0], at[1] + y, layout.second[1], tall) == second
    assert width - layout.rail - layout.sheet == main_under_sheet


def test_nothing_that_is_pressed_or_read_is_too_small() -> None:
    tokens = load_tokens()
    assert tokens.target["least"] >= 48
    for layout in tokens.layouts:
        assert layout.primary[3] >= tokens.target["primary_floor"]
        assert min(layout.key, layout.key_roomy, layout.control, layout.scan[3]) >= tokens.target["least"]
        assert layout.scan[1] + layout.scan[3] <= layout.top_bar
        assert [value % 4 for value in (layout.margin, layout.page_margin, layout.gutter)] == [0, 0, 0]
        assert list(layout.figure_steps) == sorted(layout.figure_steps, reverse=True)
    assert {role for role, size in tokens.type.items() if size.size < 16} == {"keycap"}
    assert all(size.line >= 1.1 * size.size for size in tokens.type.values())
    assert tokens.metrics_for(SMALLEST_WINDOW[0]).from_width == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('dark = "#0F1412" ', ""),
        ("schema = 1", "schema = 2"),
        ("gutter       = 16", 'gutter       = 16\nmystery = "x"'),
        ("member_strip = 80", ""),
        ("card    = 10", "card    = -1"),
        ("card    = 10", 'card    = "wide"'),
    ],
)
def test_a_broken_theme_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = resource_path("theme", "tokens.toml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "tokens.toml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((ValueError, TypeError)):
        read_tokens(broken)


def test_a_bundle_may_keep_its_resources_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert resource_path("theme", "tokens.toml").is_file()
    monkeypatch.setenv(RESOURCES_VARIABLE, str(tmp_path))
    assert resource_path("theme", "tokens.toml") == tmp_path / "theme" / "tokens.toml"
