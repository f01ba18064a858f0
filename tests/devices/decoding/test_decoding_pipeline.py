"""Drawn and spoilt pictures through the whole chain: what is read is right, and nearly all is read."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from posapp.devices.decoding import pipeline
from posapp.devices.decoding.pipeline import Search, decode
from tests.devices.decoding.drawn_pictures import (
    CODES,
    LONG,
    Code,
    Grey,
    blurred,
    by_python_barcode,
    by_segno,
    covered,
    faded,
    glaring,
    leaning,
    noisy,
    placed,
    symbol,
)

AMPLE_US = 10_000_000


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    pipeline.prepare()


def texts(grey: Grey) -> set[tuple[str, str]]:
    return {(one.format, one.text) for one in decode(grey, budget_us=AMPLE_US).symbols}


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"{code.format}-{code.text[:8]}")
@pytest.mark.parametrize("angle", [0, 90, 180])
def test_a_clean_symbol_is_read_whichever_way_it_stands(code: Code, angle: float) -> None:
    size = (640, 640)
    assert texts(placed(symbol(code, 2 if "Expanded" in code.format else 3), angle=angle, size=size)) == {
        (code.format, code.text)
    }


def test_the_raw_text_is_what_a_scanner_sends() -> None:
    raws = {code.format: decode(placed(symbol(code), size=(900, 480))).symbols[0].raw for code in CODES}
    assert raws["UPC-A"] == "]E00023942431015"
    assert raws["UPC-E"] == "]E00041244000098"
    assert raws["EAN-8"] == "]E440123455"
    assert raws["GS1 DataBar"] == "]e00100012345678905"
    assert raws["GS1 DataBar Expanded"] == "]e001900123456789083103001750"
    assert raws["Code 128"] == "]C0AB-12345678"
    assert raws["Data Matrix"].startswith("]d1")


def test_corners_lie_around_the_symbol() -> None:
    found = decode(placed(symbol(CODES[0]))).symbols[0]
    across = [x for x, _ in found.corners]
    assert abs(min(across) - (320 - 95 * 1.5)) < 8
    assert abs(max(across) - (320 + 95 * 1.5)) < 8


def test_drawings_of_other_libraries_are_read() -> None:
    assert texts(by_python_barcode("ean13", "978020131005")) == {("EAN-13", "9780201310054")}
    assert texts(by_segno("member:4711")) == {("QR Code", "member:4711")}


Spoil = Callable[[Grey, int], Grey]
SPOILT: dict[str, tuple[Spoil, int]] = {
    # name: how, and how many of the ten long retail codes have to be read
    "noise": (lambda grey, seed: noisy(grey, seed, 18.0), 9),
    "blur": (lambda grey, seed: noisy(blurred(grey, 2.4 + 0.1 * seed), seed, 2.0), 8),
    "faint": (lambda grey, seed: noisy(faded(grey, 0.18), seed, 2.0), 9),
    "glare": (glaring, 8),
    "tilt": (leaning, 9),
    "angle": (lambda grey, seed: noisy(blurred(grey, 1.0), seed, 4.0), 9),
}


@pytest.mark.parametrize("name", SPOILT)
def test_most_of_the_spoilt_ones_are_read_and_none_wrongly(name: str) -> None:
    spoil, least = SPOILT[name]
    right = 0
    for seed in range(10):
        code = LONG[seed % len(LONG)]
        angle = 7.0 * seed - 20 if name == "angle" else 0.0
        found = texts(spoil(placed(symbol(code), angle=angle), seed))
        assert found <= {(code.format, code.text)}, f"{name} {seed}"
        right += bool(found)
    assert right >= least


@pytest.mark.parametrize("code", CODES[:7], ids=lambda code: f"{code.format}-{code.text[:8]}")
@pytest.mark.parametrize("share", [0.3, 0.45])
def test_a_part_of_a_code_is_nothing(code: Code, share: float) -> None:
    drawn = symbol(code)
    for cut in (int(drawn.shape[1] * share), -int(drawn.shape[1] * share)):
        part = drawn[:, cut:] if cut > 0 else drawn[:, :cut]
        assert texts(placed(np.ascontiguousarray(part), size=(700, 400))) == set()


@pytest.mark.parametrize("code", CODES[:7], ids=lambda code: f"{code.format}-{code.text[:8]}")
def test_a_covered_code_is_nothing(code: Code) -> None:
    assert texts(covered(placed(symbol(code), size=(700, 400)), 0.12)) == set()


@pytest.mark.parametrize("code", LONG, ids=lambda code: code.text)
def test_a_mirrored_linear_code_reads_right_or_not_at_all(code: Code) -> None:
    mirrored = np.ascontiguousarray(placed(symbol(code))[:, ::-1])
    assert texts(mirrored) <= {(code.format, code.text)}


def test_structures_hold_no_code() -> None:
    rng = np.random.default_rng(4)
    stripes = np.repeat(np.repeat(rng.integers(0, 2, 160), 4)[None, :], 480, axis=0)
    pictures = [
        (stripes * 180 + 40).astype(np.uint8),
        blurred((stripes * 180 + 40).astype(np.uint8), 4.0),
        rng.integers(0, 255, (480, 640)).astype(np.uint8),
        np.kron(rng.integers(0, 2, (60, 80)), np.ones((8, 8))).astype(np.uint8) * 200,
        np.full((480, 640), 128, np.uint8),
    ]
    for picture in pictures:
        assert texts(picture) == set()


def test_a_pack_with_two_codes_is_no_contradiction() -> None:
    left, right = placed(symbol(CODES[0]), size=(420, 420)), placed(symbol(CODES[9]), size=(420, 420))
    found = texts(np.ascontiguousarray(np.hstack([left, right])))
    assert found <= {(CODES[0].format, CODES[0].text), (CODES[9].format, CODES[9].text)}
    assert found


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (16, 16)])
def test_tiny_pictures_are_empty_answers(size: tuple[int, int]) -> None:
    assert texts(np.full(size, 200, np.uint8)) == set()


def test_the_time_limit_ends_the_search_after_a_step_and_says_so() -> None:
    hard = noisy(blurred(placed(symbol(CODES[0])), 9.0), 1, 8.0)
    stopped = decode(hard, budget_us=0)
    assert stopped.symbols == ()
    assert not stopped.complete
    assert decode(hard, budget_us=AMPLE_US).complete


def test_a_search_can_be_taken_up_again_step_by_step() -> None:
    code = LONG[0]
    search = Search(noisy(blurred(placed(symbol(code)), 2.6), 3, 2.0))
    steps = search.steps()
    done: list[str] = []
    while not search.symbols():
        done.append(next(steps))
    assert done[0] == "zxing plain"
    assert len(done) > 2
    assert {(one.format, one.text) for one in search.symbols()} == {(code.format, code.text)}


def test_without_libzbar_the_family_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    from posapp.devices.decoding import families

    monkeypatch.setattr(families, "_zbar", lambda: None)
    grey = placed(symbol(CODES[0]))
    assert families.zbar(grey) == []
    assert texts(blurred(grey, 2.6)) <= {(CODES[0].format, CODES[0].text)}


def test_a_curved_label_is_read() -> None:
    flat = placed(symbol(LONG[0]), size=(640, 300))
    height, width = flat.shape
    x = (np.arange(width) - width / 2) / (0.42 * width)
    bent = (np.arcsin(np.clip(x, -1, 1)) / np.arcsin(0.9) * 0.42 * 0.9 * width + width / 2).astype(np.float32)
    rows = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    curved = cv2.remap(flat, np.repeat(bent[None, :], height, axis=0), rows, cv2.INTER_LINEAR)
    assert texts(np.asarray(curved, np.uint8)) == {(LONG[0].format, LONG[0].text)}
