"""Keyboard layouts that turn a scanner's text into another one when scanner and PC do not agree.

Knows what the 47 character keys of an ordinary PC keyboard write, plain and with Shift, in the layouts
shops have; dead keys, which write nothing by themselves, are blanks here. Refuses to know key codes and
AltGr: a keyboard scanner set to a US keyboard uses neither. The characters are those of xkeyboard-config.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Keyboard:
    """A layout: its short name, what people call it in English, and its keys in the order of `US`."""

    layout: str
    name: str
    plain: str = field(repr=False)
    shifted: str = field(repr=False)


US = Keyboard(
    "us", "US",
    "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./",
    "!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"~|ZXCVBNM<>?",
)  # fmt: skip

# fmt: off
#: The layouts that are told apart, those met most often first.
LAYOUTS: tuple[Keyboard, ...] = (
    Keyboard("fr", "French AZERTY",
             "&é\"'(-è_çà)=azertyuiop $qsdfghjklmù²*wxcvbn,;:!",
             "1234567890°+AZERTYUIOP £QSDFGHJKLM%~µWXCVBN?./§"),
    Keyboard("de", "German QWERTZ",
             "1234567890ß qwertzuiopü+asdfghjklöä #yxcvbnm,.-",
             "!\"§$%&/()=? QWERTZUIOPÜ*ASDFGHJKLÖÄ°'YXCVBNM;:_"),
    Keyboard("gb", "UK",
             "1234567890-=qwertyuiop[]asdfghjkl;'`#zxcvbnm,./",
             "!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@¬~ZXCVBNM<>?"),
    Keyboard("be", "Belgian AZERTY",
             "&é\"'(§è!çà)-azertyuiop $qsdfghjklmù²µwxcvbn,;:=",
             "1234567890°_AZERTYUIOP *QSDFGHJKLM%³£WXCVBN?./+"),
    Keyboard("ch", "Swiss QWERTZ",
             "1234567890' qwertzuiopü asdfghjklöä§$yxcvbnm,.-",
             "+\"*ç%&/()=? QWERTZUIOPè!ASDFGHJKLéà°£YXCVBNM;:_"),
    Keyboard("es", "Spanish",
             "1234567890'¡qwertyuiop +asdfghjklñ ºçzxcvbnm,.-",
             "!\"·$%&/()=?¿QWERTYUIOP *ASDFGHJKLÑ ªÇZXCVBNM;:_"),
    Keyboard("latam", "Latin American",
             "1234567890'¿qwertyuiop +asdfghjklñ{|}zxcvbnm,.-",
             "!\"#$%&/()=?¡QWERTYUIOP *ASDFGHJKLÑ[°]ZXCVBNM;:_"),
    Keyboard("it", "Italian",
             "1234567890'ìqwertyuiopè+asdfghjklòà\\ùzxcvbnm,.-",
             "!\"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°|§ZXCVBNM;:_"),
    Keyboard("pt", "Portuguese",
             "1234567890'«qwertyuiop+ asdfghjklçº\\ zxcvbnm,.-",
             "!\"#$%&/()=?»QWERTYUIOP* ASDFGHJKLÇª| ZXCVBNM;:_"),
    Keyboard("br", "Brazilian",
             "1234567890-=qwertyuiop [asdfghjklç ']zxcvbnm,.;",
             "!@#$% &*()_+QWERTYUIOP {ASDFGHJKLÇ \"}ZXCVBNM<>:"),
    Keyboard("se", "Swedish and Finnish",
             "1234567890+ qwertyuiopå asdfghjklöä§'zxcvbnm,.-",
             "!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLÖÄ½*ZXCVBNM;:_"),
    Keyboard("dk", "Danish",
             "1234567890+ qwertyuiopå asdfghjklæø½'zxcvbnm,.-",
             "!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLÆØ§*ZXCVBNM;:_"),
    Keyboard("no", "Norwegian",
             "1234567890+\\qwertyuiopå asdfghjkløæ|'zxcvbnm,.-",
             "!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLØÆ§*ZXCVBNM;:_"),
    Keyboard("jp", "Japanese",
             "1234567890-^qwertyuiop@[asdfghjkl;: ]zxcvbnm,./",
             "!\"#$%&'()~=~QWERTYUIOP`{ASDFGHJKL+* }ZXCVBNM<>?"),
    Keyboard("ca", "Canadian French",
             "1234567890-=qwertyuiop  asdfghjkl; #<zxcvbnm,.é",
             "!\"/$%?&*()_+QWERTYUIOP  ASDFGHJKL: |>ZXCVBNM'.É"),
    Keyboard("cz", "Czech QWERTZ",
             "+ěščřžýáíé= qwertzuiopú)asdfghjklů§; yxcvbnm,.-",
             "1234567890% QWERTZUIOP/(ASDFGHJKL\"! 'YXCVBNM?:_"),
    Keyboard("hu", "Hungarian",
             "123456789öüóqwertzuiopőúasdfghjkléá0űyxcvbnm,.-",
             "'\"+!%/=()ÖÜÓQWERTZUIOPŐÚASDFGHJKLÉÁ§ŰYXCVBNM?:_"),
    Keyboard("tr", "Turkish",
             "1234567890*-qwertyuıopğüasdfghjklşi\",zxcvbnmöç.",
             "!'^+%&/()=?_QWERTYUIOPĞÜASDFGHJKLŞİé;ZXCVBNMÖÇ:"),
    Keyboard("ru", "Russian",
             "1234567890-=йцукенгшщзхъфывапролджэё\\ячсмитьбю.",
             "!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЁ/ЯЧСМИТЬБЮ,"),
)
# fmt: on


@cache
def _table(scanner: str, computer: str) -> Mapping[int, str]:
    by_name = {keyboard.layout: keyboard for keyboard in (US, *LAYOUTS)}
    sends, writes = by_name[scanner], by_name[computer]
    table: dict[int, str] = {}
    for typed, shown in ((sends.plain, writes.plain), (sends.shifted, writes.shifted)):
        for meant, got in zip(typed, shown, strict=True):
            if meant != " ":
                table.setdefault(ord(meant), "" if got == " " else got)
    # What the scanner's own keyboard has no key for it cannot send.
    return {sign: table.get(sign, "") for sign in range(0x21, 0x7F)} | table


def typed_on(text: str, *, scanner: str = "us", computer: str = "us") -> str:
    """What a PC with one layout shows when a scanner set to another types a text.

    Dead keys and characters the scanner's layout has no key for are left out; characters outside of
    printable ASCII come through as they are.
    """
    return text if scanner == computer else text.translate(_table(scanner, computer))
