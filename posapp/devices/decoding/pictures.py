"""Pictures from files, as the grey arrays that everything here works on.

Refuses to know what is on them. A file that is no picture is an answer, not an exception.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
_MAY_BE_TRANSPARENT = (b"\x89PNG", b"RIFF", b"II*\x00", b"MM\x00*")


def read_grey(path: Path) -> Grey | str:
    """The picture of a file in grey, or a sentence that says why there is none."""
    try:
        if path.exists() and not path.is_file():
            return "This is not a file. Give the pictures one by one."
        data = path.read_bytes()
    except OSError as error:
        return f"The file cannot be read: {error.strerror or error}."
    if not data:
        return "The file is empty."
    try:
        grey: Any = _on_white(data)
        if grey is None:
            grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        grey = None
    return "The file is not a picture that can be read." if grey is None else np.asarray(grey, np.uint8)


def _on_white(data: bytes) -> Any:
    """A picture with transparent parts as it looks on white paper; None for one without.

    OpenCV would show the colour below the transparency, which is mostly black, as the bars are.
    """
    if not data.startswith(_MAY_BE_TRANSPARENT):
        return None
    picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        return None
    whole = float(np.iinfo(picture.dtype).max) if picture.dtype.kind == "u" else 1.0
    grey = cv2.cvtColor(picture[..., :3].astype(np.float32), cv2.COLOR_BGR2GRAY) / whole
    cover = picture[..., 3].astype(np.float32) / whole
    return np.rint(255 * (grey * cover + 1 - cover))
