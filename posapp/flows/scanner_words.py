"""What each finding about a scanner is called, and what mends it: the same on screen and on paper."""

from __future__ import annotations

from posapp.domain.keyboards import LAYOUTS
from posapp.domain.scanner_probes import CHINESE, Probe
from posapp.domain.scanner_spellings import Fault, Finding
from posapp.flows.formatting import N_, Speech

#: Of each fault what is the case, and what to do; {text} is the finding's detail, {code} the code's name.
_WORDS: dict[Fault, tuple[str, str]] = {
    Fault.NO_TERMINATOR: (
        N_("Nothing follows the code."),
        N_("Set the scanner's suffix to Enter (CR)."),
    ),
    Fault.TAB_TERMINATOR: (
        N_("Tab follows the code instead of Enter."),
        N_("Set the scanner's suffix to Enter (CR)."),
    ),
    Fault.TWO_TERMINATORS: (
        N_("Enter is sent twice after each code."),
        N_("Set the suffix to a single Enter (CR), without LF."),
    ),
    Fault.PREFIX: (
        N_("The scanner puts “{text}” before the code."),
        N_("Clear the scanner's prefix."),
    ),
    Fault.SUFFIX: (
        N_("The scanner puts “{text}” after the code."),
        N_("Clear the scanner's suffix, all but Enter."),
    ),
    Fault.SEPARATOR_LOST: (
        N_("The separator inside GS1 codes is lost."),
        N_("Set the scanner to send GS (FNC1) as character 29."),
    ),
    Fault.SEPARATOR_REPLACED: (
        N_("The separator inside GS1 codes comes as “{text}”."),
        N_("Set the scanner to send GS (FNC1) as character 29, without a substitute."),
    ),
    Fault.SEPARATOR_AS_KEY: (
        N_("The separator inside GS1 codes comes as the key {text}."),
        N_("The till understands it; nothing to do."),
    ),
    Fault.SEPARATOR_AS_ALT: (
        N_("The separator inside GS1 codes comes as Alt with digits."),
        N_("The till understands it; sending control characters directly is faster."),
    ),
    Fault.NO_IDENTIFIERS: (
        N_("The scanner does not say which kind of code it read."),
        N_("Switch AIM identifiers on: the till then never has to guess."),
    ),
    Fault.GS1_AS_PLAIN: (
        N_("A GS1 code is announced as a plain one ({text})."),
        N_("Switch GS1-128 and GS1 DataMatrix on at the scanner."),
    ),
    Fault.UPC_AS_EAN: (
        N_("UPC-A comes as EAN-13, with a 0 in front."),
        N_("The till knows both; nothing to do."),
    ),
    Fault.EAN_8_AS_EAN_13: (
        N_("EAN-8 comes as EAN-13, with zeros in front."),
        N_("The till knows both; nothing to do."),
    ),
    Fault.UPC_E_EXPANDED: (
        N_("UPC-E comes expanded to UPC-A."),
        N_("The till knows both; nothing to do."),
    ),
    Fault.LEADING_DIGIT_CUT: (
        N_("The first digit of UPC codes is cut off."),
        N_("Set the scanner to send the number system digit of UPC-A and UPC-E."),
    ),
    Fault.CHECK_DIGIT_CUT: (
        N_("The last digit, the check digit, is not sent."),
        N_("Set the scanner to send the check digit of EAN and UPC codes."),
    ),
    Fault.CAPS_LOCK: (
        N_("Capitals and small letters are exchanged."),
        N_("Switch Caps Lock off on this PC."),
    ),
    Fault.ALL_CAPITALS: (
        N_("All letters come as capitals."),
        N_("Set the scanner's letter case to “unchanged”."),
    ),
    Fault.ALL_SMALL: (
        N_("All letters come as small letters."),
        N_("Set the scanner's letter case to “unchanged”."),
    ),
    Fault.LAYOUT_OF_PC: (
        N_("The scanner types for a US keyboard, but this PC is set to: {text}."),
        N_("Set the scanner's keyboard country to that of the PC, or the PC's keyboard to US."),
    ),
    Fault.LAYOUT_OF_SCANNER: (
        N_("The scanner types for another keyboard than this PC has: {text}."),
        N_("Set the scanner's keyboard country to US."),
    ),
    Fault.CHARACTERS_LOST: (
        N_("Characters were lost on the way: {text}."),
        N_("Raise the scanner's inter-character delay by 5 to 10 ms."),
    ),
    Fault.INPUT_METHOD: (
        N_("The Chinese input method changed the characters."),
        N_("Switch the PC's input method to English."),
    ),
    Fault.CHINESE_LOST: (
        N_("Chinese characters do not arrive."),
        N_("If the shop scans such codes: set the scanner to USB serial (CDC), or to Alt mode with Unicode."),
    ),
    Fault.CHINESE_GARBLED: (
        N_("Chinese characters arrive as “{text}”."),
        N_("If the shop scans such codes: set the scanner to USB serial (CDC), or to Alt mode with Unicode."),
    ),
    Fault.NOT_READ: (
        N_("The scanner did not answer to {code}."),
        N_("Switch {code} on at the scanner."),
    ),
    Fault.NOT_READ_2D: (
        N_("The scanner did not answer to {code}."),
        N_("Switch QR Code and Data Matrix on at the scanner. A laser scanner cannot read them."),
    ),
    Fault.READ_TWICE: (
        N_("The code came twice."),
        N_("Raise the time before the scanner reads the same code again."),
    ),
    Fault.TYPED_BY_HAND: (
        N_("These characters came as slowly as typing."),
        N_("If they were scanned, lower the scanner's inter-character delay."),
    ),
    Fault.OTHER_CODE: (
        N_("This is none of the test codes, or too much of it is wrong."),
        N_("Scan the code on the screen. If you did, set the scanner to factory defaults first."),
    ),
}
_OPTIONAL = N_("That is right where the shop has no such codes.")
_LAYOUT_NAMES = {
    "fr": N_("French AZERTY"),
    "de": N_("German QWERTZ"),
    "gb": N_("UK"),
    "be": N_("Belgian AZERTY"),
    "ch": N_("Swiss QWERTZ"),
    "es": N_("Spanish"),
    "latam": N_("Latin American"),
    "it": N_("Italian"),
    "pt": N_("Portuguese"),
    "br": N_("Brazilian"),
    "se": N_("Swedish and Finnish"),
    "dk": N_("Danish"),
    "no": N_("Norwegian"),
    "jp": N_("Japanese"),
    "ca": N_("Canadian French"),
    "cz": N_("Czech QWERTZ"),
    "hu": N_("Hungarian"),
    "tr": N_("Turkish"),
    "ru": N_("Russian"),
}
_PROBE_NAMES = {"web-link": N_("QR web link"), "chinese": N_("QR with Chinese"), "long": N_("Long QR")}
_CONTROLS = {
    "\x1d": "<GS>",
    "\x1e": "<RS>",
    "\x1c": "<FS>",
    "\x04": "<EOT>",
    "\t": "<Tab>",
    "\r": "<CR>",
    "\n": "<LF>",
}
#: Layouts named where several explain the text.
LAYOUTS_SHOWN = 3


