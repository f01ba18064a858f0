"""The item search in C: the same as in Python to the last unit, refused where it is not the right one."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.pricing.items import kernel, plans
from posapp.domain.pricing.items.items import ItemCache, solve_items
from posapp.domain.pricing.items.kernel import LIBRARY, SOURCE, SWITCH, Kernel, loaded, use
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.terms.applications import ItemChoice, Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import NFor, Nth, Off, Promotion
from tests.domain.pricing.item_cases import small_case
from tests.domain.pricing.kernel_campaign import Comparing

BUILDER = Path(__file__).parents[3] / "installer" / "price_kernel.py"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of this source, built here where nobody has done so."""
    if not loaded().reason:
        return LIBRARY
    if not any(shutil.which(name) for name in ("cc", "gcc", "clang")):
        pytest.skip("there is no C compiler")
    target = tmp_path_factory.mktemp("kernel") / LIBRARY.name
    subprocess.run([sys.executable, str(BUILDER), "--must", "--to", str(target)], check=True, timeout=100)
    return target


@pytest.fixture(autouse=True)
def in_use(library: Path) -> Iterator[None]:
    before = use(loaded(library))
    yield
    use(before)


def told(choice: ItemChoice) -> tuple[object, ...]:
    return choice.value_minor, choice.states, choice.is_proven, [
        (one.promotion.promotion_id, one.amount_minor, one.units) for one in choice.applications
    ]  # fmt: skip


def in_both(lots: list[Lot], rights: list[Right], policy: Policy = Policy()) -> tuple[object, ...]:
    """The answer, after it was the same with and without."""
    mine = told(solve_items(lots, rights, policy))
    before = use(Kernel(None))
    other = told(solve_items(lots, rights, policy))
    use(before)
    assert mine == other
    return mine


