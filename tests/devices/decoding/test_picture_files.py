"""Picture files of every make: transparent ones lie on white paper, strange shapes hold nothing."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from posapp.devices.barcodes import draw
from posapp.devices.decoding.pictures import read_grey
from posapp.devices.decoding.pipeline import decode

CODE = "6901234567892"


def bars() -> np.ndarray:
    """Dark modules of an EAN-13 with light around, three dots a module."""
    rows = np.repeat(np.array(draw("ean-13", CODE).rows), 40, axis=0)
    return np.kron(np.pad(rows, 14), np.ones((3, 3), bool))


@pytest.mark.parametrize("deep", [False, True])
def test_black_bars_on_nothing_are_read(tmp_path: Path, deep: bool) -> None:
    dark = bars()
    whole = 65_535 if deep else 255
    picture = np.zeros((*dark.shape, 4), np.uint16 if deep else np.uint8)
    picture[..., 3] = np.where(dark, whole, 0)
    cv2.imwrite(str(tmp_path / "code.png"), picture)
    grey = read_grey(tmp_path / "code.png")
    assert not isinstance(grey, str)
    assert [symbol.text for symbol in decode(grey).symbols] == [CODE]


def test_half_transparent_grey_is_half_as_dark(tmp_path: Path) -> None:
    picture = np.full((20, 20, 4), 0, np.uint8)
    picture[..., 3] = 128
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    grey = read_grey(tmp_path / "half.png")
    assert not isinstance(grey, str)
    assert set(np.unique(grey)) == {127}


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (7, 300), (12, 5000), (5000, 12), (20, 3000)]
)
def test_strange_shapes_hold_nothing(shape: tuple[int, int]) -> None:
    stripes = np.where(np.add.outer(np.arange(shape[0]), np.arange(shape[1])) // 3 % 2, 255, 0)
    assert decode(stripes.astype(np.uint8)).symbols == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_grey(tmp_path / "pipe") == "This is not a file. Give the pictures one by one."
    assert isinstance(read_grey(tmp_path), str)
    assert isinstance(read_grey(tmp_path / "missing.png"), str)
