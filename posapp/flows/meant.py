"""What a code came down to at this till: an item with how much of it, or why not.

Values only. They are part of the state where a scan waits for a weight, for a choice, or for the other code
of the same pack; how they are found is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from posapp.domain.cart import CartLine, NewLine, Notice
from posapp.domain.catalog import Item
from posapp.domain.codes.reading import CodeRefusal
from posapp.domain.facts import Markdown, PackData
from posapp.domain.quantity import Quantity
from posapp.flows.formatting import Clause
from posapp.flows.refusals import Refusal
from posapp.values import dataclass

#: Two codes of one pack are read within this time; a second pack needs longer to be brought.
SAME_PACK_MS = 1_000


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a code sells nothing, with what the sentence has to name."""

    refusal: Refusal | CodeRefusal
    params: Mapping[str, str | Clause] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meant:
    """An item that a code stands for, and what the code adds. Without `quantity` the weight must be keyed.

    `gtin14` is "" for the shop's own and for restricted numbers: no second code of the pack repeats them.
    `listed_gtin14` is what a recall list names: of a restricted number the one without its value. `two_d`
    tells the code with data from the plain number beside it. `price_stop` is why this code cannot price the
    pack; the plain number beside it still can, so what forbids the pack itself is told first. `markdown` is
    what falls off the list's price for this very pack.
    """

    item: Item
    code: str
    quantity: Quantity | None
    fixed_amount_minor: int | None = None
    pack: PackData | None = None
    notice: Notice = ""
    gtin14: str = ""
    two_d: bool = False
    form: str = ""
    listed_gtin14: str = ""
    price_stop: Stop | None = None
    markdown: Markdown | None = None

    def line(self, quantity: Quantity) -> NewLine:
        """What is to be added, of this much."""
        return NewLine(
            self.item, self.code, quantity, self.fixed_amount_minor, self.pack, self.notice, self.markdown
        )


@dataclass(frozen=True, slots=True)
class WaitingScan:
    """A counted scan that is not yet part of a line: its number and the text that will be on record."""

    scan_no: int
    code: str


@dataclass(frozen=True, slots=True)
class Recent:
    """A code just read, whose pack may carry another one.

    It became (part of) `line`, or was stopped. `transaction_id` is the sale it belongs to, "" where none
    was open: nothing is folded into another sale, but a stop holds there too.
    """

    gtin14: str
    two_d: bool
    at_ms: int
    scan_no: int
    transaction_id: str
    line: CartLine | None = None
    stop: Stop | None = None

    def is_near(self, at_ms: int) -> bool:
        """Whether a code read at this time may be of the same pack."""
        return abs(at_ms - self.at_ms) <= SAME_PACK_MS
