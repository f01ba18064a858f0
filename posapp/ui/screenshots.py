"""Pictures of the window as files, for people to look at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget


def grab(window: QWidget, path: Path) -> Path:
    """Write the window as PNG; OSError where the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not window.grab().save(str(path), "PNG"):
        raise OSError(f"the picture could not be written: {path}")
    return path
