"""The code reader: every own vector, what no file can say, and what must hold for any text."""

from __future__ import annotations

import datetime
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.code_rules import ai_table, code_reader, region_patterns
from posapp.commands.bench_codes import run_reader_vectors
from posapp.domain.codes import check_digit, is_known_payload
from posapp.domain.codes.own import OwnCode, check_characters, make_own, read_own
from posapp.domain.codes.payment import is_identity_number
from posapp.domain.codes.reader import RAW_MAX_CHARS, CodeReader, CodeRules
from posapp.domain.codes.reading import CodeRefusal, Reading
from posapp.domain.codes.restricted import pattern_of, price_check_digit, scaled, template_problem
from posapp.domain.codes.retail import book_ean, upc_a_of
from posapp.domain.shop import CodePattern
from tests.domain.shops import SHOP

TODAY = datetime.date(2026, 11, 22)
KINDS = ("member", "coupon", "voucher", "pickup", "operator", "suspended", "receipt")


class Keys:
    """Signs with the issuer's name, which is enough to tell a wrong issuer and a changed message."""

    def sign(self, message: bytes) -> bytes:
        return (message + b"SHOP")[-16:]

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        return signature == (message + issuer.encode())[-16:]


def reader(region: str = "CN", **rules: object) -> CodeReader:
    return CodeReader(CodeRules(ai_table(), region_patterns(region), "CNY", region, **rules))  # type: ignore[arg-type]


CN = reader(signatures=Keys())


def read(text: str) -> Reading:
    return CN.read(text, today=TODAY)


def numbered(body: str) -> str:
    return body + check_digit(body)


@pytest.mark.parametrize("section", list(run_reader_vectors()), ids=lambda section: section.name)
def test_own_vectors(section: object) -> None:
    assert section.cases >= 50  # type: ignore[attr-defined]
    assert section.wrong == ()  # type: ignore[attr-defined]


def test_a_section_with_a_wrong_case_is_told(tmp_path: object) -> None:
    (tmp_path / "reader_own.json").write_text(  # type: ignore[operator]
        '{"sections": {"price check digits": {"cases": [{"in": "2875", "digit": "8"}]}}}', "utf-8"
    )
    (section,) = run_reader_vectors(tmp_path)  # type: ignore[arg-type]
    assert section.wrong == (("'2875'", "'8'", "'9'"),)


# --- any text ---------------------------------------------------------------------------------------------


@given(st.text(max_size=80) | st.text("0123456789\x1d]CEQde01()", max_size=60))
def test_any_text_is_read(text: str) -> None:
    found = read(text)
    assert found.text == found.text.encode("utf-8", "replace").decode()
    assert all(each.gtin14 in (None, each.key) for each in found.candidates)
    is_known_payload(text)


@pytest.mark.parametrize(
    "text", ["\ud800", "\x00", "]C1\ud800", "]Q1\udfff\x00", "\x1d\x1d", "]E0\x1d", "P1\ud800", "]"]
)
def test_halves_and_controls(text: str) -> None:
    assert read(text).kind == "unknown"
    assert read(text).gtin14 is None


def test_very_long_texts() -> None:
    for text in ("9" * 100_000, "]C101" + "9" * 100_000, "https://a.b/" + "x" * 100_000, "\x00" * 100_000):
        assert read(text).refusal is CodeRefusal.TooLong
        assert len(read(text).text) <= 400
        is_known_payload(text)
    longest = read("]Q1" + "7" * (RAW_MAX_CHARS - 3))
    assert longest.refusal is CodeRefusal.NotAProduct
    assert longest.candidates == ()


def test_a_code_of_64_signs_may_be_an_item_and_one_of_65_not() -> None:
    assert [each.key for each in read("A" * 64).candidates] == ["=" + "A" * 64]
    assert read("A" * 65).candidates == ()
    assert read("A" * 65).refusal is CodeRefusal.NotAProduct


def test_a_second_identifier_is_no_part_of_a_message() -> None:
    found = read("]Q3]C10109506000134352")
    assert (found.gtin14, found.refusal) == (None, CodeRefusal.NotGs1)


