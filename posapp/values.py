"""Data classes whose methods are compiled with their first use: a till has hundreds of them to load.

`dataclass` here is the standard library's to whoever uses it. That one compiles six methods of a frozen
class while its module is loaded, which was half of the time it took to load the till. Here a frozen class
gets its fields and slots then, and each method is compiled when it is called first. A class that may
change is handed to the library as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, FrozenInstanceError, fields
from typing import TYPE_CHECKING, Any, Final

_Method = Callable[..., Any]


def _compiled(name: str, parameters: str, body: str, known: Mapping[str, Any]) -> _Method:
    made: dict[str, Any] = {}
    # As the library does: nothing in the text comes from outside, names of fields are identifiers.
    exec(f"def {name}({parameters}):\n{body}", dict(known), made)  # noqa: S102
    method: _Method = made[name]
    return method


def _init(owner: type) -> _Method:
    known: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    parameters, lines = ["self"], []
    for one in fields(owner):
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
        lines.append(f" _set(self, {one.name!r}, {value})\n")
    if hasattr(owner, "__post_init__"):
        lines.append(" self.__post_init__()\n")
    return _compiled("__init__", ", ".join(parameters), "".join(lines) or " pass", known)


def _tuple_of(names: Iterable[str], of: str) -> str:
    return "(" + "".join(f"{of}.{name}," for name in names) + ")"


def _eq(owner: type) -> _Method:
    compared = [one.name for one in fields(owner) if one.compare]
    mine, others = _tuple_of(compared, "self"), _tuple_of(compared, "other")
    body = f" if other.__class__ is self.__class__:\n  return {mine} == {others}\n return NotImplemented"
    return _compiled("__eq__", "self, other", body, {})


def _hash(owner: type) -> _Method:
    hashed = [one.name for one in fields(owner) if (one.compare if one.hash is None else one.hash)]
    return _compiled("__hash__", "self", f" return hash({_tuple_of(hashed, 'self')})", {})


def _repr(owner: type) -> _Method:
    shown = ", ".join(f"{one.name}={{self.{one.name}!r}}" for one in fields(owner) if one.repr)
    body = f" return self.__class__.__qualname__ + f'({shown})'"
    return _compiled("__repr__", "self", body, {})


_BUILT: Final = {"__init__": _init, "__eq__": _eq, "__hash__": _hash, "__repr__": _repr}


def _later(owner: type, name: str, build: Callable[[type], _Method]) -> _Method:
    """A method that compiles the real one with its first call, and puts it in its own place."""

    def first(*arguments: Any, **named: Any) -> Any:
        method = build(owner)
        method.__qualname__ = f"{owner.__qualname__}.{name}"
        setattr(owner, name, method)
        return method(*arguments, **named)

    return first


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
        if name not in own:
            setattr(made, name, _later(made, name, build))
    for name, method in _COMMON.items():
        setattr(made, name, method)
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type], type]:
        """As the library's, for classes without keyword-only fields and values to initialise with."""
        return _frozen if frozen and slots else dataclasses.dataclass(frozen=frozen, slots=slots)
