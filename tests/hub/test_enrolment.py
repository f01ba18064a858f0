"""Codes, keys and sessions as the hub's database holds them: who is let in, and who no longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.trust.auth import (
    CHALLENGE_S,
    Claim,
    device_of,
    hub_secret,
    is_challenge,
    is_rotation_due,
    new_challenge,
    new_token,
    read_token,
)
from sync.hub.trust.enrolment import (
    CODE_VALID_MS,
    NotTrustedError,
    known_keys,
    new_code,
    open_session,
    revoke,
    rotate,
    use_code,
)
from sync.protocol import signing
from sync.protocol.messages import EnrolRequest, RotateRequest, SessionRequest
from sync.protocol.trust import enrol_statement, plain_code, rotate_statement, session_statement, to_text
from tests.hub.conftest import NOW_MS, shop_document

T1 = ("S1", "T1")
DAY_MS = 86_400_000
WITHIN_S = 60
#: Long enough for another transaction to be done, were nothing in its way.
SOON_S = 0.3


@pytest.fixture
def hub(hub_database: Database) -> Database:
    """Stores S1 and S2 with tills T1 and T2."""
    with hub_database.writing() as connection:
        for store_id in ("S1", "S2"):
            put_shop(connection, shop_document(store_id), show_pins=False, now_ms=NOW_MS)
    return hub_database


def code_for(hub: Database, terminal_id: str = "T1", *, byte: int = 7, now_ms: int = NOW_MS) -> str:
    with hub.writing() as connection:
        code = new_code(connection, "S1", terminal_id, secret=bytes([byte] * 10), now_ms=now_ms)
    assert code is not None
    return code


def bring(
    hub: Database, code: str, private_key: bytes, *, now_ms: int = NOW_MS, key: bytes | None = None
) -> Claim:
    public_key = to_text(signing.public_key_of(private_key))
    proof = signing.sign(key or private_key, enrol_statement(plain_code(code) or "", public_key))
    with hub.writing() as connection:
        return use_code(connection, EnrolRequest(code, public_key, to_text(proof)), now_ms=now_ms)


def refusal(hub: Database, code: str, private_key: bytes, **changes: object) -> str:
    with pytest.raises(NotTrustedError) as trouble:
        bring(hub, code, private_key, **changes)  # type: ignore[arg-type]
    return trouble.value.word


def enter(hub: Database, private_key: bytes, *, now_ms: int = NOW_MS, challenge: str = "c") -> Claim:
    key_id = signing.key_id_of(signing.public_key_of(private_key))
    signature = to_text(signing.sign(private_key, session_statement(key_id, challenge)))
    with hub.writing() as connection:
        return open_session(connection, SessionRequest(key_id, challenge, signature), now_ms=now_ms)


def entry_refusal(hub: Database, private_key: bytes) -> str:
    with pytest.raises(NotTrustedError) as trouble:
        enter(hub, private_key)
    return trouble.value.word


def change_key(hub: Database, claim: Claim, next_key: bytes, *, now_ms: int = NOW_MS) -> str:
    public_key = to_text(signing.public_key_of(next_key))
    proof = signing.sign(next_key, rotate_statement(claim.store_id, claim.terminal_id, public_key))
    with hub.writing() as connection:
        return rotate(connection, claim, RotateRequest(public_key, to_text(proof)), now_ms=now_ms)


def states(hub: Database) -> dict[str, str]:
    with hub.reading() as connection:
        return {key.key_id: key.state for key in known_keys(connection, "S1", all_states=True)}


def put_out(hub: Database) -> None:
    with hub.writing() as connection:
        revoke(connection, *T1, now_ms=NOW_MS)


def test_a_code_opens_its_place_once(hub: Database) -> None:
    mine, other = signing.new_private_key(), signing.new_private_key()
    code = code_for(hub)
    claim = bring(hub, code, mine)
    assert (claim.store_id, claim.terminal_id) == T1
    assert bring(hub, code, mine, now_ms=NOW_MS + 1) == claim, "its answer was lost: the same again"
    assert refusal(hub, code, other) == "code_used"
    assert enter(hub, mine) == claim


def test_a_code_is_read_as_people_type_it(hub: Database) -> None:
    code = code_for(hub)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "i")
    assert bring(hub, typed, signing.new_private_key()).terminal_id == "T1"


def test_codes_that_are_wrong_old_or_replaced_open_nothing(hub: Database) -> None:
    key = signing.new_private_key()
    assert refusal(hub, "0000-0000-0000-0000", key) == "code_unknown"
    assert refusal(hub, "what?", key) == "code_unknown"
    first = code_for(hub, byte=1)
    second = code_for(hub, byte=2)
    assert refusal(hub, first, key) == "code_unknown", "another code was given out in its place"
    assert refusal(hub, second, key, now_ms=NOW_MS + CODE_VALID_MS) == "code_expired"
    assert bring(hub, second, key, now_ms=NOW_MS + CODE_VALID_MS - 1).terminal_id == "T1"


def test_a_code_is_nothing_without_the_private_key(hub: Database) -> None:
    mine, thief = signing.new_private_key(), signing.new_private_key()
    assert refusal(hub, code_for(hub), mine, key=thief) == "bad_proof"
    with hub.writing() as connection, pytest.raises(NotTrustedError, match="bad_proof"):
        use_code(connection, EnrolRequest(code_for_shape(), "short", "x"), now_ms=NOW_MS)


def code_for_shape() -> str:
    return "0000-0000-0000-0001"


def test_no_code_for_a_terminal_that_the_shop_does_not_have(hub: Database) -> None:
    with hub.writing() as connection:
        assert new_code(connection, "S1", "T9", secret=bytes(10), now_ms=NOW_MS) is None
    code = code_for(hub)
    with hub.writing() as connection:
        document = shop_document(terminals=[{"id": "T2"}])
        put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    assert refusal(hub, code, signing.new_private_key()) == "terminal_removed"


def test_a_key_belongs_to_one_place_for_ever(hub: Database) -> None:
    key = signing.new_private_key()
    bring(hub, code_for(hub), key)
    assert refusal(hub, code_for(hub, "T2", byte=9), key) == "key_known"


def test_enrolling_again_puts_the_old_device_out(hub: Database) -> None:
    old, new = signing.new_private_key(), signing.new_private_key()
    bring(hub, code_for(hub), old)
    enter(hub, old)
    bring(hub, code_for(hub, byte=8), new)
    assert entry_refusal(hub, old) == "revoked"
    assert enter(hub, new).terminal_id == "T1"
    assert sorted(states(hub).values()) == ["active", "retired"]


def test_the_old_key_is_good_until_the_next_one_is_used(hub: Database) -> None:
    old, lost, new = (signing.new_private_key() for _ in range(3))
    claim = bring(hub, code_for(hub), old)
    change_key(hub, claim, lost)
    assert enter(hub, old) == claim, "the answer was lost, the next key never heard of"
    key_id = change_key(hub, claim, new)
    assert change_key(hub, claim, new) == key_id, "asked twice"
    assert sorted(states(hub).values()) == ["active", "next", "retired"]
    assert enter(hub, old) == claim
    assert enter(hub, new).key_id == key_id
    assert entry_refusal(hub, old) == "revoked"
    assert entry_refusal(hub, lost) == "revoked"
    assert enter(hub, new).key_id == key_id


def test_a_next_key_is_proven(hub: Database) -> None:
    claim = bring(hub, code_for(hub), signing.new_private_key())
    public_key = to_text(signing.public_key_of(signing.new_private_key()))
    wrong = signing.sign(signing.new_private_key(), rotate_statement("S1", "T1", public_key))
    other_place = signing.new_private_key()
    elsewhere = signing.sign(
        other_place, rotate_statement("S1", "T2", to_text(signing.public_key_of(other_place)))
    )
    for key, proof in ((public_key, wrong), (to_text(signing.public_key_of(other_place)), elsewhere)):
        with hub.writing() as connection, pytest.raises(NotTrustedError, match="bad_proof"):
            rotate(connection, claim, RotateRequest(key, to_text(proof)), now_ms=NOW_MS)


def test_a_session_wants_the_private_key(hub: Database) -> None:
    mine = signing.new_private_key()
    bring(hub, code_for(hub), mine)
    key_id = signing.key_id_of(signing.public_key_of(mine))
    assert entry_refusal(hub, signing.new_private_key()) == "key_refused"
    for signature in (
        to_text(signing.sign(signing.new_private_key(), session_statement(key_id, "c"))),
        to_text(signing.sign(mine, session_statement(key_id, "another"))),
        to_text(signing.sign(mine, b"c")),
        "!",
    ):
        with hub.writing() as connection, pytest.raises(NotTrustedError, match="key_refused"):
            open_session(connection, SessionRequest(key_id, "c", signature), now_ms=NOW_MS)


def test_a_revoked_terminal_is_out_at_once_and_alone(hub: Database) -> None:
    mine, next_key, other = (signing.new_private_key() for _ in range(3))
    claim = bring(hub, code_for(hub), mine)
    change_key(hub, claim, next_key)
    others = bring(hub, code_for(hub, "T2", byte=9), other)
    waiting = code_for(hub, byte=3)
    with hub.writing() as connection:
        assert revoke(connection, "S1", "T1", now_ms=NOW_MS) == 2
        assert revoke(connection, "S1", "T1", now_ms=NOW_MS) == 0
        assert device_of(connection, claim) == ("revoked", None)
        assert device_of(connection, others)[0] == "good"
    assert entry_refusal(hub, mine) == entry_refusal(hub, next_key) == "revoked"
    assert refusal(hub, waiting, signing.new_private_key()) == "code_unknown"
    assert enter(hub, other) == others


def test_a_request_that_takes_its_time_brings_no_key_in_after_the_revocation(hub: Database) -> None:
    claim = bring(hub, code_for(hub), b"1" * 32)
    put_out(hub)
    with pytest.raises(NotTrustedError) as trouble:
        change_key(hub, claim, b"2" * 32)
    assert trouble.value.word == "revoked"
    assert set(states(hub).values()) == {"revoked"}


def test_a_key_that_comes_in_during_a_revocation_is_put_out_too(hub: Database) -> None:
    claim = bring(hub, code_for(hub), b"1" * 32)
    public_key = to_text(signing.public_key_of(b"2" * 32))
    proof = signing.sign(b"2" * 32, rotate_statement("S1", "T1", public_key))
    with ThreadPoolExecutor(1) as beside:
        with hub.writing() as connection:
            rotate(connection, claim, RotateRequest(public_key, to_text(proof)), now_ms=NOW_MS)
            revoking = beside.submit(put_out, hub)
            wait([revoking], SOON_S)
        revoking.result(WITHIN_S)
    assert sorted(states(hub).values()) == ["revoked", "revoked"]


def test_a_session_that_opens_during_a_revocation_does_not_undo_it(
    hub: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(hub, code_for(hub), b"1" * 32)
    with ThreadPoolExecutor(1) as beside:
        revoking = []

        def revoked_meanwhile(*_place: object) -> bool:
            revoking.append(beside.submit(put_out, hub))
            wait(revoking, SOON_S)
            return True

        monkeypatch.setattr("sync.hub.trust.enrolment._is_set_up", revoked_meanwhile)
        enter(hub, b"1" * 32)
        revoking[0].result(WITHIN_S)
    assert list(states(hub).values()) == ["revoked"]


def test_one_key_can_be_revoked_by_name(hub: Database) -> None:
    mine, next_key = signing.new_private_key(), signing.new_private_key()
    claim = bring(hub, code_for(hub), mine)
    key_id = change_key(hub, claim, next_key)
    with hub.writing() as connection:
        assert revoke(connection, "S1", "T1", now_ms=NOW_MS, key_id=key_id) == 1
    assert enter(hub, mine) == claim
    assert entry_refusal(hub, next_key) == "revoked"


def test_a_key_is_due_for_a_change_by_the_hubs_clock(hub: Database) -> None:
    claim = bring(hub, code_for(hub), signing.new_private_key())
    with hub.reading() as connection:
        _state, device = device_of(connection, claim)
    assert device is not None
    assert not is_rotation_due(device, now_ms=NOW_MS + 90 * DAY_MS - 1)
    assert is_rotation_due(device, now_ms=NOW_MS + 90 * DAY_MS)
    assert is_rotation_due(device, now_ms=NOW_MS + DAY_MS, after_ms=DAY_MS)


# ---------------------------------------------------------------------- tokens
def test_tokens_are_known_by_every_process_and_by_no_other_hub(hub: Database, tmp_path) -> None:
    claim = Claim("S1", "T1", "00ff")
    with hub.reading() as connection:
        secret = hub_secret(connection)
    twin = Database(hub.location.named)
    stranger = Database(tmp_path / "stranger.db")
    try:
        token = new_token(secret, claim, expires_at_ms=NOW_MS + 1)
        with twin.reading() as connection:
            assert read_token(hub_secret(connection), f"Bearer {token}", now_ms=NOW_MS) == claim
        with stranger.reading() as connection:
            assert read_token(hub_secret(connection), f"Bearer {token}", now_ms=NOW_MS) is None
    finally:
        twin.close()
        stranger.close()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "Q"),
        lambda token: ("A" if token[0] != "A" else "B") + token[1:],
        lambda token: token.partition(".")[0],
        lambda token: token.partition(".")[0] + ".",
        lambda token: "." + token.partition(".")[2],
        lambda token: token + "=",
        lambda token: token + "AAAA",
        lambda token: token.replace(".", ""),
        lambda _token: "",
        lambda _token: "é.é",
    ],
)
def test_a_spoilt_token_says_nothing(spoilt) -> None:
    token = new_token(b"s" * 32, Claim("S1", "T1", "k"), expires_at_ms=NOW_MS + 1)
    assert read_token(b"s" * 32, f"bearer {token}", now_ms=NOW_MS) is not None
    assert read_token(b"s" * 32, f"Bearer {spoilt(token)}", now_ms=NOW_MS) is None
    assert read_token(b"s" * 32, f"Basic {token}", now_ms=NOW_MS) is None
    assert read_token(b"s" * 32, f"Bearer {token}", now_ms=NOW_MS + 1) is None


def test_a_challenge_is_good_for_two_minutes_and_is_no_token() -> None:
    secret = b"s" * 32
    challenge = new_challenge(secret, b"nonce", now_ms=NOW_MS)
    assert is_challenge(secret, challenge, now_ms=NOW_MS + CHALLENGE_S * 1000)
    assert not is_challenge(secret, challenge, now_ms=NOW_MS + CHALLENGE_S * 1000 + 1)
    assert is_challenge(secret, challenge, now_ms=NOW_MS - 1_000), "of a machine whose clock is ahead"
    assert not is_challenge(secret, challenge, now_ms=NOW_MS - CHALLENGE_S * 1000 - 1)
    assert not is_challenge(b"t" * 32, challenge, now_ms=NOW_MS)
    assert not is_challenge(secret, "x.y", now_ms=NOW_MS)
    assert read_token(secret, f"Bearer {challenge}", now_ms=NOW_MS) is None
    token = new_token(secret, Claim("S1", "T1", "k"), expires_at_ms=NOW_MS + 1)
    assert not is_challenge(secret, token, now_ms=NOW_MS)
