"""The members of a demo, what they may spend, and how much of it a till may give away on its own.

Said as the commands of the hub that a shop would type, so that whoever reads them sees how it is set up.
Knows no database and starts nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

#: A member of the demo's file, and her card.
MEMBER, CARD = "M0CHENS1YV286", "MC00000001"
#: Another one, with a card as well.
OTHER = "M0WANGX1A0M1N"
#: Coupons of this store, which count without the network too, and of the whole chain, which do not.
OF_STORE, OF_CHAIN = "SPRING20", "AUTUMN10"
#: The gift cards that can be sold, with their codes.
GIFT_CARDS = "gift-cards.csv"


def member_commands(files: Path, folder: Path, store: str) -> tuple[tuple[str, ...], ...]:
    """The commands of a new hub, in their order; `folder` is where the gift cards' codes go."""
    own = (*_names(files, OF_STORE), "--value", "20")
    chain = (*_names(files, OF_CHAIN), "--value", "10")
    cards = ("--face", "100", "--currency", "CNY", "--out", str(folder / GIFT_CARDS))
    return (
        ("programme", "put", str(files / "programme.json")),
        ("member", "import", str(files / "members.json"), "--store", store),
        ("points", "adjust", MEMBER, "2860", "--reason", "opening balance"),
        ("points", "adjust", OTHER, "900", "--reason", "opening balance"),
        ("coupon", "batch", "add", OF_STORE, *own, "--store", store),
        ("coupon", "batch", "add", OF_CHAIN, *chain),
        ("coupon", "issue", OF_STORE, "--member", MEMBER, "--member", MEMBER),
        ("coupon", "issue", OF_CHAIN, "--member", MEMBER),
        ("leases", "limit", "points", "--terminal", "500", "--together", "500"),
        ("leases", "limit", "coupons", "--terminal", "40", "--together", "40"),
        ("leases", "limit", "gift", "--terminal", "100", "--together", "100"),
        ("gift", "issue", "--count", "3", *cards),
    )


def _names(files: Path, batch: str) -> tuple[str, ...]:
    """A batch is called what the promotion is that asks for it."""
    promotions: list[dict[str, Any]] = msgspec.json.decode((files / "promotions.json").read_bytes())
    names: dict[str, str] = next(
        each["name"] for each in promotions if each.get("needs", {}).get("coupon", {}).get("batch") == batch
    )
    return tuple(part for language, text in names.items() for part in ("--name", f"{language}={text}"))
