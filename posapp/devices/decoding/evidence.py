"""When a text is believed: what each claim was worth, and how claims and the proof add up.

Matrix codes carry their own correction and are believed at once. A linear text is believed when the
bars it would have lie on the picture and no other text fits nearly as well; decoders that agree lower
what is asked of the proof, but never do without it. Two texts in one place: neither is believed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from posapp.devices.decoding.families import Claim, Corners, Family, Grey
from posapp.devices.decoding.proof import Proof, prove
from posapp.devices.decoding.quick_look import (
    light_beside,
    plain_to_see,
    read_in_two_bands,
    read_on_another_scale,
)
from posapp.devices.decoding.rows import RowReading
from posapp.devices.decoding.symbol import Symbol

_MATRIX = ("QR Code", "Data Matrix")
_LONG_RETAIL = ("EAN-13", "UPC-A")
#: Shorter ones are read out of the wide and narrow bars of other codes.
_FEWEST_ITF_DIGITS = 6
_FEWEST_CODE39_SIGNS = 3
#: Proofs of one text; more places of the same claim seldom help.
_PROOFS = 3
_SAME_PX = 2.0
#: Found in the middle of longer codes, too: light has to stand on both sides. A UPC-E of number system 1 is
#: rare, and looks like the left half of an EAN-13.
_SHORT = ("UPC-E", "EAN-8", "ITF")
#: Their proof is dear, and their check characters are strong: a second reading of other pixels will do.
_READ_TWICE = ("Code 128", "GS1 DataBar")
#: A row reading that needs no other witness: wrong ones have been seen up to a margin of 0.42.
_SURE_ROW_MARGIN = 0.55
_SURE_ROW_LIKENESS = 0.965
#: Together: a row reading's margin, and likeness and margin of the proof of its text.
_ROW_WITNESS = ((0.2, 0.968, 0.25), (0.32, 0.945, 0.2), (0.36, 0.96, 0.05))


@dataclass(slots=True)
class _Case:
    """Everything known about one text."""

    claim: Claim
    proof: Proof | None = None
    families: set[Family] = field(default_factory=set)
    proofs: int = 0
    tried: list[Corners] = field(default_factory=list)
    renderings: set[str] = field(default_factory=set)
    sure: bool = False
    alone: bool = False
    row_margin: float = 0.0

    def is_new(self, corners: Corners) -> bool:
        """Whether a place differs by more than a pixel or two from those tried."""
        return all(float(np.abs(np.subtract(corners, other)).max()) > _SAME_PX for other in self.tried)


@dataclass(slots=True)
class Evidence:
    """The claims on one picture and what is believed of them."""

    grey: Grey
    cases: dict[tuple[str, str], list[_Case]] = field(default_factory=dict)

    def add(self, claim: Claim, rendering: str = "picture") -> None:
        """Weigh one more claim, made on the picture itself or on another rendering of it."""
        if not _plausible(claim):
            return
        case = self._case(claim)
        case.families.add(claim.family)
        case.renderings.add(rendering)
        if claim.format in _SHORT and not case.alone:
            case.alone = light_beside(
                self.grey, claim.corners, _module_px(claim), digits_beside=claim.format == "UPC-E"
            )
        case.sure = case.sure or (case.is_new(claim.corners) and self._plain(claim))
        self._prove(case, claim)

    def add_rows(self, claim: Claim, reading: RowReading) -> None:
        """Weigh a row reading, which knows how far behind the second best text is."""
        case = self._case(claim)
        case.families.add(claim.family)
        case.row_margin = max(case.row_margin, reading.margin)
        case.sure = case.sure or (
            reading.margin >= _SURE_ROW_MARGIN and reading.likeness >= _SURE_ROW_LIKENESS
        )
        self._prove(case, claim)

    def _prove(self, case: _Case, claim: Claim) -> None:
        if case.sure or claim.format in _READ_TWICE or case.proofs >= _PROOFS:
            return
        if (case.proof is not None and case.proof.ok) or not case.is_new(claim.corners):
            return
        case.proofs += 1
        case.tried.append(claim.corners)
        proof = prove(self.grey, claim.format, claim.text, claim.corners)
        if case.proof is None or proof.likeness > case.proof.likeness:
            case.proof, case.claim = proof, claim

    def _plain(self, claim: Claim) -> bool:
        """Whether a cheap look is enough."""
        match claim.format:
            case "QR Code" | "Data Matrix" | "GS1 DataBar Expanded":
                return True
            case "EAN-13" | "UPC-A" | "EAN-8" | "UPC-E":
                return plain_to_see(self.grey, claim)
            case "Code 128":
                return claim.family == "zxing" and read_in_two_bands(self.grey, claim)
            case "GS1 DataBar":
                return read_on_another_scale(self.grey, claim)
            case _:
                return False

    def _case(self, claim: Claim) -> _Case:
        cases = self.cases.setdefault((claim.format, claim.text), [])
        for case in cases:
            if overlapping(case.claim.corners, claim.corners):
                return case
        cases.append(_Case(claim))
        return cases[-1]

    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols believed so far, each place once."""
        believed = [case for cases in self.cases.values() for case in cases if _believed(case)]
        kept = []
        for case in believed:
            rivals = [
                other
                for other in believed
                if other.claim.text != case.claim.text
                and overlapping(other.claim.corners, case.claim.corners)
            ]
            if all(_outranks(case, other) for other in rivals):
                kept.append(case.claim)
        return tuple(Symbol(claim.format, claim.text, claim.raw, claim.corners) for claim in kept)


