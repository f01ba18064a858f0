"""Names of symbologies: UnifiedPOS ScanDataType numbers and AIM identifiers, each by the other.

Knows the two published lists and where they say less than each other: an AIM identifier does not tell
UPC-A from EAN-13, a ScanDataType does not tell which option of a symbology was used. Sources: UnifiedPOS
1.15.2 (SCAN_SDT constants) and ISO/IEC 15424.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class ScanDataType(IntEnum):
    """UnifiedPOS ScanDataType."""

    UNKNOWN = 0
    UPCA = 101
    UPCE = 102
    EAN8 = 103
    EAN13 = 104
    TF = 105
    ITF = 106
    CODABAR = 107
    CODE39 = 108
    CODE93 = 109
    CODE128 = 110
    UPCA_S = 111
    UPCE_S = 112
    EAN8_S = 118
    EAN13_S = 119
    GS1128 = 120
    OCRA = 121
    OCRB = 122
    GS1DATABAR = 131
    GS1DATABAR_E = 132
    ITF_CK = 133
    GS1DATABAR_TYPE2 = 134
    TFMAT = 136
    CODE39_CK = 137
    CODE11 = 142
    MSI = 143
    PLESSEY = 144
    TELEPEN = 145
    CCA = 151
    CCB = 152
    CCC = 153
    PDF417 = 201
    MAXICODE = 202
    DATAMATRIX = 203
    QRCODE = 204
    UQRCODE = 205
    AZTEC = 206
    UPDF417 = 207
    GS1DATAMATRIX = 208
    GS1QRCODE = 209
    CODE49 = 210
    CODE16K = 211
    CODABLOCK_F = 213
    HANXIN = 215
    OTHER = 501


_T = ScanDataType

#: By the identifier's letter, where its modifier changes nothing.
_BY_LETTER: Final[Mapping[str, ScanDataType]] = MappingProxyType(
    {
        "A": _T.CODE39, "B": _T.TELEPEN, "C": _T.CODE128, "F": _T.CODABAR, "G": _T.CODE93, "H": _T.CODE11,
        "I": _T.ITF, "K": _T.CODE16K, "L": _T.PDF417, "M": _T.MSI, "O": _T.CODABLOCK_F, "P": _T.PLESSEY,
        "Q": _T.QRCODE, "R": _T.TF, "S": _T.TF, "T": _T.CODE49, "U": _T.MAXICODE, "d": _T.DATAMATRIX,
        "h": _T.HANXIN, "z": _T.AZTEC, "o": _T.OTHER, "e": _T.GS1DATABAR, "E": _T.EAN13, "X": _T.OTHER,
        "Z": _T.OTHER,
    }
)  # fmt: skip
#: By letter and modifier, where that says more.
_BY_IDENTIFIER: Final[Mapping[str, ScanDataType]] = MappingProxyType(
    {
        "A1": _T.CODE39_CK, "A3": _T.CODE39_CK, "C1": _T.GS1128, "E3": _T.EAN13_S, "E4": _T.EAN8,
        "I1": _T.ITF_CK, "Q3": _T.GS1QRCODE, "Q4": _T.GS1QRCODE, "d2": _T.GS1DATAMATRIX,
        "d5": _T.GS1DATAMATRIX, "o1": _T.OCRA, "o2": _T.OCRB, "X0": _T.OTHER,
    }
)  # fmt: skip
#: The one identifier that fits best; a UPC-A is an EAN-13 with a leading zero to AIM.
_AIM: Final[Mapping[ScanDataType, str]] = MappingProxyType(
    {
        _T.UPCA: "]E0", _T.UPCE: "]E0", _T.EAN13: "]E0", _T.EAN8: "]E4", _T.UPCA_S: "]E3",
        _T.UPCE_S: "]E3", _T.EAN8_S: "]E3", _T.EAN13_S: "]E3", _T.TF: "]S0", _T.ITF: "]I0",
        _T.ITF_CK: "]I1", _T.CODABAR: "]F0", _T.CODE39: "]A0", _T.CODE39_CK: "]A1", _T.CODE93: "]G0",
        _T.CODE128: "]C0", _T.GS1128: "]C1", _T.GS1DATABAR: "]e0", _T.GS1DATABAR_E: "]e0",
        _T.GS1DATABAR_TYPE2: "]e0", _T.CCA: "]e1", _T.CCB: "]e1", _T.CCC: "]e1", _T.CODE11: "]H0",
        _T.MSI: "]M0", _T.PLESSEY: "]P0", _T.TELEPEN: "]B0", _T.PDF417: "]L0", _T.UPDF417: "]L0",
        _T.MAXICODE: "]U0", _T.DATAMATRIX: "]d1", _T.QRCODE: "]Q1", _T.UQRCODE: "]Q1", _T.AZTEC: "]z0",
        _T.GS1DATAMATRIX: "]d2", _T.GS1QRCODE: "]Q3", _T.CODE49: "]T0", _T.CODE16K: "]K0",
        _T.CODABLOCK_F: "]O4", _T.HANXIN: "]h0", _T.OCRA: "]o1", _T.OCRB: "]o2",
    }
)  # fmt: skip
_DIGITS_OF_UPC: Final = {8: ScanDataType.UPCE, 12: ScanDataType.UPCA, 13: ScanDataType.EAN13}


def is_aim(text: str) -> bool:
    """Whether three characters are shaped like an AIM identifier: "]", a letter, a letter or digit."""
    return len(text) == 3 and text[0] == "]" and text.isascii() and text[1].isalpha() and text[2].isalnum()


def scan_data_type(aim: str, label: str) -> ScanDataType:
    """The ScanDataType of an AIM identifier ("]E0") and the text without it.

    Behind ]E0 the number of digits says which of the family it was; ]e0 with element strings that are
    not a bare GTIN is an expanded DataBar.
    """
    if not is_aim(aim):
        return ScanDataType.UNKNOWN
    if aim == "]E0":
        return _DIGITS_OF_UPC.get(len(label), ScanDataType.EAN13)
    if aim == "]e0":
        bare = label.startswith("01") and len(label) == 16
        return ScanDataType.GS1DATABAR if bare else ScanDataType.GS1DATABAR_E
    if aim in ("]e1", "]e2"):
        return ScanDataType.CCA
    return _BY_IDENTIFIER.get(aim[1:]) or _BY_LETTER.get(aim[1], ScanDataType.OTHER)


def aim_of(kind: ScanDataType) -> str:
    """The AIM identifier that a symbology's plain form has; "" where there is none."""
    return _AIM.get(kind, "")
