"""The campaign of forged codes, reduced; and that it finds the faults it is there for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from posapp.code_rules import CodeReaders, ProgrammeSignatures, code_reader
from posapp.domain.members.clock import HubTime
from sync.protocol.signing import key_id_of, public_key_of, sign
from tests.domain.members.code_scenes import Blind, CodeTill, scene_of, valid_code
from tests.domain.members.forged_codes import Outcome, run_seed
from tests.domain.shops import shop


def test_no_wrong_code_is_taken_and_no_right_one_refused() -> None:
    outcome = Outcome()
    for seed in range(2):
        run_seed(seed, outcome)
    assert outcome.findings == []
    assert (outcome.forged.total(), outcome.valid.total()) == (2_000, 20)
    assert min(outcome.forged.values()) >= 100
    assert len(outcome.valid) == 3


def _believes_everybody(till: CodeTill) -> None:
    till.reader = code_reader(None, signatures=Blind())


def _forgets_steps(till: CodeTill) -> None:
    till.forgets = True


def _forgets_revocations(till: CodeTill) -> None:
    till.revoked = _NeverRevoked()


def _takes_any_time(till: CodeTill) -> None:
    till.time = HubTime(till.time.now_ms, 10**15)


def _knows_no_key(till: CodeTill) -> None:
    till.reader = code_reader(None, signatures=ProgrammeSignatures({}))


def _allows_no_error(till: CodeTill) -> None:
    till.time = HubTime(till.time.now_ms, 0)
    till.rules = replace(till.rules, step_s=1)


class _NeverRevoked(dict[str, int]):
    def get(self, _key: object, _default: object = None) -> int:
        """Nothing is."""
        return 0


@pytest.mark.parametrize(
    ("plant", "ways"),
    [
        (_believes_everybody, {"other key", "unknown key", "made-up seal", "another statement"}),
        (_forgets_steps, {"shown again"}),
        (_forgets_revocations, {"revoked"}),
        (_takes_any_time, {"yesterday"}),
        (_knows_no_key, set()),
        (_allows_no_error, set()),
    ],
)
def test_faults_that_are_planted_are_found(plant: Callable[[CodeTill], None], ways: set[str]) -> None:
    outcome = Outcome()
    try:
        run_seed(3, outcome, plant=plant, forged=190)
    except AssertionError:
        # A till that takes nothing has nothing to be shown again.
        assert not ways
        return
    assert not outcome.is_clean
    assert all(any(f", {way}, taken" in each for each in outcome.findings) for way in ways)
    assert ways or outcome.valid_refused


def test_the_programmes_keys_say_who_signed() -> None:
    private_key = bytes(range(32))
    public_key = public_key_of(private_key)
    key_id = key_id_of(public_key)
    signatures = ProgrammeSignatures({key_id: public_key.hex(), "broken": "zz"})
    seal = sign(private_key, b"words")
    for _again in range(2):
        assert signatures.verify(key_id.upper(), b"words", seal)
        assert not signatures.verify(key_id.upper(), b"other", seal)
        assert not signatures.verify("BROKEN", b"words", seal)
        assert not signatures.verify("NOBODY", b"words", seal)
    for number in range(300):
        assert not signatures.verify(key_id, b"%d" % number, seal)
    assert signatures.verify(key_id, b"words", seal)


def test_a_reader_is_made_anew_when_the_shop_or_the_keys_change() -> None:
    readers, one, other = CodeReaders(), shop(), shop()
    keys = {"aa": "ab" * 32}
    first = readers.of(one, keys)
    assert readers.of(one, dict(keys)) is first
    assert readers.of(one, keys | {"bb": "ab" * 32}) is not first
    second = readers.of(one, keys)
    assert readers.of(other, keys) is not second


def test_a_valid_code_is_taken_once_by_one_till() -> None:
    scene = scene_of(5)
    till = scene.till()
    text, given = next(
        found for found in iter(lambda: valid_code(scene), None) if isinstance(found[1], tuple)
    )
    assert till.show(text) == given
    assert till.show(text) is None
