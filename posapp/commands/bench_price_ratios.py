"""How pricing stands beside HiGHS, like with like and named: what each ratio divides by what.

`search_alone`: the solver alone, its programme written and handed over, by our search alone, its normal form
made; ours has the order layer's amounts on every unit in it, HiGHS finds the choice only. `whole`: promotions
looked up, programme written and handed over, solved and its choice read, without any sharing or taxes, by our
whole pricing with sharing, taxes and the answer. `highs_ratio` and `highs_textbook_ratio` are the solver
alone by our whole pricing, what every basket costs against what no solver can do without. Each for the
compact programme and the textbook's, with the kernel and with Python alone. Medians of baskets from 10 lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import process_time_ns

from posapp.commands.measuring import median
from posapp.domain.pricing.answers.engine import PriceCache, case_of
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy


@dataclass(slots=True)
class Sides:
    """Nanoseconds of one class: our whole pricing and our search, the solver alone and all that it takes."""

    full: list[int] = field(default_factory=list)
    python: list[int] = field(default_factory=list)
    search: list[int] = field(default_factory=list)
    python_search: list[int] = field(default_factory=list)
    judge: list[int] = field(default_factory=list)
    judge_whole: list[int] = field(default_factory=list)
    textbook: list[int] = field(default_factory=list)
    textbook_whole: list[int] = field(default_factory=list)


def time_search(basket: Basket, index: PromotionIndex, times: list[int]) -> None:
    """The search alone: what touches the basket, what is open and the normal form are there."""
    case = case_of(basket, index.touching(basket), Policy(), PriceCache())
    case.prepare()
    begun = process_time_ns()
    case.searched()
    times.append(process_time_ns() - begun)


def ratios(sides: Sequence[Sides]) -> dict[str, float | None]:
    """Every ratio by its name; None where HiGHS is not installed."""
    figures: dict[str, float | None] = {}
    for word in ("", "python_"):
        ours = f"{word}search", "python" if word else "full"
        for name, programme in (("highs", "judge"), ("highs_textbook", "textbook")):
            figures[f"{word}search_alone_{name}_ratio"] = _ratio(sides, programme, ours[0])
            figures[f"{word}whole_{name}_ratio"] = _ratio(sides, f"{programme}_whole", ours[1])
            figures[f"{word}{name}_ratio"] = _ratio(sides, programme, ours[1])
    return figures


def _ratio(sides: Sequence[Sides], above: str, below: str) -> float | None:
    theirs = [value for mine in sides for value in getattr(mine, above)]
    ours = [value for mine in sides for value in getattr(mine, below)]
    return round(median(theirs) / median(ours), 2) if theirs else None
