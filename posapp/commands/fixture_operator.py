"""Signs the fixture's operator on, for measurements.

The product has no way in without a PIN, and gets none for this: the wishes of signing on are given to the
terminal and the question for the PIN is left unasked; its answer then comes through the till's own door.
"""

from __future__ import annotations

from posapp.flows.intents import Intent, KeyIn, PinChecked, SelectOperator, SignOn
from posapp.flows.state import Selling
from posapp.till import Till

OPERATOR, PIN = "1001", "1357"


def sign_on(till: Till) -> None:
    """Sign the operator on, all but the comparison of the PIN."""
    wishes: list[Intent] = [SelectOperator(OPERATOR), *map(KeyIn, PIN), SignOn()]
    for wish in wishes:
        till.terminal.handle(wish)
    till.handle(PinChecked(OPERATOR, True))
    if not isinstance(till.terminal.state.phase, Selling):
        raise RuntimeError(f"the operator is not at work: {type(till.terminal.state.phase).__name__}")