def _plausible(claim: Claim) -> bool:
    match claim.format:
        case "ITF":
            return len(claim.text) >= _FEWEST_ITF_DIGITS and claim.text.isdigit()
        case "Code 39":
            return len(claim.text) >= _FEWEST_CODE39_SIGNS
        case _:
            return bool(claim.text.strip("\0"))


def _module_px(claim: Claim) -> float:
    """The width of a module, or of an ITF's narrow element (a wide one taken as two and a half)."""
    (ax, ay), (bx, by), *_ = claim.corners
    modules = {"UPC-E": 51.0, "EAN-8": 67.0}.get(claim.format, 8 * len(claim.text) + 8.5)
    return math.hypot(bx - ax, by - ay) / modules


def _believed(case: _Case) -> bool:
    claim, proof = case.claim, case.proof
    proved = case.sure or (proof is not None and proof.ok)
    match claim.format:
        case "EAN-13" | "UPC-A":
            if case.families == {"rows"}:  # chosen by the measure that the proof applies: it asks for more
                return case.sure or (proof is not None and _witnessed(case, proof))
            return proved or (proof is not None and _long_retail(case, proof))
        case "UPC-E":
            return _upc_e(case, proved=proved)
        case "ITF":
            return case.alone and proof is not None and (proof.ok or _likely_itf(proof))
        case "EAN-8":
            return case.alone and proved
        case (
            "Code 128" | "GS1 DataBar"
        ):  # a check character leaves one wrong text in a hundred to each reading
            return case.sure or len(case.families) > 1 or len(case.renderings) > 1
        case _:
            return proved


def _upc_e(case: _Case, *, proved: bool) -> bool:
    """Number system 1 looks like the left half of an EAN-13; system 0 has sets that stand nowhere else."""
    agreed = len(case.families) > 1
    if case.claim.text.startswith("1"):
        return proved and agreed and case.alone
    proof = case.proof
    return proved or (
        agreed and case.alone and proof is not None and proof.likeness >= 0.9 and proof.margin >= 0.0
    )


def _likely_itf(proof: Proof) -> bool:
    return proof.likeness >= 0.92 and proof.least >= 0.85 and proof.margin >= 0.5 and proof.quiet <= 0.3


def _witnessed(case: _Case, proof: Proof) -> bool:
    """Whether a row reading's own margin and the proof of its text are enough together."""
    return proof.least >= 0.75 and any(
        case.row_margin >= row_margin and proof.likeness >= likeness and proof.margin >= margin
        for row_margin, likeness, margin in _ROW_WITNESS
    )


def _long_retail(case: _Case, proof: Proof) -> bool:
    """Thirteen digits leave little room: what counts is how far behind the next text is."""
    if _witnessed(case, proof):
        return True
    asked = 0.2 if len(case.families) > 1 else 0.35
    return proof.likeness >= 0.88 and proof.least >= 0.6 and proof.margin >= asked


def _outranks(case: _Case, other: _Case) -> bool:
    """Whether a text stands although another one is believed in its place: a long code holds short ones."""
    if case.claim.format in _LONG_RETAIL and other.claim.format in ("UPC-E", "EAN-8", "ITF"):
        return True
    return case.claim.format in _MATRIX and other.claim.format not in _MATRIX


def overlapping(one: Corners, other: Corners) -> bool:
    """Whether two places share ground: the middle of one lies within the reach of the other."""
    a, b = np.array(one, float), np.array(other, float)
    apart = float(np.hypot(*(a.mean(axis=0) - b.mean(axis=0))))
    return apart < 0.5 * max(float(np.ptp(a, axis=0).max()), float(np.ptp(b, axis=0).max()))
