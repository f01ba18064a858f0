"""Where the files that come with the program are found.

Knows that fonts, icons, sounds and the theme lie in `resources` beside the `posapp` package, or, in a
bundle, in the folder named by the environment variable `POSAPP_RESOURCES`. It reads none of them and
keeps nothing, so that a test or a bundle may point elsewhere at any time.
"""

from __future__ import annotations

import os
from pathlib import Path

RESOURCES_VARIABLE = "POSAPP_RESOURCES"


def resource_path(*parts: str) -> Path:
    """Return the absolute path of a bundled file or folder, whether or not it exists."""
    named = os.environ.get(RESOURCES_VARIABLE)
    root = Path(named) if named else Path(__file__).resolve().parents[1] / "resources"
    return root.joinpath(*parts)
