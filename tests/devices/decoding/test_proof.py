"""Drawn and degraded symbols: the right text is proved, look-alikes and parts of a code are not."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from posapp.devices.decoding.bars import drawn, expand_upce, retail_cells
from posapp.devices.decoding.code128_bars import bars_of, code128_bars, text_of
from posapp.devices.decoding.proof import prove
from posapp.devices.decoding.proof_rivals import best_ean8, best_ean13, best_upce, code128_values
from posapp.devices.decoding.symbol import Format
from posapp.domain.codes.gtin import check_digit

MODULE_PX = 2.4
Picture = tuple[NDArray[np.uint8], list[tuple[float, float]]]


def _point(place: Any) -> tuple[float, float]:
    return float(place[0]), float(place[1])


def picture(symbol_format: Format, text: str, *, blur: float = 0.4, slant: float = 0.05) -> Picture:
    """A grey picture of a symbol at an angle, and its corners."""
    bars = drawn(symbol_format, text)[0]
    fine = 8
    row = np.full(round((bars.length + 24) * fine), 235.0, np.float32)
    for begin, end in zip(bars.edges[::2], bars.edges[1::2], strict=True):
        row[round((begin + 12) * fine) : round((end + 12) * fine)] = 30.0
    flat = np.repeat(row[None, :], 60 * fine, axis=0)
    soft = cv2.GaussianBlur(flat, (0, 0), blur * fine)
    scale = MODULE_PX / fine
    turn = np.array([[scale, -slant * scale, 30.0], [slant * scale, scale, 20.0]], np.float32)
    size = (
        int((bars.length + 24) * MODULE_PX) + 60,
        int(70 * MODULE_PX + slant * bars.length * MODULE_PX) + 40,
    )
    seen = cv2.warpAffine(soft, turn, size, flags=cv2.INTER_AREA, borderValue=235.0)
    noisy = np.asarray(seen) + np.random.default_rng(7).normal(0.0, 4.0, seen.shape)
    ends = np.array([[12, 10], [12 + bars.length, 10], [12 + bars.length, 50], [12, 50]]) * fine
    corners = [_point(turn @ (*end, 1.0)) for end in ends]
    return np.clip(noisy, 0, 255).astype(np.uint8), corners


TEXTS: list[tuple[Format, str]] = [
    ("EAN-13", "4006381333931"),
    ("EAN-13", "9780201310054"),
    ("UPC-A", "023942431015"),
    ("EAN-8", "40123455"),
    ("UPC-E", "04124498"),
    ("ITF", "00012345678905"),
    ("Code 39", "CODE-39"),
    ("Code 128", "AB-12345678"),
    ("Code 128", "(01)09501101530003(17)261130(10)AB12"),
    ("GS1 DataBar", "00012345678905"),
]


@pytest.mark.parametrize(("symbol_format", "text"), TEXTS)
def test_a_text_that_is_there_is_proved(symbol_format: Format, text: str) -> None:
    gray, corners = picture(symbol_format, text)
    proof = prove(gray, symbol_format, text, corners)
    assert proof.ok, proof
    assert proof.likeness > 0.97


@pytest.mark.parametrize("turned", [1, 2])
def test_corners_may_be_off_and_upside_down(turned: int) -> None:
    gray, corners = picture("EAN-13", "4006381333931")
    nudged = [(x + 2.0 * (-1) ** place, y + 3.0) for place, (x, y) in enumerate(corners)]
    corners = nudged if turned == 1 else nudged[2:] + nudged[:2]
    assert prove(gray, "EAN-13", "4006381333931", corners).ok


@pytest.mark.parametrize("blur", [0.3, 0.75])
def test_look_alikes_that_keep_the_check_digit_are_refused(blur: float) -> None:
    text = "4006381333931"
    gray, corners = picture("EAN-13", text, blur=blur)
    assert prove(gray, "EAN-13", text, corners).ok
    for place in range(1, 12):
        for digit in "0123456789":
            body = text[:place] + digit + text[place + 1 : 12]
            other = body + check_digit(body)
            if other != text:
                proof = prove(gray, "EAN-13", other, corners, thorough=False)
                assert not proof.ok, (other, proof)
                assert proof.margin < 0.1, (other, proof)


def test_part_of_a_longer_code_is_refused() -> None:
    gray, corners = picture("ITF", "216736133412")
    left, right = np.array(corners[0]), np.array(corners[1])
    low_left, low_right = np.array(corners[3]), np.array(corners[2])
    share = 0.62
    part = [left, left + share * (right - left), low_left + share * (low_right - low_left), low_left]
    assert not prove(gray, "ITF", "21673613", [_point(corner) for corner in part]).ok


def test_a_half_covered_code_is_refused() -> None:
    gray, corners = picture("EAN-13", "4006381333931")
    covered = gray.copy()
    covered[:, int((corners[0][0] + corners[1][0]) / 2) :] = 200
    assert not prove(covered, "EAN-13", "4006381333931", corners).ok


def test_glare_over_the_middle_leaves_the_ends() -> None:
    gray, corners = picture("EAN-13", "4006381333931", slant=0.0)
    (left, top), (right, _), (_, low), _ = corners
    glared = gray.copy()
    cv2.ellipse(
        glared,
        (int(0.7 * left + 0.3 * right), int((top + low) / 2)),
        (40, int(0.3 * (low - top))),
        0,
        0,
        360,
        255,
        -1,
    )
    assert not prove(glared, "EAN-13", "4006381333931", corners, thorough=False).ok
    assert prove(glared, "EAN-13", "4006381333931", corners).ok
    assert not prove(glared, "EAN-13", "4006381333948", corners).ok


def test_nothing_is_no_proof() -> None:
    blank = np.full((80, 300), 200, np.uint8)
    assert not prove(blank, "EAN-8", "40123455", [(20, 20), (200, 20), (200, 60), (20, 60)]).ok
    assert not prove(blank, "EAN-8", "40123455", [(20, 20), (22, 20), (22, 60), (20, 60)]).ok
    assert not prove(blank, "EAN-8", "40123456", [(20, 20), (200, 20), (200, 60), (20, 60)]).ok


ZXING_FORMATS = {
    "EAN-13": zxingcpp.BarcodeFormat.EAN13,
    "EAN-8": zxingcpp.BarcodeFormat.EAN8,
    "UPC-E": zxingcpp.BarcodeFormat.UPCE,
    "ITF": zxingcpp.BarcodeFormat.ITF,
    "Code 39": zxingcpp.BarcodeFormat.Code39,
    "Code 128": zxingcpp.BarcodeFormat.Code128,
}


@pytest.mark.parametrize(
    ("symbol_format", "text", "way"),
    [
        ("EAN-13", "4006381333931", 0),
        ("EAN-8", "40123455", 0),
        ("UPC-E", "04124498", 0),
        ("UPC-E", "11234512", 0),
        ("ITF", "12345678", 1),
        ("Code 39", "AB-12 $/+%.", 2),
        ("Code 128", "ABC123456", 0),
        ("Code 128", "123456", 0),
    ],
)
def test_the_drawing_is_that_of_zxing(symbol_format: Format, text: str, way: int) -> None:
    if symbol_format == "UPC-E":
        text = text[:7] + check_digit(expand_upce(text[:7]))
    image = np.array(
        zxingcpp.create_barcode(text, ZXING_FORMATS[symbol_format]).to_image(scale=1, add_quiet_zones=False)
    )
    dark = np.concatenate(([0], (image[image.shape[0] // 2] < 128).astype(np.int8), [0]))
    assert drawn(symbol_format, text)[way].edges == tuple(map(float, np.flatnonzero(np.diff(dark))))


def test_texts_that_break_their_rules_have_no_drawing() -> None:
    assert drawn("EAN-13", "4006381333930") == ()
    assert drawn("UPC-E", "21234565") == ()
    assert drawn("ITF", "123") == ()
    assert drawn("Code 39", "a*") == ()
    assert retail_cells("EAN-8", "1234567") is None


@pytest.mark.parametrize("text", ["AB-12345678", "0053379497200006", "abcdef", "12345", "A\n1"])
def test_every_drawing_of_code_128_spells_its_text(text: str) -> None:
    ways = code128_bars(text)
    assert ways
    for bars in ways:
        values = code128_values(bars)
        spelt = text_of(values[:-1])
        assert spelt is not None
        assert spelt.lstrip("\x1d") == text
        assert bars_of(values[:-1]) == bars


def test_an_unusual_encoding_is_found_in_the_picture() -> None:
    values = (104, 21, 99, 12, 34, 100, 21, 22, 99, 78, 90)  # a switch for every pair
    text = text_of(values)
    assert text is not None
    bars = bars_of(values)
    assert bars not in code128_bars(text)
    row = np.full(round((bars.length + 24) * 4), 230, np.uint8)
    for begin, end in zip(bars.edges[::2], bars.edges[1::2], strict=True):
        row[round((begin + 12) * 4) : round((end + 12) * 4)] = 25
    gray = np.asarray(cv2.GaussianBlur(np.repeat(row[None, :], 160, axis=0), (0, 0), 1.5), np.uint8)
    left, right = 48.0, 48.0 + bars.length * 4
    assert prove(gray, "Code 128", text, [(left, 30.0), (right, 30.0), (right, 120.0), (left, 120.0)]).ok


def _cost(costs: NDArray[np.float64], symbol_format: Format, text: str) -> float:
    cells = retail_cells(symbol_format, text)
    assert cells is not None
    return float(sum(costs[at, digit + 10 * "ABC".index(kind)] for at, (digit, kind) in enumerate(cells)))


@pytest.mark.parametrize("seed", range(3))
def test_the_best_text_and_its_best_rival(seed: int) -> None:
    """Against a plain search over all texts of a few free digits."""
    rng = np.random.default_rng(seed)
    costs = rng.random((8, 30))
    costs[3:7] += 10 * (np.arange(30) % 10 > 1)
    bodies = (f"{head:03d}{tail:04b}" for head in range(1000) for tail in range(16))
    ranked = sorted((_cost(costs, "EAN-8", text), text) for text in (b + check_digit(b) for b in bodies))
    _equal(best_ean8(costs, None), ranked[0])
    _equal(best_ean8(costs, ranked[0][1]), ranked[1])

    costs = rng.random((12, 30))
    costs[1:10] += 10 * (np.arange(30) % 10 > 1)
    bodies = (f"{head:02d}{tail:09b}{last}" for head in range(100) for tail in range(512) for last in (3,))
    costs[10] += 10 * (np.arange(30) % 10 != 3)
    ranked = sorted((_cost(costs, "EAN-13", text), text) for text in (b + check_digit(b) for b in bodies))
    _equal(best_ean13(costs, None), ranked[0])
    _equal(best_ean13(costs, ranked[0][1]), ranked[1])

    costs = rng.random((6, 30))
    costs[1:4] += 10 * (np.arange(30) % 10 > 1)
    bodies = (
        f"{s}{a}{m:03b}{z:02d}" for s in (0, 1) for a in range(10) for m in range(8) for z in range(100)
    )
    texts = (body + check_digit(expand_upce(body)) for body in bodies)
    ranked = sorted((_cost(costs, "UPC-E", text), text) for text in texts)
    _equal(best_upce(costs, None), ranked[0])
    _equal(best_upce(costs, ranked[0][1]), ranked[1])


def _equal(found: tuple[float, str], expected: tuple[float, str]) -> None:
    assert found[1] == expected[1]
    assert found[0] == pytest.approx(expected[0])