def probe_name(probe: Probe, speech: Speech) -> str:
    """What people call a test code."""
    return speech.t(_PROBE_NAMES.get(probe.probe_id, probe.name))


def again_words(probe: Probe, speech: Speech) -> str:
    """What to do about a code for which something else came."""
    return speech.t("Scan {code} again", code=probe_name(probe, speech))


def layout_names(layouts: str, speech: Speech) -> str:
    """The names of layouts; of many only the likeliest, in the order of how often shops have them."""
    order = [each.layout for each in LAYOUTS]
    known = sorted(layouts.split(" "), key=order.index)
    names = " / ".join(speech.t(_LAYOUT_NAMES[layout]) for layout in known[:LAYOUTS_SHOWN])
    return f"{names} …" if len(known) > LAYOUTS_SHOWN else names


def shown(text: str) -> str:
    """A text with its control characters by their names, which every font can show."""
    return "".join(_CONTROLS.get(sign, "<?>") if sign < " " else sign for sign in text)


def told(finding: Finding, speech: Speech, probe: Probe | None = None) -> tuple[str, str]:
    """What is the case, and what mends it."""
    case, mend = _WORDS[finding.fault]
    detail = finding.detail
    if finding.fault in (Fault.LAYOUT_OF_PC, Fault.LAYOUT_OF_SCANNER):
        detail = layout_names(detail, speech)
    code = probe_name(probe, speech) if probe is not None else ""
    params = {"text": shown(detail), "code": code}
    if finding.fault is Fault.NOT_READ and finding.level == "note":
        mend = _OPTIONAL
    elif finding.level == "note" and finding.fault in _MENDED:
        return speech.t(case, **params), speech.t("The till mends it; better set it right.")
    return speech.t(case, **params), speech.t(mend, **params)


#: What the till may have put right before it reads the code.
_MENDED = frozenset(
    (
        Fault.LAYOUT_OF_PC,
        Fault.LAYOUT_OF_SCANNER,
        Fault.CAPS_LOCK,
        Fault.INPUT_METHOD,
        Fault.SEPARATOR_REPLACED,
    )
)


def written(probe: Probe) -> str:
    """What stands under a test code."""
    return shown(probe.text) if CHINESE in probe.text or len(probe.text) <= 60 else f"{probe.text[:57]}…"
