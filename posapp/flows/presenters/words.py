"""What every presenter needs at hand: the state, the shop's money and time, and one language."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from posapp.domain.facts import TaxLine
from posapp.domain.shifts import local_time
from posapp.domain.shop import Role, Shop, Words, word
from posapp.flows import formatting
from posapp.flows.formatting import N_, Clause, Speech
from posapp.flows.presenters.kept import Kept
from posapp.flows.state import Desk
from posapp.values import dataclass

ROLES = {Role.CASHIER: N_("Cashier"), Role.CLERK: N_("Pickup clerk"), Role.MANAGER: N_("Manager")}


@dataclass(frozen=True, slots=True)
class Scene:
    """The desk as it is told in one language at one moment."""

    desk: Desk
    speech: Speech
    now_ms: int
    version: str
    kept: Kept = field(default_factory=Kept)

    @property
    def shop(self) -> Shop:
        """The shop; only asked where there is one."""
        assert self.desk.shop is not None
        return self.desk.shop

    def t(self, msgid: str, **params: str | Clause) -> str:
        """A sentence in this language."""
        return self.speech.t(msgid, **params)

    def clock_gap(self, offset_ms: int) -> str:
        """How far two clocks are apart: to the tenth of a second while small, in coarse words then."""
        apart_ms = abs(offset_ms)
        if apart_ms >= 60_000:
            return self.speech.age(apart_ms // 1000)
        return self.t("{n} s", n=f"{apart_ms // 1000}.{apart_ms % 1000 // 100}")

    def word(self, words: Words) -> str:
        """The shop's own words in this language."""
        return word(words, self.speech.language)

    def amount(self, amount_minor: int) -> str:
        """An amount in the shop's currency without its sign."""
        return formatting.amount(amount_minor, self.shop.currency)

    def money(self, amount_minor: int) -> str:
        """An amount with its currency sign, for sentences."""
        return formatting.signed_money(amount_minor, self.shop.currency)

    @property
    def sign(self) -> str:
        """The currency sign."""
        return formatting.currency_sign(self.shop.currency)

    def local(self, at_ms: int) -> datetime:
        """A moment on the shop's wall clock."""
        return local_time(at_ms, self.shop)

    def clock(self, at_ms: int) -> str:
        """Hours and minutes of a moment."""
        return f"{self.local(at_ms):%H:%M}"

    def role(self, role: Role) -> str:
        """What an operator is hired for, in words."""
        return self.t(ROLES[role])

    def tax(self, tax: TaxLine) -> str:
        """A tax with its rate: several rates may carry one name."""
        return f"{self.word(tax.names)} {formatting.percent(tax.ppm)}"

    def terminal(self) -> str:
        """What people call this terminal."""
        place = self.shop.terminal(self.desk.terminal_id)
        return self.t("Terminal {n}", n=str(place.number) if place else self.desk.terminal_id)


def initial(name: str) -> str:
    """The letter or character a person is shown by."""
    return name[:1].upper()
