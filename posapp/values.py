"""Data classes whose methods are compiled with their first use: a till has hundreds of them to load.

`dataclass` here is the standard library's to whoever uses it. That one compiles six methods of a frozen
class while its module is loaded, which was half of the time it took to load the till. Here a frozen class
gets its fields and slots then, and each method is compiled when it is called first. A class that may
change is handed to the library as it is.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, FrozenInstanceError, fields
from typing import TYPE_CHECKING, Any, Final

_Method = Callable[..., Any]


def _compiled(owner: type, head: str, body: str, known: Mapping[str, Any]) -> _Method:
    """A method of a class by its text; it sees its module, so that its annotations can be read."""
    text = f"def make({', '.join(known)}):\n def {head}:\n{body}\n return {head.partition('(')[0]}"
    made: dict[str, Any] = {}
    # As the library does: nothing in the text comes from outside, names of fields are identifiers.
    exec(text, vars(sys.modules[owner.__module__]), made)  # noqa: S102
    method: _Method = made["make"](**known)
    return method


def _init(owner: type) -> _Method:
    # Straight into the slots: a value is built several thousand times for one basket.
    known: dict[str, Any] = {f"_{one.name}_into": getattr(owner, one.name).__set__ for one in fields(owner)}
    known["_MISSING"] = MISSING
    parameters, lines = ["self"], []
    for one in fields(owner):
        if one.kw_only or not one.init:
            raise TypeError(f"{owner.__qualname__}.{one.name}: take the library's dataclass for such a field")
        given = f"_{one.name}_given"
        value = one.name
        if one.default_factory is not MISSING:
            known[given] = one.default_factory
            parameters.append(f"{one.name}=_MISSING")
            value = f"{given}() if {one.name} is _MISSING else {one.name}"
        elif one.default is not MISSING:
            known[given] = one.default
            parameters.append(f"{one.name}={given}")
        else:
            parameters.append(one.name)
        lines.append(f"  _{one.name}_into(self, {value})\n")
    if hasattr(owner, "__post_init__"):
        lines.append("  self.__post_init__()\n")
    method = _compiled(owner, f"__init__({', '.join(parameters)})", "".join(lines) or "  pass", known)
    method.__annotations__ = {one.name: one.type for one in fields(owner)} | {"return": None}
    return method


def _tuple_of(names: Iterable[str], of: str) -> str:
    return "(" + "".join(f"{of}.{name}," for name in names) + ")"


def _eq(owner: type) -> _Method:
    compared = [one.name for one in fields(owner) if one.compare]
    mine, others = _tuple_of(compared, "self"), _tuple_of(compared, "other")
    body = f"  if other.__class__ is self.__class__:\n   return {mine} == {others}\n  return NotImplemented"
    return _compiled(owner, "__eq__(self, other)", body, {})


def _hash(owner: type) -> _Method:
    hashed = [one.name for one in fields(owner) if (one.compare if one.hash is None else one.hash)]
    return _compiled(owner, "__hash__(self)", f"  return hash({_tuple_of(hashed, 'self')})", {})


def _repr(owner: type) -> _Method:
    shown = ", ".join(f"{one.name}={{self.{one.name}!r}}" for one in fields(owner) if one.repr)
    return _compiled(owner, "__repr__(self)", f"  return self.__class__.__qualname__ + f'({shown})'", {})


_BUILT: Final = {"__init__": _init, "__eq__": _eq, "__hash__": _hash, "__repr__": _repr}


class _Later:
    """A method that is compiled when it is asked for, and put in its own place."""

    __slots__ = ("_build", "_name", "_owner")

    def __init__(self, owner: type, name: str, build: Callable[[type], _Method]) -> None:
        self._owner = owner
        self._name = name
        self._build = build

    def __get__(self, instance: object, _kind: type) -> Any:
        """The method, bound where an instance asks."""
        method: Any = self._build(self._owner)
        method.__qualname__ = f"{self._owner.__qualname__}.{self._name}"
        setattr(self._owner, self._name, method)
        return method if instance is None else method.__get__(instance)


def _refuse_change(self: Any, name: str, _value: object = None) -> None:
    raise FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _take_state(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


#: What every frozen class has in common; copies and pickles cannot set attributes one by one.
_COMMON: Final = {
    "__setattr__": _refuse_change,
    "__delattr__": _refuse_change,
    "__getstate__": _state,
    "__setstate__": _take_state,
}


def _frozen(given: type) -> type:
    own = given.__dict__
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(given)
    for name, build in _BUILT.items():
        # Where a class compares in its own way, Python has put None for its hash.
        if name not in own or (name == "__hash__" and own[name] is None and "__eq__" in own):
            setattr(made, name, _Later(made, name, build))
    for name, method in _COMMON.items():
        if name not in own:
            setattr(made, name, method)
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type], type]:
        """As the library's, for classes without keyword-only fields and values to initialise with."""
        return _frozen if frozen and slots else dataclasses.dataclass(frozen=frozen, slots=slots)
