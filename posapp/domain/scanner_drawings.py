"""The test codes for scanners as modules, drawn ahead so that showing them needs no library.

Made by `python -m tests.devices.probe_drawings`; a test draws them anew and reads them back. A row is a
hexadecimal number whose binary digits are its modules.
"""

from __future__ import annotations

from posapp.domain.code_modules import CodeModules

DRAWINGS: dict[str, CodeModules] = {
    "ean-13": CodeModules(95, 11, (
        "ac53851a9c6ab342b90a76ca",
    )),
    "upc-a": CodeModules(95, 9, (
        "a34c937a8d8aa84491d394ea",
    )),
    "ean-8": CodeModules(67, 7, (
        "a2d7bd6ea9dca25ca",
    )),
    "upc-e": CodeModules(51, 9, (
        "a749b936bccaa",
    )),
    "letters": CodeModules(255, 10, (
        "d212c25e794dedb7bdd518ec590a6e5ccc6d99a4c5deb391638b614ded7a31d6",
    )),
    "gs1-128": CodeModules(178, 10, (
        "d39ebb225ee8dd1ea7a76ef5d9ca734b0e5963b8b63ac",
    )),
    "gs1-datamatrix": CodeModules(18, 4, (
        "aaaa8", "cf014", "8a778", "be87c", "ec170", "82f04", "94938", "b2b84", "e7908", "d0354",
        "eb068", "e8854", "cfed0", "c11f4", "f5c48", "973d4", "a6968", "ffffc",
    )),
    "web-link": CodeModules(33, 4, (
        "fea50d3f8", "824e7ea08", "ba03e52e8", "baf98bae8", "baac8fae8", "82ff3a208", "feaaaabf8",
        "00c076800", "8b83f67c8", "a87129460", "c317cf840", "f1f47dc18", "1f84a57d8", "ecaa6b860",
        "9bef2d650", "b543e4640", "c31afcad0", "cca909460", "7fc3c9940", "39e5cd110", "966024ed8",
        "ed06af430", "36bcc1d30", "0534475c8", "fe25fefc8", "00f5448a0", "feab2cac0", "826b1c880",
        "badc84fd8", "ba246abe0", "ba3f4bf80", "8215f5640", "fe82ff848",
    )),
    "chinese": CodeModules(25, 4, (
        "febe3f8", "8221208", "ba3a2e8", "ba50ae8", "bab9ae8", "8299208", "feaabf8", "0040000",
        "7f10988", "3d2c9d0", "ee57f88", "114d138", "efab068", "b87d280", "a7140d8", "986f778",
        "b2a3fa8", "008f8e8", "febcad8", "82f38e0", "baa8fe8", "babe938", "bae4088", "82978a8",
        "fe06d78",
    )),
    "long": CodeModules(53, 4, (
        "fe2498964d63f8", "823eb3c12af208", "bace7896df12e8", "baa6285b486ae8", "baf57ffe5ca2e8",
        "82a75a892ba208", "feaaaaaaaaabf8", "008aa08e577000", "be1e90fbc843e0", "44db3736ccf108",
        "eb41ea41abae90", "0ca8b9d2d77410", "eb57089f4843f0", "c58b5f33ccf108", "2f20fa462bae90",
        "24fb79d6b77410", "afc0209f6843f0", "4ddda737acf008", "47448a404bae90", "91eb17d6d77410",
        "aee34a9f6c43f0", "2131ad378cf028", "4fd4eac86baed0", "1945bf5e8f1050", "df91a8ff542fb0",
        "9890a78f85e888", "aa8ecba873bad0", "28baef8f1708d0", "5fb100fe7c2fb0", "05bb760f15fd88",
        "c69ec27073a070", "a53d67a4f71ed0", "bf0b29e95c2830", "710a1e0495edc8", "e3093a3273a050",
        "a0124fa6d71ed0", "8b0b91c91c2830", "7d407606d5edc8", "ca49ac3213a060", "697c41a6d71ec8",
        "e66a5dc91a2828", "4c1a200691ed88", "df22da3271a1c0", "6068cba6cf1ec8", "122a29f90a6fa8",
        "00862b8e8c7888", "fe60baaa6baac0", "82d7368e4718c8", "baeac2f99a6fa8", "bac6cdce846818",
        "ba990e83f3b5d8", "821d76a2c711d0", "febe09b71a76a0",
    )),
}  # fmt: skip
