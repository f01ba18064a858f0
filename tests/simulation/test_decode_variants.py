"""The campaign of altered pictures in short, on drawn codes, and that it can fail."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from posapp.devices.barcodes import draw
from tests.simulation.decode_variants import altered, main, wrong_texts

CODES = {
    "EAN-13": ("ean-13", "6901234567892"),
    "UPC-A": ("upc-a", "036000291452"),
    "QR Code": ("qr", "P1M.X"),
}


def picture(kind: str, text: str) -> np.ndarray:
    """A drawn code on grey paper."""
    drawing = draw(kind, text)  # type: ignore[arg-type]
    rows = np.array(drawing.rows)
    if drawing.linear:
        rows = np.repeat(rows, 45, axis=0)
    dots = np.kron(np.pad(rows, 14), np.ones((3, 3), bool))
    return cv2.GaussianBlur(np.where(dots, 40, 205).astype(np.uint8), (0, 0), 0.7)


@pytest.mark.campaign
@pytest.mark.parametrize("symbol_format", list(CODES))
def test_nothing_wrong_is_read_of_altered_codes(symbol_format: str) -> None:
    kind, text = CODES[symbol_format]
    read: Counter[str] = Counter()
    expected = {"format": symbol_format, "text": text}
    assert list(wrong_texts(picture(kind, text), expected, seed=5, budget_us=400_000, read=read)) == []
    assert {"quarter turn", "upside down", "turned", "noisy", "pressed", "darker", "paler"} <= set(read)


def test_there_are_as_many_alterations_as_are_counted() -> None:
    made = list(altered(picture(*CODES["EAN-13"]), np.random.default_rng(1)))
    assert len({name for name, _ in made}) == len(made) == 18


def test_the_command_finds_a_text_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told that the picture says something else, it must cry."""
    cv2.imwrite(str(tmp_path / "a.png"), picture(*CODES["EAN-13"]))
    planted = {"a.png": {"format": "EAN-13", "text": "4006381333931"}}
    (tmp_path / "expected.json").write_text(json.dumps(planted), "utf-8")
    assert main([str(tmp_path)]) == 1
    assert "WRONG a.png" in capsys.readouterr().out
    assert main([str(tmp_path), "--pictures", "1:2"]) == 0
