"""What would make a sale cheaper, and which promotions a line lost to others: found beside the scans.

Both mean pricing the basket again and again, so this runs on a worker with an engine memory of its own and
answers with an intent. Pure: the same question has the same answer.
"""

from __future__ import annotations

from posapp.domain.pricing.answers.explaining import explained
from posapp.flows.effects import ExplainPrices
from posapp.flows.intents import PricesExplained


def answer(ask: ExplainPrices) -> PricesExplained:
    """The answer to a question about just these prices."""
    prices = ask.prices
    on = tuple(line for line in prices.basket.lines if line.line_no == ask.line_no)
    told = explained(prices.basket, ask.promotions, ask.policy, prices.priced, lost_on=on)
    return PricesExplained(prices, ask.line_no, told.lost, told.next_steps)