# --- numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "expanded"),
    [
        ("0123450", "012000003455"),
        ("0123451", "012100003454"),
        ("0123452", "012200003453"),
        ("0123453", "012300000451"),
        ("0123454", "012340000053"),
        ("0123455", "012345000058"),
        ("0123459", "012345000096"),
    ],
)
def test_upc_e_by_its_last_digit(digits: str, expanded: str) -> None:
    assert upc_a_of(digits) == expanded
    assert upc_a_of(digits + expanded[-1]) == expanded
    assert upc_a_of(digits[1:]) == expanded
    assert upc_a_of(digits + str((int(expanded[-1]) + 1) % 10)) is None


@pytest.mark.parametrize("text", ["2123450", "000000", "12345", "123456789", "12345x", "١٢٣٤٥٦"])
def test_what_is_no_upc_e(text: str) -> None:
    assert upc_a_of(text) is None


def test_a_book_is_told_from_an_ean_8() -> None:
    assert book_ean("0378-5955") == "9770378595002"
    assert book_ean("03785955") is None
    assert book_ean("978-0-306-40615-8") is None
    assert book_ean("9780306406157") is None  # that is a GTIN already


# --- restricted numbers -----------------------------------------------------------------------------------


def test_price_check_digits_of_the_general_specifications() -> None:
    assert price_check_digit("2875") == "9"
    assert price_check_digit("14685") == "6"
    with pytest.raises(ValueError, match="four and five"):
        price_check_digit("123")


@pytest.mark.parametrize(
    ("template", "carries"),
    [
        ("PPPPPPPVVVVVK", "price"), ("21PPPPPVVVVV", "price"), ("21PPPPPVVVVVVK", "price"),
        ("21VVVVVVVVVVK", "price"), ("21PPPPPPPPPPK", "price"), ("21PPPCPCVVVVK", "price"),
        ("21PPPCVVVVVVK", "price"), ("2PPPPPPVVVVVWWWWWK", "weight"), ("21PPPPPVVVWWK", "price"),
    ],
)  # fmt: skip
def test_bad_templates(template: str, carries: str) -> None:
    assert template_problem(template, carries)
    with pytest.raises(ValueError, match="template"):
        pattern_of(template, carries)  # type: ignore[arg-type]


def test_eight_digits_of_a_shop() -> None:
    rules = CodeRules(ai_table(), (pattern_of("2PPPVVVK", "price"),), "CNY")
    found = CodeReader(rules).read(numbered("2001150"), today=TODAY)
    assert [(each.key, each.embedded and each.embedded.value) for each in found.candidates] == [
        (numbered("2001150").zfill(14), None),
        (numbered("2001000").zfill(14), 150),
    ]


def test_patterns_of_shops_as_they_always_were() -> None:
    rules = CodeRules(
        ai_table(), (CodePattern("21", 5, 5, "price"), CodePattern("22", 5, 5, "weight")), "JPY"
    )
    found = CodeReader(rules).read(numbered("210012301999"), today=TODAY)
    assert found.candidates[-1].form == "pattern"
    assert found.candidates[-1].embedded is not None
    assert found.candidates[-1].embedded.value == 1999


@pytest.mark.parametrize(("value", "decimals", "digits", "exact"), [
    (125, 2, 2, 125), (125, 1, 2, 1250), (125, 3, 2, None), (1250, 3, 2, 125), (5, 0, 0, 5), (5, 1, 0, None),
])  # fmt: skip
def test_decimals_are_exact_or_nothing(value: int, decimals: int, digits: int, exact: int | None) -> None:
    assert scaled(value, decimals, digits) == exact


def test_an_exact_hit_is_asked_first() -> None:
    forms = [each.form for each in read(numbered("210012301999")).candidates]
    assert forms == ["gtin", "pattern"]


def test_a_shop_with_patterns_uses_no_others() -> None:
    found = code_reader(SHOP).read(numbered("230012301999"), today=TODAY)
    assert [each.form for each in found.candidates] == ["gtin"]
    assert [each.form for each in read(numbered("230012301999")).candidates] == ["gtin", "pattern"]
    assert region_patterns("XX") == ()
    countries = ("CN", "DK", "EE", "FI", "DE", "GB", "LV", "LT", "NO", "SE")
    assert all(region_patterns(region) for region in countries)


