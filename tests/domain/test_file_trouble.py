"""Each trouble with a file is one sentence that names the file and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from posapp.domain.file_trouble import file_sentence


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "a.csv does not exist: check"),
        (errno.EISDIR, "a.csv is a folder: name a file"),
        (errno.EACCES, "no permission for a.csv: give it"),
        (errno.ENOSPC, "the disk of a.csv is full: make room"),
        (errno.EIO, "cannot read or write a.csv: "),
    ],
)
def test_a_trouble_is_a_sentence(number: int, said: str) -> None:
    sentence = file_sentence(OSError(number, os.strerror(number), "a.csv"))
    assert sentence.startswith(said)
    assert "Errno" not in sentence
    assert "\n" not in sentence


def test_what_names_no_file_is_told_too() -> None:
    said = "cannot read or write the file: gone; check it, then run this again"
    assert file_sentence(OSError("gone")) == said
    assert "b.csv" in file_sentence(OSError(errno.ENOENT, "no", b"b.csv"))


def test_what_python_itself_raises_is_known(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory") as trouble:
        tmp_path.read_bytes()
    assert file_sentence(trouble.value) == f"{tmp_path} is a folder: name a file"
