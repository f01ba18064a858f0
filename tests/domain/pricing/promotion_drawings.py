"""Promotion documents drawn at random: well-formed ones from the grammar, and ones broken in one place."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

signs = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])
words = st.text(signs, min_size=1, max_size=8)
texts = st.lists(words, min_size=1, max_size=3)
amounts = st.one_of(
    st.integers(0, 99_999).map(lambda minor: f"{minor // 100}.{minor % 100:02}"),
    st.integers(0, 9_999).map(str),
    st.integers(0, 9_999),
)
percents = st.one_of(
    st.integers(0, 100), st.integers(0, 999_999).map(lambda ppm: f"{ppm // 10_000}.{ppm % 10_000:04}")
)
counts = st.integers(1, 50)
flags = st.booleans()
days = st.dates(date(1990, 1, 1), date(2900, 1, 1)).map(str)
times = st.one_of(
    days,
    st.tuples(days, st.times(), st.sampled_from(["", "Z", "+08:00", "-03:30"])).map(
        lambda parts: f"{parts[0]}T{parts[1].isoformat('seconds')}{parts[2]}"
    ),
)
hours = st.one_of(st.times().map(lambda time: time.isoformat("minutes")), st.just("24:00"))
traits = st.one_of(st.sampled_from(["sku", "category", "brand", "price"]), st.just("tag:colour:"))


def table(required: Document | None = None, **optional: Any) -> st.SearchStrategy[Document]:
    """A table of keys and strategies; those that are not required may be missing."""
    return st.fixed_dictionaries(required or {}, optional=optional)


def ranges(values: Any, low: str, high: str) -> st.SearchStrategy[Document]:
    def ordered(pair: tuple[Any, Any]) -> Document:
        first, last = sorted(pair, key=float)
        return {low: first, high: last}

    return st.one_of(
        st.tuples(values, values).map(ordered),
        values.map(lambda value: {low: value}),
        values.map(lambda value: {high: value}),
    )


goods = st.recursive(
    st.one_of(
        st.just({"all": True}),
        *[texts.map(lambda names, what=what: {what: names}) for what in ("sku", "category", "brand", "tag")],
        ranges(amounts, "from", "to").map(lambda bounds: {"price": bounds}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda sets: {"any_of": sets}),
        st.lists(inner, min_size=1, max_size=3).map(lambda sets: {"all_of": sets}),
        inner.map(lambda one: {"not": one}),
        st.tuples(inner, inner).map(lambda both: {"in": both[0], "except": both[1]}),
    ),
    max_leaves=5,
)
parts = table(of=goods, qty=counts)
part_lists = st.lists(parts, min_size=1, max_size=3)
conditions = st.builds(
    lambda head, quantities, money, items: {**head, **quantities, **money, **items},
    table(of=goods, tax=st.sampled_from(["as_priced", "with", "without"])),
    ranges(st.integers(0, 50), "min_qty", "max_qty"),
    st.one_of(st.just({}), ranges(amounts, "min_amount", "max_amount")),
    table(min_items=counts),
)


def offs(*names: str) -> st.SearchStrategy[Document]:
    """One of the reductions."""
    values = {"pct": percents, "amount": amounts, "price": amounts}
    return st.sampled_from(names).flatmap(lambda name: table({name: values[name]}))


def kind(name: str, off: st.SearchStrategy[Document] | None = None, /, **keys: Any) -> Any:
    """A kind of promotion: keys that end in _ are optional."""
    required = {key: value for key, value in keys.items() if not key.endswith("_")}
    optional = {key.removesuffix("_"): value for key, value in keys.items() if key.endswith("_")}
    rest = off if off is not None else st.just({})
    return st.builds(
        lambda body, reduced: {"type": name, **body, **reduced}, table(required, **optional), rest
    )


def steps(least: Any, *names: str, **more: Any) -> Any:
    entry = st.builds(lambda head, off: {**head, **off}, table({"least": least}, **more), offs(*names))
    return st.lists(entry, min_size=1, max_size=4, unique_by=lambda step: float(step["least"]))


_ANY = offs("pct", "amount", "price")
_order: Document = {
    "cap_": amounts,
    "per_": st.sampled_from(["order", "line"]),
    "units_": st.sampled_from(["all", "cheapest", "dearest"]),
    "count_": counts,
}
_reward: Document = {
    "buy": part_lists,
    "get": parts,
    "buy_amount_": amounts,
    "buy_of_": goods,
    "cheaper_": flags,
    "over_": st.integers(0, 9),
}
_large = st.integers(3, 9)
_above_nothing = st.integers(1, 9_999)
item_kinds = st.one_of(
    kind("pct", offs("pct")),
    kind("amount", offs("amount")),
    kind("fixed_unit", offs("price")),
    kind("nth", _ANY, n=_large, count_=st.integers(1, 3), which_=st.sampled_from(["cheapest", "dearest"])),
    kind("n_pct", offs("pct"), n=_large),
    kind("n_for", _ANY, n=_large),
    kind("bundle", _ANY, parts=part_lists),
    kind("gift", **_reward, adds_=texts),
    kind("pwp", offs("price"), **_reward),
    kind("reward", _ANY, **_reward),
    kind(
        "qty_tier",
        steps=steps(counts, "pct", "amount", "price"),
        counts_=st.sampled_from(["used", "basket", "line", "sku"]),
    ),
)
price_kinds = st.one_of(
    kind("price_book", _ANY, locks_=flags, prices_=st.dictionaries(words, amounts, min_size=1, max_size=3)),
    kind("price_book", prices=st.dictionaries(words, amounts, min_size=1, max_size=3)),
)
order_kinds = st.one_of(
    kind("order_pct", offs("pct"), **_order),
    kind("order_amount", offs("amount"), **_order),
    kind("spend_tier", steps=steps(_above_nothing, "pct", "amount"), every_=flags, cap_=amounts),
    kind("spend_tier", by=st.just("amount"), steps=steps(amounts, "pct", "amount")),
    kind("spend_tier", by=st.just("qty"), steps=steps(counts, "pct", "amount", more=amounts)),
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(
        lambda pair: {"type": "deposit", "paid": min(pair), "worth": str(max(pair))}
    ),
)
points_kinds = st.one_of(
    kind("points_x", times=st.sampled_from(["2", "1.5", 3, "0"])),
    kind("points_add", points=counts, per_=st.sampled_from(["order", "unit"])),
    kind("points_add", points=counts, per=st.just("amount"), amount=st.integers(1, 99)),
    kind("points_pay", points=counts, worth=amounts, step_=counts, cap_pct_=percents),
)


def windows(pair: tuple[str, str]) -> Document:
    return {"from": min(pair), "to": max(pair)} if pair[0] != pair[1] else {"from": pair[0]}


_frame: Document = {
    "version": counts,
    "name": st.one_of(words, st.dictionaries(st.sampled_from(["en", "zh_CN"]), words)),
    "enabled": flags,
    "valid": st.one_of(st.tuples(days, days).map(windows), times.map(lambda when: {"from": when})),
    "weekly": st.lists(
        table(
            {"from": st.just("16:30"), "to": st.sampled_from(["18:00", "02:00", "24:00"])},
            days=st.lists(st.sampled_from(["mon", "wed", "sun"]), min_size=1),
        ),
        min_size=1,
        max_size=2,
    ),
    "stores": texts,
    "regions": texts,
    "channels": texts,
    "currency": st.sampled_from(["EUR", "CNY"]),
    "who": table(
        members=flags,
        member_ids=texts,
        levels=texts,
        tags=texts,
        except_tags=texts,
        first_order=flags,
        nth_order=st.just(1),
        staff=flags,
    ),
    "on": goods,
    "limits": table(
        per_order=counts,
        per_member=counts,
        per_day=counts,
        campaign=counts,
        campaign_amount=amounts,
        max_units=counts,
        max_units_per_line=counts,
        max_discount=amounts,
        floor=amounts,
        floor_pct=percents,
        when_unknown=st.sampled_from(["allow", "refuse"]),
    ),
    "stack": table(group=words, tags=texts, agrees=texts, alone=flags, priority=st.integers(-9, 9))
    | table({"alone": words}, tags=texts, agrees=texts, priority=st.integers(-9, 9)),
    "funding": st.sampled_from(
        [
            [{"party": "brand", "share": "33.3333", "name": "Acme"}, {"party": "store", "share": "66.6667"}],
            [{"party": "platform", "share": 100}],
        ]
    ),
    "gl_code": words,
    "same": traits,
}
_needs: Document = {
    "coupon": st.one_of(table({"code": words}, codes=texts, batch=words), table({"batch": words})),
    "basket": st.lists(conditions, min_size=1, max_size=2),
    "match": st.sampled_from(["all", "any"]),
    "tenders": texts,
    "points": st.integers(0, 9),
}


def _framed(kinds: Any, *judged: str, **more: Any) -> st.SearchStrategy[Document]:
    needs = table(**_needs, judged_on=st.sampled_from(["list", *judged]))
    return table({"id": words, "kind": kinds}, needs=needs, **_frame, **more)


documents: st.SearchStrategy[Document] = st.one_of(
    _framed(item_kinds, layer=st.just("item")),
    _framed(kind("nth", _ANY, n=_large), differ=traits),
    _framed(price_kinds, layer=st.just("price")),
    _framed(order_kinds, "after_items", layer=st.just("order")),
    _framed(points_kinds, layer=st.just("points")),
    st.builds(
        lambda document, layer: {**document, "layer": layer},
        _framed(kind("pct", offs("pct"))),
        st.sampled_from(["price", "order", "item"]),
    ),
)

#: What may be put in the place of a value.
_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**13, "", "x", "12.34567", "-1", "101", [], [""], [1], {}, {"x": 1}, "1e3", "all",
)  # fmt: skip

#: What may be put where it may not belong.
_KEYS = ("pct", "amount", "price", "of", "n", "surprise", "per", "over")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of every value inside."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += places(inner, (*path, number))
    return found


@st.composite
def broken(draw: st.DrawFn) -> Document:
    """A document with one value exchanged, taken out or added; by chance it may still be a good one."""
    document = copy.deepcopy(draw(documents))
    *way, last = draw(st.sampled_from(places(document)))
    inside: Any = document
    for step in way:
        inside = inside[step]
    match draw(st.sampled_from(["exchange", "take out", "add"])):
        case "exchange":
            inside[last] = draw(st.sampled_from(_ODD))
        case "take out":
            del inside[last]
        case _:
            if isinstance(inside, dict):
                inside[draw(st.sampled_from(_KEYS))] = 5
            else:
                inside.append(draw(st.sampled_from(_ODD)))
    return document