# --- our own codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_own_codes_are_read_back(kind: str) -> None:
    made = OwnCode(kind, "SHOP", "M0000123", "2026-12-31", {"A": "1250", "N": "A-7/B"})  # type: ignore[arg-type]
    text = make_own(made, Keys().sign)
    assert len(text) <= 80
    for spelling in (text, text.lower(), f"]Q1{text}", f"]C0{text}\r\n"):
        found = read(spelling)
        assert (found.kind, found.subject, found.refusal) == (kind, "M0000123", None)
        assert found.extras["valid_until"] == "2026-12-31"
        assert (found.extras["issuer"], found.extras["field_A"], found.extras["field_N"]) == (
            "SHOP",
            "1250",
            "A-7/B",
        )
    assert is_known_payload(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_changed_sign_of_an_own_code_shows(kind: str) -> None:
    text = make_own(OwnCode(kind, "SHOP", "M123", "2026-12-31"), Keys().sign)  # type: ignore[arg-type]
    dice = random.Random(kind)
    for at in range(4, len(text)):
        sign = dice.choice([each for each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if each != text[at]])
        changed = read(text[:at] + sign + text[at + 1 :])
        # The last base32 sign of 16 bytes holds two bits only: others change nothing that was signed.
        if kind in ("suspended", "receipt") or at < len(text) - 1:
            assert changed.kind == "unknown", (at, sign)
            assert changed.subject == ""


@pytest.mark.parametrize("at", range(4, 16))
def test_swapped_signs_of_a_receipt_show(at: int) -> None:
    text = make_own(OwnCode("receipt", "S0217", "17-000123"))
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    assert swapped == text or read(swapped).kind == "unknown"


def test_a_signed_code_without_keys_is_not_believed() -> None:
    text = make_own(OwnCode("voucher", "SHOP", "V1"), Keys().sign)
    found = reader().read(text, today=TODAY)
    assert (found.kind, found.refusal) == ("unknown", CodeRefusal.BadSignature)
    assert found.candidates == ()


def test_another_issuers_signature_is_not_believed() -> None:
    text = make_own(OwnCode("member", "OTHER", "M1"), Keys().sign)
    assert read(text).refusal is CodeRefusal.BadSignature


@pytest.mark.parametrize(
    "code",
    [
        OwnCode("receipt", "shop", "A"), OwnCode("receipt", "S", "a"), OwnCode("receipt", "S", "A.B"),
        OwnCode("receipt", "S", ""), OwnCode("receipt", "S", "A", "1999-01-01"),
        OwnCode("receipt", "S", "A", "", {"A": "x"}),
        OwnCode("receipt", "S", "A", "", {"AB": "1"}), OwnCode("member", "S", "A"),
        OwnCode("receipt", "S", "A" * 49),
    ],
)  # fmt: skip
def test_what_no_own_code_can_say(code: OwnCode) -> None:
    with pytest.raises(ValueError, match=r".+"):
        make_own(code)


def test_a_day_that_is_none_makes_no_own_code() -> None:
    body = "P1R.S.261332.A."
    assert read_own(body + check_characters(body)) is None


# --- what a slow scanner is known by ----------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "6901234567892", "96385074", "]E06901234567892", "]C10109506000134352", "https://example.com/a", "HTTP://A.B",
    "134567890123456789", "281234567890123456", "6223456789012345678", numbered("21001230199901250"),
    "010950600013435210AB-1", "0109506000134352", "\x1d0109506000134352", "010950600013435210A\x1d21B",
    "00106141412345678908",
])  # fmt: skip
def test_known_payloads(text: str) -> None:
    assert is_known_payload(text) or (
        len(text) == 18 and text[0] == "2" and not CN.read(text, today=TODAY).gtin14
    )


@pytest.mark.parametrize("text", [
    "", "1", "1250", "12.50", "13912345678", "+8613912345678", "Lin Xiao", "林晓", "]", "]x", "2026-11-22",
    "11010519491231002X", "110105194912310029"[:17] + "X", "S0217-03-000123", "4111111111111111", "123456789",
    "http", "P1", "P1M.", "P1R.S..A.00", "0109506000134351", "010950600013435", "3*6901234567891",
    "password!",
])  # fmt: skip
def test_what_people_type(text: str) -> None:
    assert not is_known_payload(text)


def test_identity_numbers() -> None:
    assert is_identity_number("11010519491231002X")
    assert not is_identity_number("110105194912310021")
    assert not is_identity_number("11010519491331002X")
    assert read("110105194912310021").kind == "payment"  # by form, since its check character is wrong
    assert read("11010519491231002X").kind == "unknown"
