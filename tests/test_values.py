"""The frozen classes of the till behave as the standard library's, although their methods come later."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
import threading
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any, ClassVar, Final

import pytest

from posapp.values import dataclass

Decorator = Callable[[type], type]


def _make(decorate: Decorator) -> dict[str, Any]:
    """The same classes by the given decorator."""

    @decorate
    class Point:
        """Two numbers, a list and what is left out of everything."""

        x: int
        y: int = 2
        marks: list[int] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)
        COUNT: ClassVar[int] = 7

        @property
        def total(self) -> int:
            """Of both."""
            return self.x + self.y

    @decorate
    class Deep(Point):
        """One number more, and a check."""

        z: int = 3

        def __post_init__(self) -> None:
            if self.z < 0:
                raise ValueError("z")

    @decorate
    class Empty:
        """Nothing at all."""

    @decorate
    class Key:
        """What may be a key."""

        name: str
        weight: int = field(default=0, hash=False)

    @decorate
    class Caseless:  # noqa: PLW1641 - what makes its hash is tried here
        """What compares and is copied in its own way."""

        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Caseless) and self.name.lower() == other.name.lower()

        def __getstate__(self) -> str:
            return self.name

        def __setstate__(self, name: str) -> None:
            object.__setattr__(self, "name", f"copy of {name}")

    return {made.__name__: made for made in (Point, Deep, Empty, Key, Caseless)}


OURS: Final = _make(dataclass(frozen=True, slots=True))
THEIRS: Final = _make(dataclasses.dataclass(frozen=True, slots=True))


@dataclass(frozen=True, slots=True)
class Sent:
    """A class that a pickle can find."""

    name: str
    parts: tuple[int, ...] = ()


def both(act: Callable[[dict[str, Any]], Any]) -> Any:
    """What an act comes to with our classes, which is what it comes to with the library's."""
    outcomes = []
    for classes in (OURS, THEIRS):
        try:
            outcomes.append(repr(act(classes)))
        except (AttributeError, TypeError, ValueError) as error:
            outcomes.append(type(error).__name__)
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c["Point"](1),
        lambda c: c["Point"](x=1, marks=[5], note="kept"),
        lambda c: c["Point"](1).note,
        lambda c: c["Point"](1, 2, [3], "n", 9),
        lambda c: c["Point"](),
        lambda c: c["Point"](1, q=1),
        lambda c: c["Point"](1) == c["Point"](1, note="other"),
        lambda c: c["Point"](1) == c["Point"](2),
        lambda c: c["Point"](1) == c["Deep"](1),
        lambda c: c["Point"](1) != 1,
        lambda c: c["Point"](1).marks is c["Point"](1).marks,
        lambda c: hash(c["Point"](1)),
        lambda c: hash(c["Key"]("a")) == hash(c["Key"]("a", 5)),
        lambda c: {c["Key"]("a"), c["Key"]("a"), c["Key"]("b")} == {c["Key"]("b"), c["Key"]("a")},
        lambda c: c["Deep"](1, 2, [], "", -1),
        lambda c: c["Deep"](1, z=4),
        lambda c: c["Deep"](1).total,
        lambda c: replace(c["Deep"](1), y=5),
        lambda c: replace(c["Point"](1), q=5),
        lambda c: dataclasses.asdict(c["Deep"](1)),
        lambda c: [one.name for one in fields(c["Deep"])],
        lambda c: c["Deep"].__match_args__,
        lambda c: c["Empty"]() == c["Empty"](),
        lambda c: c["Empty"](),
        lambda c: c["Empty"](1),
        lambda c: setattr(c["Point"](1), "x", 2),
        lambda c: delattr(c["Point"](1), "x"),
        lambda c: vars(c["Point"](1)),
        lambda c: copy.copy(c["Point"](1, marks=[4])),
        lambda c: copy.deepcopy(c["Deep"](1, marks=[4])),
        lambda c: c["Point"].COUNT,
        lambda c: c["Caseless"]("a") == c["Caseless"]("A"),
        lambda c: hash(c["Caseless"]("a")) == hash(c["Caseless"]("a")),
        lambda c: copy.copy(c["Caseless"]("a")),
        lambda c: c["Point"].__doc__,
    ],
)
def test_it_is_as_the_librarys(act: Callable[[dict[str, Any]], Any]) -> None:
    first = both(act)
    # And no other when its methods are there.
    assert both(act) == first


def test_a_class_compiles_nothing_before_it_is_used() -> None:
    made = _make(dataclass(frozen=True, slots=True))["Point"]
    waiting = {name: made.__dict__[name] for name in ("__init__", "__eq__", "__hash__", "__repr__")}
    made(1)
    assert [name for name, method in waiting.items() if made.__dict__[name] is method] == [
        "__eq__",
        "__hash__",
        "__repr__",
    ]
    assert made(1) == made(1)
    assert made.__eq__ is not waiting["__eq__"]
    assert made.__init__.__qualname__.endswith("Point.__init__")


@pytest.mark.parametrize("other", [field(default=1, kw_only=True), field(default=1, init=False)])
def test_fields_that_it_does_not_know_are_refused(other: Any) -> None:
    made: Any = type("Other", (), {"__annotations__": {"one": int}, "one": other, "__module__": __name__})
    with pytest.raises(TypeError, match="take the library's"):
        dataclass(frozen=True, slots=True)(made)(2)


def test_threads_that_use_it_first_at_the_same_time_find_it_whole() -> None:
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _again in range(20):
            point = _make(dataclass(frozen=True, slots=True))["Point"]
            together = threading.Barrier(4)

            def use(point: Any = point, together: threading.Barrier = together) -> tuple[Any, ...]:
                together.wait()
                return point(1) == point(1, 2, []), repr(point(1)).rpartition(".")[2]

            with ThreadPoolExecutor(4) as threads:
                found = {asked.result() for asked in [threads.submit(use) for _ in range(4)]}
            assert found == {(True, "Point(x=1, y=2, marks=[])")}
    finally:
        sys.setswitchinterval(usual_s)


def test_its_parameters_and_their_types_can_be_asked_for() -> None:
    ours, theirs = (inspect.signature(classes["Point"]).parameters for classes in (OURS, THEIRS))
    assert [str(one) for one in ours.values() if one.name != "marks"] == [
        str(one) for one in theirs.values() if one.name != "marks"
    ]
    assert list(ours) == list(theirs)
    assert typing.get_type_hints(Sent.__init__) == {
        "name": str,
        "parts": tuple[int, ...],
        "return": type(None),
    }


def test_no_change_is_taken() -> None:
    with pytest.raises(FrozenInstanceError):
        Sent("a").name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del Sent("a").name
    with pytest.raises(FrozenInstanceError):
        setattr(Sent("a"), "other", "b")  # noqa: B010 - no such field


def test_it_is_matched_by_its_fields() -> None:
    match Sent("a", (1,)):
        case Sent(name, parts):
            assert (name, parts) == ("a", (1,))


def test_it_is_pickled_whole() -> None:
    assert pickle.loads(pickle.dumps(Sent("a", (1, 2)))) == Sent("a", (1, 2))


def test_a_class_that_may_change_is_the_librarys() -> None:
    @dataclass(slots=True)
    class Counter:
        """Counts."""

        count: int = 0

    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
    with pytest.raises(TypeError):
        hash(counter)
