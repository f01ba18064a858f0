"""`posapp labels`: shelf prices of this till's goods, cards with a QR code, and single codes of any kind.

Prices come from the till's own catalogue, so a label says what the till will charge. Each label is read
back by a decoder before it is written; what does not fit or cannot be read is refused in a sentence.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from typing import get_args

from posapp.code_rules import ai_table
from posapp.config import ConfigError, Settings, read_settings
from posapp.devices.barcodes import BarcodeKind, DrawingError, draw
from posapp.devices.fonts import RasterFonts
from posapp.devices.labels import Label, LabelSize, draw_label, save
from posapp.domain.catalog import Item
from posapp.domain.codes import normalise
from posapp.domain.codes.elements import read_bracketed
from posapp.domain.codes.gs1_fault import Gs1Fault
from posapp.domain.file_trouble import file_sentence
from posapp.domain.shop import Shop, word
from posapp.flows.formatting import currency_sign, plain_amount
from posapp.flows.ports import CatalogueUnreadable
from posapp.resources import resource_path

#: A sheet of A3 at 600 dpi; what is larger is a slip of the pen, and fills the memory.
_DOTS_MAX = 72_000_000


class LabelError(Exception):
    """A label cannot be made; the message is one sentence with what mends it."""


def run(options: argparse.Namespace) -> int:
    """Draw what was asked for; 2 with a sentence where it cannot be."""
    try:
        size = _size(options.size, options.dpi)
        if options.out.suffix.lower() not in (".pdf", ".png"):
            raise LabelError(f"--out takes a .pdf or a .png file, not {options.out}.")
        labels = list(_labels(options))
        if len(labels) > 1 and options.out.suffix.lower() == ".png":
            raise LabelError("A .png holds one label. Give a .pdf for several.")
        fonts = RasterFonts.bundled(resource_path("fonts"))
        face = resource_path("fonts") / "Inter-Strong.otf"
        save([draw_label(label, fonts, face, size) for label in labels], options.out, size)
    except (LabelError, DrawingError, ConfigError) as error:
        print(error, file=sys.stderr)
        return 2
    except CatalogueUnreadable:
        print(
            "The catalogue of this till cannot be read. Open the till once; it fetches it.", file=sys.stderr
        )
        return 2
    except OSError as error:
        print(f"{file_sentence(error)}.", file=sys.stderr)
        return 2
    print(f"{options.out}: {len(labels)} label(s), each read back")
    return 0


def _size(text: str, dpi: int) -> LabelSize:
    match = re.fullmatch(r"(\d{2,3})x(\d{2,3})", text)
    if match is None or not 150 <= dpi <= 1200:
        raise LabelError(f"--size is millimetres such as 60x40 and --dpi 150 to 1200, not {text} at {dpi}.")
    size = LabelSize(int(match[1]), int(match[2]), dpi)
    if size.dots[0] * size.dots[1] > _DOTS_MAX:
        raise LabelError(f"A label of {text} mm at {dpi} dpi is too large. Take a smaller one or fewer dots.")
    return size


def _labels(options: argparse.Namespace) -> Iterator[Label]:
    match options.what:
        case "shelf":
            yield from _shelf(read_settings(options.config), options)
        case "card":
            notes = tuple(options.note)
            yield Label(options.title, "qr", options.code, options.value, notes, options.caption)
        case _:
            if options.kind not in get_args(BarcodeKind):
                known = ", ".join(get_args(BarcodeKind))
                raise LabelError(f"{options.kind} is no kind of code. Choose one of {known}.")
            _check_gs1(options.kind, options.code)
            # Below the bars stands what a scanner reads, with the check digit that was added.
            below = draw(options.kind, options.code).text
            yield Label(options.title, options.kind, options.code, caption=below)


def _check_gs1(kind: BarcodeKind, code: str) -> None:
    """Raise LabelError where GS1 data is not what a till would take."""
    if not kind.startswith(("gs1", "databar")):
        return
    read = read_bracketed(code, ai_table())
    if isinstance(read, Gs1Fault):
        raise LabelError(f"{code} is not well formed: {read.detail}. Mend that element.")


def _shelf(settings: Settings, options: argparse.Namespace) -> Iterator[Label]:
    """A label for each code, with the price in force now."""
    from posapp.store.catalog import SqliteCatalogReader
    from posapp.store.catalog_place import CatalogPlace
    from posapp.store.engine import open_ledger
    from posapp.store.recovery import read_shop

    if not settings.ledger.exists():
        raise LabelError(f"{settings.ledger} is not there yet. Open this till once, so that it is set up.")
    ledger = open_ledger(settings.ledger)
    shop = read_shop(ledger)
    ledger.close()
    if shop is None:
        raise LabelError("This till has no shop set-up yet. Open it once with the hub in reach.")
    reader = SqliteCatalogReader(CatalogPlace(settings.catalogue))
    try:
        now_ms = time.time_ns() // 1_000_000
        for code in options.codes:
            item = reader.by_key(normalise(code).key, now_ms)
            if item is None and reader.by_sku(code, now_ms) is not None:
                raise LabelError(f"{code} is a SKU, by which nothing can be scanned. Give the bar code.")
            yield _shelf_label(code, item, shop, options.language)
    finally:
        reader.close()


def _shelf_label(code: str, item: Item | None, shop: Shop, language: str) -> Label:
    if item is None:
        raise LabelError(f"No item has the code {code}. Look at the code again.")
    if item.price_minor is None:
        raise LabelError(f"{code} has no price in force. Set one first.")
    price = currency_sign(shop.currency) + plain_amount(item.price_minor, shop.currency)
    price += "/kg" if item.unit == "g" else ""
    gtin = normalise(code).gtin14
    text = gtin.lstrip("0").rjust(13, "0") if gtin else code
    kind: BarcodeKind = "code-128"
    if gtin and gtin.startswith("000000"):
        kind, text = "ean-8", gtin[-8:]
    elif gtin and gtin.startswith("0"):
        kind = "ean-13"
    elif gtin:
        kind, text = "itf", gtin
    draw(kind, text)  # says at once what a code cannot be drawn for
    return Label(word(item.names, language), kind, text, price, (item.sku,))