def codes_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the library answers from now on."""
    codes: list[int] = []
    solve = kernel.kernel().solve
    assert solve is not None

    def counted(*words: int) -> int:
        codes.append(solve(*words))
        return codes[-1]

    monkeypatch.setattr(kernel, "_kernel", Kernel(counted))
    return codes


def test_two_thousand_components_are_the_same_in_both() -> None:
    comparing = Comparing()
    seed = 1_600
    while comparing.codes[0] < 2_000:
        comparing.seed(seed)
        seed += 1
    assert comparing.wrong == []
    assert comparing.codes.total() - comparing.codes[0] < 10
    assert 100 < comparing.unproven < 1_500


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(10**6, 10**9), units=st.integers(2, 24), states=st.integers(1, 400),
    small=st.sampled_from((0, 10, 250)),
)  # fmt: skip
def test_the_same_wherever_the_work_is_cut_short(seed: int, units: int, states: int, small: int) -> None:
    comparing = Comparing()
    with comparing.listening(small):
        solve_items(*small_case(seed, units_max=units), Policy(states_max=states))
    assert comparing.wrong == []


def test_a_plan_says_what_its_rule_says() -> None:
    compared = set()
    for seed in range(1_500):
        lots, rights = small_case(seed, units_max=10)
        form = normal_form(lots, rights, Policy(), SetCache())
        for lot, eligible in zip(form.lots, form.eligible, strict=True):
            for rule, spot in eligible:
                plan = plans.plan_of(rule, 8) if rule.is_coupling else None
                if plan is None:
                    continue
                price = Random(seed).choice((lot.price_minor, lot.price_minor // 2))
                gains = plans.gains_of(rule, price, spot)
                moves = plan.moves(plans.slots_asked(rule, spot) if gains is not None else ())
                for number, state in enumerate(plan.states):
                    mine = [
                        (plan.states[moves.targets[n]], (gains or [])[moves.kinds[n]], moves.marks[n])
                        for n in range(moves.first[number], moves.first[number + 1])
                    ]
                    known = set(plan.states)
                    assert mine == [move for move in rule.take(state, price, spot) if move[0] in known]
                    assert plan.ends[number] == rule.accepts(state)
                compared.add(type(rule).__name__)
    assert compared == {"CountRule", "SlotsRule", "TierRule", "LimitedRule"}


def test_plans_are_found_again_and_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "PLANS_MAX", 3)
    plans._plans.clear()
    for seed in range(40):
        in_both(*small_case(seed))
        assert len(plans._plans) <= 3
    lots, rights = [Lot(BasketLine(1, "A", 3, 100), 0, 3, 100)], [
        Right(Promotion("p", "item", Nth(3, Off(ppm=500_000))))
    ]  # fmt: skip
    rule = normal_form(lots, rights, Policy(), SetCache()).eligible[0][0][0]
    assert plans.plan_of(rule, 3) is plans.plan_of(rule, 5) is not None


def test_rules_of_many_states_are_tabulated_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    plans._plans.clear()
    monkeypatch.setattr(plans, "STATES_MAX", 1)
    codes = codes_of(monkeypatch)
    for seed in range(60):
        in_both(*small_case(seed))
    plans._plans.clear()
    assert len(codes) > 20
    assert set(codes) == {0}


# ------------------------------------------------------------------ what does not fit
def three_for(price: int, *, unit: int, name: str = "p") -> tuple[list[Lot], Right]:
    lots = [Lot(BasketLine(1, "A", 3, unit), 0, 3, unit)]
    return lots, Right(Promotion(name, "item", NFor(3, Off(price_minor=price))))


BY_PRICE = [(1 << 40, [0]), (1 << 55, [1]), (1 << 59, [1]), (1 << 70, [])]


@pytest.mark.parametrize(("unit", "answered"), BY_PRICE)
def test_numbers_that_do_not_fit_are_left_to_python(
    unit: int, answered: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = codes_of(monkeypatch)
    lots, right = three_for(unit, unit=unit)
    other = Right(Promotion("q", "item", NFor(2, Off(price_minor=unit))))
    assert in_both(lots, [right, other])[0] == 2 * unit
    assert codes == answered


def test_too_many_states_for_one_word_are_left_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = codes_of(monkeypatch)
    lots = [Lot(BasketLine(n, "A", 1, 100 + n), 0, 1, 100 + n) for n in range(6)]
    rights = [
        Right(Promotion(f"p{n:02}", "item", Nth(5, Off(minor=50 + n), count=1))) for n in range(21)
    ]  # fmt: skip
    assert in_both(lots, rights, Policy(states_max=3_000))[0] == 70
    # Each has five states: twenty-one times three bits.
    assert codes == [1]


def test_words_that_are_not_sound_are_refused() -> None:
    solve = kernel.kernel().solve
    assert solve is not None
    asked: list[array[int]] = []

    def listening(words: int, count: int, out: int, outs: int) -> int:
        taken: array[int] = array("q")
        taken.frombytes(ctypes.string_at(words, 8 * count))
        asked.append(taken)
        return solve(words, count, out, outs)

    use(Kernel(listening))
    for seed in range(60):
        solve_items(*small_case(seed, units_max=12))
    random = Random(1)
    answered = {0: 0, 1: 0, 2: 0}
    for words in asked:
        for _ in range(60):
            broken = array("q", words)
            for _ in range(random.randint(1, 3)):
                broken[random.randrange(len(broken))] = random.choice(
                    (-1, 0, 1, 2, 3, 7, len(broken), len(broken) - 1, 1 << 40, 1 << 62, -(1 << 63), 1 << 20)
                )
            count = random.choice((len(broken), len(broken), random.randrange(len(broken))))
            out = array("q", bytes(8 * 200))
            # So much work is no harm, but takes long.
            broken[2] = min(broken[2], 2_000)
            code = solve(broken.buffer_info()[0], count, out.buffer_info()[0], len(out))
            answered[code] += 1
    assert answered[2] > 500
    assert answered[0] > 200
    out = array("q", bytes(16))
    assert solve(asked[0].buffer_info()[0], len(asked[0]), out.buffer_info()[0], 2) == 2
    assert solve(0, 10, out.buffer_info()[0], 2) == 2


# ------------------------------------------------------------------ which library
def test_it_is_found_wherever_one_stands(
    library: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(library).solve is not None
    assert LIBRARY.is_absolute()
    assert SOURCE.is_file()


def test_a_library_of_another_source_is_refused(library: Path, tmp_path: Path) -> None:
    newer = tmp_path / "kernel.c"
    newer.write_bytes(SOURCE.read_bytes() + b"\n/* another */\n")
    assert loaded(library, newer) == Kernel(None, f"{library.name} was built of another source")
    windows = tmp_path / "windows.c"
    windows.write_bytes(SOURCE.read_bytes().replace(b"\n", b"\r\n"))
    assert loaded(library, windows).reason == ""
    assert "cannot be loaded" in loaded(library, tmp_path / "none.c").reason


def test_what_is_no_library_is_not_loaded(tmp_path: Path) -> None:
    assert loaded(tmp_path / "none.so") == Kernel(None, "there is no none.so")
    text = tmp_path / "text.so"
    text.write_text("no library")
    assert "cannot be loaded" in loaded(text).reason
    other = next(path for path in Path(sys.prefix).rglob("*.so") if "lib" in path.parts)
    assert loaded(other).solve is None


def test_it_can_be_switched_off(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "off")
    assert loaded(library) == Kernel(None, "POS_PRICE_KERNEL is off")
    use(None)
    assert kernel.kernel().solve is None
    lots, right = three_for(100, unit=50)
    assert solve_items(lots, [right]).value_minor == 50
    monkeypatch.setenv(SWITCH, "on")
    assert loaded(library).solve is not None


def test_the_builder_says_why_there_is_none(tmp_path: Path) -> None:
    target = tmp_path / "kernel.so"
    environment = {"PATH": str(tmp_path), "CC": ""}
    for must, code in ((False, 0), (True, 1)):
        done = subprocess.run(
            [sys.executable, str(BUILDER), "--to", str(target), *(["--must"] if must else [])],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == code
        assert done.stderr.endswith("in Python, without the C kernel: there is no C compiler\n")
    assert not target.exists()


def test_a_component_is_kept_in_the_cache_whoever_solved_it() -> None:
    lots, rights = small_case(11, units_max=9)
    cache = ItemCache()
    mine = told(solve_items(lots, rights, Policy(), cache))
    before = use(Kernel(None))
    assert told(solve_items(lots, rights, Policy(), cache)) == mine
    use(before)
