"""The parts of the decoding chain by themselves: texts' spellings, cells, areas, evidence."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from posapp.devices.decoding.barred import barred_areas, blur_of, strips
from posapp.devices.decoding.digit_cells import best_texts, cell_costs, drawn_text, inside, rows_of
from posapp.devices.decoding.element_text import gs1_in_parentheses
from posapp.devices.decoding.evidence import Evidence, overlapping
from posapp.devices.decoding.families import Claim, opencv, spelt, zero_suppressed, zxing
from posapp.devices.decoding.pictures import read_grey
from posapp.devices.decoding.quick_look import plain_to_see
from posapp.devices.decoding.rows import read_rows
from tests.devices.decoding.drawn_pictures import CODES, LONG, blurred, placed, symbol

HERE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("01988987654321063103001750", "(01)98898765432106(3103)001750"),
        ("1012A\x1d422123\x1d21123456", "(10)12A(422)123(21)123456"),
        ("0112345678901231392279510X", "(01)12345678901231(3922)79510X"),
        ("811010014141012345290110100", "(8110)10014141012345290110100"),
        ("\x1d1712", "(17)12"),
        ("", ""),
    ],
)
def test_element_strings_in_parentheses(data: str, said: str) -> None:
    assert gs1_in_parentheses(data) == said


@pytest.mark.parametrize("system", "01")
@pytest.mark.parametrize("six", ["412449", "126490", "124003", "123454", "987655", "111112"])
def test_upc_e_and_upc_a_are_each_others(system: str, six: str) -> None:
    made = zxingcpp.create_barcode(system + six, zxingcpp.BarcodeFormat.UPCE)
    image = np.pad(np.array(made.to_image(scale=3)), 30, constant_values=255)
    (claim,) = zxing(image.astype(np.uint8))
    assert claim.format == "UPC-E"
    assert claim.text[:7] == system + six
    assert zero_suppressed(claim.raw[-12:]) == claim.text


def test_wrong_check_digits_are_no_claims() -> None:
    assert spelt("EAN-13", "4006381333932", "]E0", HERE, "opencv") is None
    assert spelt("EAN-8", "40123456", "]E4", HERE, "opencv") is None
    claim = spelt("EAN-13", "0023942431015", "]E0", HERE, "opencv")
    assert claim is not None
    assert (claim.format, claim.text) == ("UPC-A", "023942431015")


def test_opencv_sees_what_zxing_sees() -> None:
    grey = placed(symbol(CODES[0]))
    assert [claim.text for claim in opencv(grey)] == [claim.text for claim in zxing(grey)] == [CODES[0].text]


@pytest.mark.parametrize("text", ["4006381333931", "0023942431015", "9780201310054"])
def test_the_drawn_text_is_the_best_and_the_second_keeps_the_rules(text: str) -> None:
    seen = 2 * inside(drawn_text(rows_of(text), 0.6, 0.0)) - 1
    best = best_texts(*cell_costs(seen, 0.6, 0.0))
    assert best.text == text
    assert best.rows == rows_of(text)
    assert best.second > best.cost + 5


def test_best_texts_agree_with_trying_them_all() -> None:
    rng = np.random.default_rng(11)
    for _ in range(5):
        left, right = rng.random((6, 20)).astype(np.float32), rng.random((6, 10)).astype(np.float32)
        best = best_texts(left, right)
        assert _check(best.text)
        cost = sum(float(left[i, row]) for i, row in enumerate(best.rows[:6]))
        cost += sum(float(right[i, row - 20]) for i, row in enumerate(best.rows[6:]))
        assert best.cost == pytest.approx(cost, rel=1e-4)
        for other in _changed(best.text):
            rows = rows_of(other)
            price = sum(float(left[i, row]) for i, row in enumerate(rows[:6]))
            price += sum(float(right[i, row - 20]) for i, row in enumerate(rows[6:]))
            assert price >= best.second - 1e-3


def _check(text: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10 == 0


def _changed(text: str) -> list[str]:
    """Every text that differs in the first digit or one other and in the check digit."""
    out = []
    for place in range(12):
        for digit in "0123456789":
            body = text[:place] + digit + text[place + 1 : 12]
            check = next(last for last in "0123456789" if _check(body + last))
            if body + check != text:
                out.append(body + check)
    return out


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, -55.0])
def test_the_barred_area_is_found_at_any_angle(angle: float) -> None:
    area = barred_areas(placed(symbol(CODES[0]), angle=angle))[0]
    turned = (np.degrees(area.angle) + angle) % 180
    assert min(turned, 180 - turned) < 6
    assert 0.8 * 285 < area.right - area.left < 1.3 * 285


def test_nothing_barred_on_an_empty_picture() -> None:
    assert barred_areas(np.full((300, 400), 90, np.uint8)) == []
    assert barred_areas(np.full((4, 4), 90, np.uint8)) == []


@pytest.mark.parametrize("sigma", [3.0, 4.0])
def test_rows_read_what_no_decoder_reads(sigma: float) -> None:
    grey = blurred(placed(symbol(LONG[0])), sigma)
    assert zxing(grey, full=True) == []
    found = strips(grey, barred_areas(grey)[0])
    assert blur_of(found.profile, found.margin) > 0
    best = max(read_rows(found), key=lambda reading: reading.margin)
    assert best.text == LONG[0].text
    assert best.margin > 0.3


def test_a_look_alike_is_not_plain_to_see() -> None:
    grey = placed(symbol(LONG[0]))
    (claim,) = zxing(grey)
    assert plain_to_see(grey, claim)
    for other in _changed(claim.text)[::9]:
        assert not plain_to_see(grey, Claim("EAN-13", other, f"]E0{other}", claim.corners, "zxing"))


def test_two_decoders_that_agree_on_a_wrong_text_are_not_believed() -> None:
    grey = placed(symbol(LONG[0]))
    (claim,) = zxing(grey)
    wrong = Claim("EAN-13", "4006381333948", "]E04006381333948", claim.corners, "zxing")
    evidence = Evidence(grey)
    for family in ("zxing", "zbar", "opencv"):
        evidence.add(Claim(wrong.format, wrong.text, wrong.raw, wrong.corners, family))
    assert evidence.symbols() == ()


def test_a_long_code_outranks_a_short_one_in_its_place() -> None:
    grey = placed(symbol(LONG[0]))
    (claim,) = zxing(grey)
    evidence = Evidence(grey)
    evidence.add(claim)
    evidence.add(Claim("ITF", "123", "]I0123", claim.corners, "zxing"))
    assert [one.text for one in evidence.symbols()] == [claim.text]


def test_places_that_share_ground() -> None:
    far = tuple((x + 100.0, y) for x, y in HERE)
    assert overlapping(HERE, HERE)
    assert not overlapping(HERE, (far[0], far[1], far[2], far[3]))


def test_files_that_are_no_pictures(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "words.jpg").write_text("no picture")
    for name in ("missing.jpg", "empty.jpg", "words.jpg"):
        assert isinstance(read_grey(tmp_path / name), str)
    assert isinstance(read_grey(tmp_path), str)
