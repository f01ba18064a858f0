"""The sale that is measured, a shop that it belongs to, and its tills, all made up.

One header, eight lines and two tenders, as they travel. Ids are UUIDs of version 7 as tills make them: those
of one till follow each other, which trees feel.
"""

from __future__ import annotations

import random
from typing import Any, Final
from uuid import UUID

import msgspec

from sync.protocol import codec
from sync.protocol.envelope import Envelope

LINES_A_SALE: Final = 8
ROWS_A_SALE: Final = 11
STORE_ID: Final = "B1"
#: The one that pushes alone, and those that push side by side.
ALONE_ID: Final = "T1"
TOGETHER_IDS: Final = ("T2", "T3", "T4", "T5")
TERMINAL_IDS: Final = (ALONE_ID, *TOGETHER_IDS)
START_MS: Final = 1_780_000_000_000
BUSINESS_DATE: Final = "2026-05-28"
SHOP: Final[dict[str, Any]] = {
    "store": {"id": STORE_ID, "names": "Bench", "currency": "CNY"},
    "terminals": [{"id": terminal_id} for terminal_id in TERMINAL_IDS],
    "operators": [{"id": "1", "name": "Bench", "role": "manager", "pin": "0000"}],
}


def sale_line(chance: random.Random, seq: int, terminal_id: str = ALONE_ID) -> bytes:
    """An envelope with a made-up sale of eight lines and two tenders, the same for the same chance."""
    lines = [_sold(chance, line_no) for line_no in range(1, LINES_A_SALE + 1)]
    total_minor = sum(line["amount_minor"] for line in lines)
    cash_minor = total_minor // 2
    body = {
        "transaction_id": _id(chance, START_MS + seq * 60_000),
        "store_id": STORE_ID,
        "terminal_id": terminal_id,
        "shift_id": f"{seq // 300:032x}",
        "business_date": BUSINESS_DATE,
        "operator_id": "1",
        "operator_name": "Bench",
        "opened_at_ms": START_MS + seq * 60_000,
        "completed_at_ms": START_MS + seq * 60_000 + 45_000,
        "currency": "CNY",
        "language": "en",
        "lines": lines,
        "taxes": [
            {
                "rate_id": "vat13",
                "names": {"en": "VAT 13%"},
                "ppm": 130_000,
                "included": True,
                "taxable_minor": total_minor * 100 // 113,
                "tax_minor": total_minor - total_minor * 100 // 113,
            }
        ],
        "tenders": [
            _tender(1, "cash", cash_minor),
            _tender(2, "card", total_minor - cash_minor),
        ],
        "goods_minor": total_minor,
        "tax_added_minor": 0,
        "rounding_minor": 0,
        "total_minor": total_minor,
        "tendered_minor": total_minor,
        "change_minor": 0,
        "receipt_number": f"{terminal_id}-{seq:06d}",
    }
    return codec.encode_envelope(
        Envelope(
            event_id=_id(chance, START_MS + seq * 60_000 + 45_000),
            kind="TransactionCompleted",
            store_id=STORE_ID,
            terminal_id=terminal_id,
            epoch=1,
            seq=seq,
            occurred_at=START_MS + seq * 60_000,
            business_date=BUSINESS_DATE,
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
    )


def _id(chance: random.Random, at_ms: int) -> str:
    """A UUID of version 7 (RFC 9562 §5.7)."""
    return str(
        UUID(int=at_ms << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62))
    )


def _sold(chance: random.Random, line_no: int) -> dict[str, Any]:
    code = f"{chance.randrange(10**12):012d}"
    price_minor = chance.randrange(100, 9_999)
    quantity = chance.choice((1, 1, 1, 2))
    return {
        "line_no": line_no,
        "sku": code,
        "names": {"en": f"Item {code[:6]}", "zh_CN": f"商品 {code[:6]}"},
        "code": code,
        "quantity": quantity,
        "unit": "pcs",
        "unit_price_minor": price_minor,
        "amount_minor": price_minor * quantity,
        "tax_category": "standard",
        "price_reason": "list",
    }


def _tender(tender_no: int, tender_id: str, amount_minor: int) -> dict[str, Any]:
    kind = "cash" if tender_id == "cash" else "recorded"
    return {
        "tender_no": tender_no,
        "tender_id": tender_id,
        "kind": kind,
        "names": {"en": tender_id.title()},
        "amount_minor": amount_minor,
        "reference": "",
    }
