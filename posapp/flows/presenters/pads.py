"""Keypads: the same digits everywhere, 7-8-9 on top as on the keyboard beside them."""

from __future__ import annotations

from collections.abc import Sequence

from posapp.flows.blocks import Keypad, PadKey
from posapp.flows.intents import KeyIn, NextDenomination, OfferAmount
from posapp.flows.presenters.words import Scene


def _digit(label: str) -> PadKey:
    return PadKey(label, KeyIn(label))


def back_key(scene: Scene) -> PadKey:
    """The key that takes the last digit back."""
    return PadKey("", KeyIn("back"), "icon", icon="delete", name=scene.t("Delete the last digit"))


def pin_pad(scene: Scene) -> Keypad:
    """Digits, clear and back: for PINs."""
    clear = PadKey(scene.t("Clear"), KeyIn("clear"), "word")
    return Keypad((*map(_digit, "789456123"), clear, _digit("0"), back_key(scene)), 3)


def count_pad(scene: Scene) -> Keypad:
    """Digits, back and the next denomination."""
    onward = PadKey(scene.t("Next"), NextDenomination(), "cash")
    return Keypad((*map(_digit, "789456123"), back_key(scene), _digit("0"), onward), 3)


def amount_pad(scene: Scene) -> Keypad:
    """Digits, decimal point and back: for a weight or a float."""
    return Keypad((*map(_digit, "789456123"), PadKey(".", KeyIn(".")), _digit("0"), back_key(scene)), 3)


def cash_pad(scene: Scene, exact_minor: int, above_minor: Sequence[int]) -> Keypad:
    """Digits with a fourth column of likely amounts, the exact one at the bottom."""
    label = {amount: scene.amount(amount) for amount in above_minor}
    quick = [PadKey(_short(label[amount]), OfferAmount(amount), "cash") for amount in above_minor[:3]]
    exact = PadKey(scene.amount(exact_minor), OfferAmount(exact_minor), "cash", small=scene.t("Exact"))
    column = [*quick, exact]
    rows = [list(map(_digit, "789")), list(map(_digit, "456")), list(map(_digit, "123"))]
    rows.append([_digit("0"), _digit("00"), PadKey(".", KeyIn("."))])
    offset = len(rows) - len(column)
    keys: list[PadKey] = []
    for place, row in enumerate(rows):
        keys += row
        keys.append(column[place - offset] if place >= offset else PadKey("", KeyIn(""), "cash"))
    return Keypad(tuple(keys), 4)


def _short(text: str) -> str:
    """A round amount without its zeros: there is room for "500", not for "500.00"."""
    whole, _, cents = text.partition(".")
    return whole if not cents.strip("0") else text
