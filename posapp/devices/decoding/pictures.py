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


def read_grey(path: Path) -> Grey | str:
    """The picture of a file in grey, or a sentence that says why there is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"The file cannot be read: {error.strerror or error}."
    if not data:
        return "The file is empty."
    try:
        grey: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        grey = None
    return "The file is not a picture that can be read." if grey is None else np.asarray(grey, np.uint8)
