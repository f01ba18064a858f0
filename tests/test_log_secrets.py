"""No key, PIN or hash of a PIN gets into a log, however it is written; everything else does."""

from __future__ import annotations

import logging
import sys

import pytest

from posapp.log import RedactingFormatter

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA+/x"
KEY = "S1.T1.6f0-Kq_secret"


def written(text: str) -> str:
    record = logging.LogRecord("posapp", logging.INFO, __file__, 1, text, None, None)
    return RedactingFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Authorization: Bearer {KEY}", "INFO Authorization: ***"),
        (f"authorization: bearer {KEY}, next", "INFO authorization: ***, next"),
        ("Authorization: Basic dXNlcjpwYXNz", "INFO Authorization: ***"),
        (f"{{'Authorization': 'Bearer {KEY}', 'a': 1}}", "INFO {'Authorization': ***, 'a': 1}"),
        (f"{{'Authorization': b'Bearer {KEY}'}}", "INFO {'Authorization': ***}"),
        (f"sent Bearer {KEY}; refused", "INFO sent Bearer ***; refused"),
        ("{'pin': '1234'}", "INFO {'pin': ***}"),
        ('{"pin": "1234", "id": "7"}', 'INFO {"pin": ***, "id": "7"}'),
        ('"{\\"pin\\": \\"1234\\", \\"id\\": 7}"', 'INFO "{\\"pin\\": ***, \\"id\\": 7}"'),
        (f'"device_key": "{KEY}"', 'INFO "device_key": ***'),
        (f"device_key = {KEY}", "INFO device_key = ***"),
        (f"SessionReply(token='{KEY}', expires_in_s=9)", "INFO SessionReply(token=***, expires_in_s=9)"),
        (f'{{"private_key": "{KEY}"}}', 'INFO {"private_key": ***}'),
        (f"Settings(device_key='{KEY}', sound='off')", "INFO Settings(device_key=***, sound='off')"),
        (f"pin_hash={HASH}", "INFO pin_hash=***"),
        (f"Operator(pin_hash='{HASH}', badge='')", "INFO Operator(pin_hash=***, badge='')"),
        (f"compared with {HASH} in vain", "INFO compared with *** in vain"),
        ("pin=1234", "INFO pin=***"),
        ("VerifyPin(operator_id='1001', pin='13\\'57')", "INFO VerifyPin(operator_id='1001', pin=***)"),
        ("PIN: 1234 (cut off", "INFO PIN: *** (cut off"),
        ('{"pin": "12', 'INFO {"pin": ***'),
    ],
)
def test_secrets_are_blanked_and_the_rest_is_kept(text: str, kept: str) -> None:
    assert written(text) == kept


@pytest.mark.parametrize(
    "text",
    ["shopping: done", "pinyin: lqsj", "spin=3", "pins 4, tries=2", "key_refused"],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert written(text) == f"INFO {text}"


def test_what_an_exception_says_is_blanked_too() -> None:
    try:
        raise ValueError({"pin": "1234", "device_key": KEY})
    except ValueError:
        record = logging.LogRecord("posapp", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    text = RedactingFormatter().format(record)
    assert "ValueError" in text
    assert "{'pin': ***, 'device_key': ***}" in text
    assert KEY not in text
