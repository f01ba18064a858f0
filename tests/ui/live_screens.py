"""Screens of members' rights, gift cards and returns as flows really bring them about, states of all kinds.

Each is a world that was played to a point; what the window shows of it is measured like the samples.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import live_after
import live_sale

from posapp.flows.intents import SwitchLanguage
from posapp.flows.presenters import present
from posapp.flows.views import View

LIVE = live_sale.MADE | live_after.MADE


@cache
def live(name: str, language: str) -> View:
    """The view of this name in "zh_CN" or "en"."""
    world = LIVE[name]()
    world.do(SwitchLanguage(language))
    desk = replace(world.terminal.state.desk, language=language)
    return present(replace(world.terminal.state, desk=desk), world.ports, "1.2.3")
