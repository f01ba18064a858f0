"""HID-POS: reports as documents show them, codes of several reports, broken ones, the way through hidapi."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.config import parse_scanner
from posapp.devices.scanners import hid_pos
from posapp.devices.scanners.framing import CODE_BYTES_MAX
from posapp.devices.scanners.hid_pos import HidApi, HidPosPort, scanners_of, usb_of
from posapp.devices.scanners.hid_reports import HALF_MS, HidAssembler, HidCode, HidNoise, parse_report
from posapp.devices.scanners.reading import PortTrouble
from tests.devices.hid_documented import (
    ACCESS_IS,
    ANSWER,
    ANSWERED,
    BOARDING_PASS,
    interface,
    newland,
    report,
    reports,
)
from tests.devices.scanner_parts import Ears, reading

EAN = report("]E0", b"6901028180559", maker=0x64)


def test_a_report_is_one_code() -> None:
    assert HidAssembler().feed(EAN, 5) == [HidCode("]E0", b"6901028180559", 5)]


def test_the_documented_example_of_two_reports_is_one_code() -> None:
    codes = HidAssembler()
    assert [len(raw) for raw in ACCESS_IS] == [64, 64]
    assert codes.feed(ACCESS_IS[0], 0) == []
    assert codes.feed(ACCESS_IS[1], 1) == [HidCode("]Q0", BOARDING_PASS, 1)]


def test_a_published_answer_fits_the_layout() -> None:
    codes = HidAssembler()
    found = [each for raw in ANSWERED for each in codes.feed(raw, 1)]
    assert found == [HidCode("]X0", ANSWER, 1)]


def test_the_layout_without_identifier_begins_with_the_data() -> None:
    assert HidAssembler().feed(newland(b"6901028180559"), 0) == [HidCode("", b"6901028180559", 0)]
    assert len(newland(b"6901028180559")) == 63
    # A prefix that is the identifier stands in the data there; it is told apart all the same.
    assert HidAssembler().feed(newland(b"]E06901028180559"), 0) == [HidCode("]E0", b"6901028180559", 0)]


def test_group_separators_suffixes_and_padding() -> None:
    gs1 = b"010690102818055910LOT\x1d17261231"
    assert HidAssembler().feed(report("]d2", gs1 + b"\r\n"), 0) == [HidCode("]d2", gs1, 0)]
    padded = report("]E0", b"6901028180559").ljust(65, b"\0")
    assert HidAssembler().feed(padded, 0) == [HidCode("]E0", b"6901028180559", 0)]


def test_a_maker_code_names_the_symbology_where_the_identifier_is_empty() -> None:
    raw = report("", b"96385074", maker=0x44)
    assert HidAssembler(0x0C2E).feed(raw, 0) == [HidCode("]E4", b"96385074", 0)]
    assert HidAssembler(0x05E0).feed(raw, 0) == [HidCode("", b"96385074", 0)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "truncated"),
        (EAN[:40], "truncated"),
        (report("]E0", b"6901028180559", length=57), "length"),
        (report("]E0", b"6901028180559", length=255), "length"),
        (b"\x03" + EAN[1:], "other report"),
    ],
)
def test_what_is_no_report_is_said_to_be_none(raw: bytes, reason: str) -> None:
    assert parse_report(raw) == reason
    told = HidAssembler().feed(raw, 3)
    assert told == ([] if reason == "other report" else [HidNoise(reason, 3)])


def test_a_report_of_another_kind_does_not_break_a_code_in_two() -> None:
    codes = HidAssembler()
    codes.feed(ACCESS_IS[0], 0)
    assert codes.feed(b"\x05" + bytes(63), 1) == []
    assert codes.feed(ACCESS_IS[1], 2) == [HidCode("]Q0", BOARDING_PASS, 2)]


def test_a_code_cut_off_is_noise_and_never_joins_the_next() -> None:
    codes = HidAssembler()
    codes.feed(ACCESS_IS[0], 0)
    assert codes.idle(HALF_MS - 1) == []
    assert codes.idle(HALF_MS) == [HidNoise("half", HALF_MS)]
    codes.feed(ACCESS_IS[0], 1000)
    assert codes.feed(EAN, 1001) == [HidNoise("half", 1001), HidCode("]E0", b"6901028180559", 1001)]
    codes.feed(ACCESS_IS[0], 2000)
    assert codes.feed(EAN[:30], 2001) == [HidNoise("half", 2001), HidNoise("truncated", 2001)]
    codes.feed(ACCESS_IS[0], 3000)
    assert codes.reset(3001) == [HidNoise("half", 3001)]
    assert codes.reset(3002) == []


def test_a_code_without_end_is_bounded() -> None:
    codes = HidAssembler()
    found: list[Any] = []
    for number in range(CODE_BYTES_MAX // 56 + 1):
        found += codes.feed(report("]Q1", b"7" * 56, goes_on=True), number)
    assert found == [HidNoise("too_long", CODE_BYTES_MAX // 56)]


def test_the_largest_qr_code_comes_whole() -> None:
    digits = bytes(48 + number % 10 for number in range(7089))
    codes = HidAssembler()
    found = [each for raw in reports("]Q1", digits) for each in codes.feed(raw, 0)]
    assert found == [HidCode("]Q1", digits, 0)]


@given(st.lists(st.binary(max_size=70), max_size=6))
def test_no_bytes_are_an_exception(raws: list[bytes]) -> None:
    codes = HidAssembler()
    found = [each for at_ms, raw in enumerate(raws) for each in codes.feed(b"\x02" + raw, at_ms)]
    assert len(found) <= len(raws)


# ----------------------------------------------------------------- through hidapi
class FakeHid:
    """hidapi with planted devices: reports are read as put in, an unplugged one fails."""

    def __init__(self, *devices: dict[str, Any]) -> None:
        self.devices = list(devices)
        self.reports: deque[bytes] = deque()
        self.refuses: OSError | None = None
        self.gone = False
        self.sent: list[list[int]] = []
        self.closed = 0

    def enumerate(self) -> list[dict[str, Any]]:
        return self.devices

    def open(self, path: bytes) -> FakeHid:
        if self.refuses:
            raise self.refuses
        return self

    def read(self, most: int, wait_ms: int) -> list[int]:
        if self.gone:
            raise OSError("read error")
        if self.reports:
            return list(self.reports.popleft()[:most])
        threading.Event().wait(0.002)
        return []

    def send_feature_report(self, data: list[int]) -> int:
        self.sent.append(data)
        return len(data)

    def close(self) -> None:
        self.closed += 1


def port(
    hid: FakeHid, line: str = "hid-pos:auto", claims: set[bytes] | None = None, **more: Any
) -> HidPosPort:
    claims = set() if claims is None else claims
    return HidPosPort(parse_scanner(line), lambda: 7, claims=claims, api=lambda: hid, **more)  # type: ignore[arg-type]


def test_codes_come_through_a_thread_with_their_identifier() -> None:
    hid = FakeHid(interface())
    hid.reports.extend([EAN, *ACCESS_IS, report("]Q1", "会员 8812".encode())])
    ears = Ears()
    thread = reading(port(hid), ears)
    thread.start()
    texts = ears.until_texts(3)
    thread.stop()
    assert thread.join(5_000 / 1000)
    assert texts == ["]E06901028180559", "]Q0" + BOARDING_PASS.decode(), "]Q1会员 8812"]
    assert ears.told[0] == "Symbol Bar Code Scanner"
    assert hid.closed == 1


def test_unplugged_and_found_again() -> None:
    hid = FakeHid(interface())
    ears = Ears()
    thread = reading(port(hid), ears)
    thread.start()
    ears.until_name()
    hid.devices, hid.gone = [], True
    ears.until_trouble(2)
    hid.devices, hid.gone = [interface(3)], False
    hid.reports.append(EAN)
    assert ears.until_texts(1) == ["]E06901028180559"]
    thread.stop()
    assert thread.join(5_000 / 1000)
    assert set(ears.troubles()) == {"unplugged"}


def test_only_scanners_are_taken() -> None:
    keyboard = interface(1, usage=0x01)  # a gaming keyboard's settings are on this page
    badge, pointer = interface(2, usage_page=0x8E), interface(3, usage_page=0x01, usage=0x06)
    cradle, scanner = interface(5, usage=0x05), interface(4)
    assert scanners_of([keyboard, badge, pointer, cradle, scanner]) == [scanner, cradle]
    assert str(usb_of(scanner)) == "05e0:1300:S4"


def test_each_scanner_has_one_reader_and_auto_leaves_named_ones_alone() -> None:
    hid = FakeHid(interface(0), interface(1))
    claims: set[bytes] = set()
    named = port(hid, "hid-pos:05e0:1300:S0", claims)
    auto = port(hid, claims=claims, named=[named._line.usb])
    second = port(hid, claims=claims)
    auto.open()
    assert claims == {b"/dev/hidraw1"}
    named.open()
    with pytest.raises(PortTrouble) as trouble:
        port(hid, "hid-pos:05e0:1300", claims).open()
    assert trouble.value.trouble == "taken"
    with pytest.raises(PortTrouble) as trouble:
        second.open()
    assert trouble.value.trouble == "unplugged"
    auto.close()
    second.open()
    assert claims == {b"/dev/hidraw0", b"/dev/hidraw1"}


def test_honeywell_is_woken_and_others_are_not() -> None:
    honeywell, zebra = FakeHid(interface(vendor_id=0x0C2E)), FakeHid(interface())
    port(honeywell).open()
    port(zebra).open()
    assert (honeywell.sent, zebra.sent) == ([[0xFE, 0x01]], [])


def test_a_missing_library_is_a_sentence_and_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(hid_pos.importlib, "import_module", missing)
    with pytest.raises(PortTrouble) as trouble:
        HidPosPort(parse_scanner("hid-pos:auto"), lambda: 0, claims=set()).open()
    assert trouble.value.trouble == "no_library"


def test_the_installed_library_has_what_is_called() -> None:
    api = HidApi()
    assert isinstance(api.enumerate(), list)
    with pytest.raises(OSError, match="open failed"):
        api.open(b"/dev/hidraw-none")
    device = api._hid.device()
    assert all(hasattr(device, name) for name in ("open_path", "read", "send_feature_report", "close"))


def test_a_scanner_that_does_not_open_says_what_is_the_matter() -> None:
    hid = FakeHid(interface(path=b"no such path"))
    hid.refuses = OSError("open failed")
    with pytest.raises(PortTrouble) as trouble:
        port(hid).open()
    assert trouble.value.trouble == "failed"
    hid.devices = [interface(path=b"/dev/hidraw-none")]
    with pytest.raises(PortTrouble) as trouble:
        port(hid).open()
    assert trouble.value.trouble == "no_permission"
