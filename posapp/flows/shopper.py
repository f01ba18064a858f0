"""The member of a sale as paper and the last screen tell them: masked, with points used, earned and left.

The fact of a sale holds an id only, so what else is told is taken from the till's memory while the sale is
made. Nothing here could be used to reach anybody.
"""

from __future__ import annotations

from posapp.domain.cart import Cart
from posapp.domain.facts import TransactionCompleted
from posapp.domain.members.programme import Programme
from posapp.domain.paper import Row, RuleRow, TextRow
from posapp.domain.shifts import local_time
from posapp.domain.shop import Shop, Words, word
from posapp.flows.formatting import Speech, tail
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who bought: masked name, end of the phone, level, and what is on the account after this sale.

    `points` are all of them, `later` those that cannot be spent yet; None where the till does not know.
    `as_of` is the local time of what the till knew, "" where the hub said so just now.
    """

    name: str = ""
    phone_tail: str = ""
    level_names: Words | None = None
    points: int | None = None
    later: int = 0
    as_of: str = ""

    def called(self) -> str:
        """How they are named on paper: "陈** ··6027"."""
        end = tail(self.phone_tail) if self.phone_tail else ""
        return " ".join(part for part in (self.name, end) if part)


def shopper_of(
    cart: Cart, sale: TransactionCompleted, programme: Programme, shop: Shop, *, is_offline: bool
) -> Shopper | None:
    """The member of a sale that is being paid, with their points after it; None where it is nobody's."""
    shown, told = cart.rights.member, sale.member
    if shown is None or told is None:
        return None
    card = shown.card
    if card.as_of_ms is None:
        return Shopper(card.name, card.phone_tail, card.level_names)
    earned_later = told.points_earned if programme.return_days else 0
    return Shopper(
        name=card.name,
        phone_tail=card.phone_tail,
        level_names=card.level_names,
        points=card.points + card.pending - told.points_used + told.points_earned,
        later=card.pending + earned_later,
        as_of=f"{local_time(card.as_of_ms, shop):%H:%M}" if is_offline else "",
    )


def member_rows(sale: TransactionCompleted, speech: Speech, shopper: Shopper | None) -> list[Row]:
    """The lines of a receipt about the member; none where nobody was identified."""
    told = sale.member
    if told is None:
        return []
    rows: list[Row] = [RuleRow()]
    if shopper is not None:
        level = word(shopper.level_names, speech.language) if shopper.level_names else ""
        rows.append(TextRow(" ".join(part for part in (speech.t("Member"), level) if part), shopper.called()))
    else:
        rows.append(TextRow(speech.t("Member"), tail(told.member_id)))
    if told.points_used:
        rows.append(TextRow(speech.t("Points used"), f"{told.points_used:,}"))
    if told.points_earned:
        rows.append(TextRow(speech.t("Points earned"), f"+{told.points_earned:,}"))
    return [*rows, *_balance(speech, shopper)]


def _balance(speech: Speech, shopper: Shopper | None) -> list[Row]:
    if shopper is None or shopper.points is None:
        return []
    name = speech.t("Points balance")
    if shopper.as_of:
        name = speech.t("Points balance, as known at {time}", time=shopper.as_of)
    rows: list[Row] = [TextRow(name, f"{shopper.points:,}")]
    if shopper.later:
        rows.append(TextRow("  " + speech.t("of these not yet to be spent"), f"{shopper.later:,}"))
    return rows
