"""The policy of a document: each convention by name, as `policy` lists them, our own where nothing is said.

Knows the words only; what they mean is with the code that acts on them. A word that is not known is refused
with the words that may stand there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, get_args, get_type_hints

from posapp.domain.cash_rounding import CASH_ROUNDING, CashRounding, cash_rounding
from posapp.domain.money import MODES
from posapp.domain.pricing.documents.reading_goods import goods
from posapp.domain.pricing.documents.reading_values import Node
from posapp.domain.pricing.terms.policy import PointsRules, Policy

#: Words of a document that are fields of the policy by the same name.
WORDS: Final = (
    "choose", "sequence_order", "stacking", "of_group", "judged_on", "short_budget", "percent_of",
    "item_percent_of", "percent_per", "order_percent_per", "percent_mode", "share_over", "sharing",
    "share_by", "share_among", "takes", "reward_first", "amounts", "price_mode", "tax_mode", "tax_rounding",
    "tax_round_mode", "tax_base", "refund", "cash_to", "differing",
)  # fmt: skip
_STATES_MAX: Final = 100_000_000
_HINTS: Final = get_type_hints(Policy)
_POINT_HINTS: Final = get_type_hints(PointsRules)


def read_policy(node: Node) -> Policy:
    """The policy that a table states; raises `Unread` with the path of what cannot be read."""
    policy = Policy(**{word: node.choice(word, get_args(_HINTS[word])) for word in WORDS if node.has(word)})
    changes: dict[str, object] = {}
    rule = _cash(node)
    if rule is not None:
        changes |= {"cash_step_minor": rule.step_minor, "cash_mode": rule.mode}
    if node.has("tax_step"):
        changes["tax_step_minor"] = node.minor("tax_step")
        if not changes["tax_step_minor"]:
            raise node.problem("tax_step", "must be more than nothing; leave it out for the minor unit.")
    if node.has("points"):
        changes["points"] = _points(node.table("points"))
    if node.has("states_max"):
        changes["states_max"] = node.whole("states_max", least=1, most=_STATES_MAX)
    node.finish()
    return replace(policy, **changes) if changes else policy  # type: ignore[arg-type]


def _cash(node: Node) -> CashRounding | None:
    """A country's public rule by its letters, or a step with a mode."""
    if not node.has("cash"):
        return None
    value = node.take("cash")
    if isinstance(value, str):
        rule = cash_rounding(value)
        if rule is None:
            raise node.problem(
                "cash", f"is not known; one of {', '.join(CASH_ROUNDING)}, or a step and mode."
            )
        if node.money.currency not in ("", rule.currency):
            raise node.problem(
                "cash", f"is for {rule.currency}, and the amounts are in {node.money.currency}."
            )
        return rule
    table = node.table("cash")
    rule = CashRounding(node.money.currency, table.minor("step"), table.choice("mode", MODES, "half_up"))
    if rule.step_minor < 1:
        raise table.problem("step", "must be more than nothing; leave cash out for no rounding.")
    table.finish()
    return rule


def _points(node: Node) -> PointsRules:
    rules = PointsRules(
        points=node.whole("points", 0),
        per_minor=node.minor("for") if node.has("for") else PointsRules().per_minor,
        mode=node.choice("mode", MODES, "floor"),
        base=node.choice("base", get_args(_POINT_HINTS["base"]), "paid"),
        per=node.choice("per", get_args(_POINT_HINTS["per"]), "order"),
        but=goods(node, "except") if node.has("except") else None,
        most=node.whole("most", 0),
    )
    if rules.per_minor < 1:
        raise node.problem("for", "must be more than nothing.")
    node.finish()
    return rules
