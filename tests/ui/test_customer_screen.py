"""The shopper's screen: painted for many lines and few, narrow amounts and wide, in both schemes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from posapp.flows.blocks import SumRow
from posapp.flows.customer import CustomerLine, CustomerView
from posapp.ui.customer import CustomerWindow, second_screen
from posapp.ui.theme import Theme
from posapp.ui.tokens import Scheme

LINES = tuple(
    CustomerLine(
        f"商品 {n} of a rather long name", "× 2", f"{n}.50", "9.90" if n % 2 else "", "第 2 件半价", n == 19
    )
    for n in range(20)
)
VIEW = CustomerView(
    "禾间生活", "您的商品 · 40", LINES,
    (SumRow("Goods", "583.22"), SumRow("Clothing: 50 off 500", "−50.00", "", "saving")),
    "应付", "¥", "500.22", "这次省了", "154.27",
)  # fmt: skip


def colours(window: CustomerWindow, box: tuple[int, int, int, int]) -> set[str]:
    """All colours in a part of the window."""
    image = window.grab().toImage()
    x, y, width, height = box
    return {
        image.pixelColor(at_x, at_y).name()
        for at_x in range(x, x + width, 2)
        for at_y in range(y, y + height, 2)
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1024, 600), (1920, 1080)])
def test_everything_is_painted_inside(
    application: QApplication, scheme: Scheme, size: tuple[int, int]
) -> None:
    theme = Theme(scheme)
    window = CustomerWindow(theme)
    window.resize(*size)
    window.show_view(VIEW)
    assert window.accessibleName() == "应付 ¥500.22"
    left = size[0] * 790 // 1366
    newest = theme.color("primary_soft").name()
    assert newest in colours(window, (2, 88, 40, size[1] - 90)), "the newest line is in view"
    assert theme.color("saving_soft").name() in colours(window, (left + 40, 300, 300, size[1] - 320))
    assert len(colours(window, (left + 60, size[1] * 310 // 768 + 56, size[0] - left - 120, 100))) > 2
    window.show_view(replace(VIEW, figure="1,234,567.00"))
    edge = colours(window, (size[0] - 36, 300, 36, size[1] - 320))
    assert edge == {theme.color("canvas").name()}, "no figure leaves its margin"
    window.show_view(None)
    assert colours(window, (left + 2, 0, size[0] - left - 2, size[1])) == {theme.color("canvas").name()}
    window.deleteLater()


def test_a_till_with_one_screen_has_none(application: QApplication) -> None:
    assert len(QGuiApplication.screens()) == 1
    assert second_screen(Theme("light")) is None
