"""What a PC with another layout makes of the keys that a scanner with the US layout presses.

For made-up traces only: the till itself needs no table of foreign layouts, since it goes by the places of
the keys. An empty text is a dead key.
"""

from __future__ import annotations

from posapp.ui.us_keyboard import US

PLACES = {text: (place, shifted) for place, pair in US.items() for shifted, text in enumerate(pair)}
"""Character of the US layout → its place, and 1 with Shift."""


def _swapped(old: str, new: str) -> dict[str, str]:
    """Old characters to new ones; a space in the new row is a dead key."""
    return {each: other.strip() for each, other in zip(old, new, strict=True)}


GERMAN = _swapped("yzYZ-=[];'\\/`@#^&*()_+{}:\"|<>?~", "zyZYß ü+öä#- \"§&/()=? Ü*ÖÄ';:_°")
FRENCH = _swapped(
    "1234567890-=qwazQWAZ[];'`\\m,./!@#$%^&*()_+{}:\"|M<>?~",
    "&é\"'(-è_çà)=azqwAZQW $mù²*,;:!1234567890°+ £M%µ?./§ ",
)
BRITISH = _swapped('@"#\\|~', '"@£#~¬')
LAYOUTS: dict[str, dict[str, str]] = {"us": {}, "german": GERMAN, "french": FRENCH, "british": BRITISH}


def places_in(layout: str) -> dict[str, tuple[int, int]]:
    """Character → place and Shift for a scanner that is set to this layout."""
    bent = LAYOUTS[layout]
    return {bent.get(text, text): place for text, place in PLACES.items() if bent.get(text, text)}
