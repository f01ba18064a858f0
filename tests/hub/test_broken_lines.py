"""A line that broke is no success, unless it was the reader of our output that had seen enough."""

from __future__ import annotations

import argparse

import pytest

from sync.hub import commands


def test_another_line_that_broke_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def hang_up(_options: argparse.Namespace) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=hang_up)
    monkeypatch.setattr(commands, "_parser", lambda: parser)
    assert commands.cli([]) == 1
    assert capfd.readouterr().err.strip()
