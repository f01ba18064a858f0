"""What people ask while a scanner is tried out, in the imperative."""

from __future__ import annotations

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class TryScanner:
    """Open the test of a scanner, or begin it anew."""


@dataclass(frozen=True, slots=True)
class NextProbe:
    """Go on to the next test code; one that nothing came back for counts as not read."""


@dataclass(frozen=True, slots=True)
class PrintProbes:
    """Print all test codes on paper."""


@dataclass(frozen=True, slots=True)
class PrintFindings:
    """Print what to change on this scanner."""


@dataclass(frozen=True, slots=True)
class BeginPairing:
    """Keep the keyboard scanner that the next code comes from for codes alone."""


@dataclass(frozen=True, slots=True)
class LeavePairing:
    """Wait for no scanner any more."""


@dataclass(frozen=True, slots=True)
class LetScannerGo:
    """Let a paired scanner be an ordinary keyboard again."""

    device_id: str


ScannerWish = (
    TryScanner | NextProbe | PrintProbes | PrintFindings | BeginPairing | LeavePairing | LetScannerGo
)
