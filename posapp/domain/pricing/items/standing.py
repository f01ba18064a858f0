"""The rights of a basket on its lots as they stand, changed by what a scan changes and not made anew.

What came and what went is told by identity: a till hands in the same lots and rights as long as they are the
same. Only rights that reach such a lot are looked at again, and only parts of the basket that hold one of
theirs are put together again. What stands is what `normal_form` and `components` say of the whole basket.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posapp.domain.pricing.goods.members import Members
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.items.components import Component
from posapp.domain.pricing.items.set_cache import ONLY, Eligible, SetCache, asked
from posapp.domain.pricing.items.solving import Solved
from posapp.domain.pricing.items.units import NormalForm, rules_on
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import GoodsSet

#: Lots that went and whose bits are still there; with more of them than lots it begins anew.
_GONE_MAX = 64
_NOBODY = 0
#: A lot's place among others: by falling price, then by line.
_Place = tuple[int, int, int]


class Part:
    """A component that stands: lots by falling price, the rules on each, and its answer once it is known."""

    __slots__ = ("eligible", "first", "is_tied", "key", "lines", "lots", "solved")

    def __init__(self, lots: list[Lot], eligible: list[list[Eligible]], numbers: Sequence[int]) -> None:
        self.lots = lots
        self.eligible = eligible
        self.first = _place(lots[0])
        self.lines = frozenset([lot.line.line_no for lot in lots])
        self.is_tied = any(rule.is_coupling for rule, _ in eligible[0])
        key: list[int] = []
        for number, mine in zip(numbers, eligible, strict=True):
            key.append(-1 - number)
            key += [rule.serial for rule, _ in mine]
        self.key = tuple(key)
        self.solved: Solved | None = None

    def taken_apart(self) -> tuple[NormalForm, Component]:
        """As the search takes it."""
        form = NormalForm(self.lots, [], is_frontier=False)
        form.eligible = self.eligible
        return form, Component(list(range(len(self.lots))), self.is_tied, self.key)


class _Entry:
    """One right: its sets, the lots that it reaches with their slots, and what its rules know of each."""

    __slots__ = ("least", "nth", "pairs", "reach", "right", "sets")

    def __init__(self, right: Right, sets: Sequence[GoodsSet], least: int) -> None:
        self.right = right
        self.sets = sets
        self.least = least
        self.nth = 0
        #: By identity of the lot.
        self.reach: dict[int, tuple[int, ...]] = {}
        self.pairs: dict[int, Eligible] = {}


class Standing:
    """One basket after the other, each told by its difference from the one before."""

    __slots__ = (
        "_bits", "_by_content", "_by_right", "_given", "_lots", "_members", "_of_lot", "_part_of", "_parts",
        "_policy", "_sets",
    )  # fmt: skip

    def __init__(self, sets: SetCache, policy: Policy) -> None:
        self._sets = sets
        self._policy = policy
        self._given: tuple[Sequence[Lot], Sequence[Right]] | None = None
        self._begin()

    def _begin(self) -> None:
        #: By identity, which holds them: with their numbers and their bits among the members.
        self._lots: dict[int, tuple[Lot, _Place, int, int]] = {}
        self._members = Members()
        #: By bit the lot; one that comes again has another bit.
        self._bits: list[int] = []
        self._by_right: dict[int, _Entry] = {}
        self._by_content: dict[tuple[object, ...], _Entry] = {}
        self._of_lot: dict[int, list[_Entry]] = {}
        self._part_of: dict[int, Part] = {}
        self._parts: list[Part] = []

    @property
    def lots(self) -> Iterable[Lot]:
        """The open lots."""
        return [known[0] for known in self._lots.values()]

    def parts(self, lots: Sequence[Lot], rights: Sequence[Right]) -> list[Part]:
        """The components of a basket, by their first lot."""
        given = self._given
        if given is not None and given[0] is lots and given[1] is rights:
            return self._parts
        # Nothing is given where it was broken off.
        if given is None or len(self._bits) > 2 * len(self._lots) + _GONE_MAX:
            self._begin()
        self._given = None
        now = {id(lot): lot for lot in lots if not lot.is_locked and lot.count > 0}
        gone = [name for name in self._lots if name not in now]
        added = [lot for name, lot in now.items() if name not in self._lots]
        # Those that lie at another place look the same to every rule, and stand in another order.
        stale: dict[_Entry, None] = {}
        for name in gone:
            for entry in self._of_lot.pop(name):
                del entry.reach[name]
                stale[entry] = None
            self._bits[self._lots.pop(name)[3]] = _NOBODY
        dirty = set(gone)
        kept, new = self._entries(rights, dirty)
        self._add(added)
        if added:
            self._reach_added(kept, added, stale)
        for entry in new:
            self._reach_all(entry)
        for entry in (*stale, *new):
            if entry.nth >= 0:
                self._make(entry, dirty)
        if dirty:
            self._put_together(dirty)
        self._given = (lots, rights)
        return self._parts

    # ------------------------------------------------------------------ rights
    def _entries(self, rights: Sequence[Right], dirty: set[int]) -> tuple[list[_Entry], list[_Entry]]:
        """Rights that stood before and new ones; those that went are taken away."""
        kept: list[_Entry] = []
        new: list[_Entry] = []
        by_right: dict[int, _Entry] = {}
        for nth, right in enumerate(rights):
            entry = self._by_right.get(id(right))
            if entry is None or entry.right is not right:
                content = (id(right.promotion), right.uses_max, right.left_minor, right.code)
                entry = self._by_content.get(content)
                if entry is None:
                    _, sets, least = asked(right.promotion)
                    entry = self._by_content[content] = _Entry(right, sets, least)
                    new.append(entry)
                else:
                    kept.append(entry)
                    entry.right = right
            else:
                kept.append(entry)
            entry.nth = nth
            by_right[id(right)] = entry
        if len(self._by_content) > len(by_right):
            self._leave(by_right.values(), dirty)
        self._by_right = by_right
        return kept, new

    def _leave(self, here: Iterable[_Entry], dirty: set[int]) -> None:
        """Take away what is not here any more."""
        names = {id(entry) for entry in here}
        for content, entry in list(self._by_content.items()):
            if id(entry) not in names:
                del self._by_content[content]
                entry.nth = -1
                dirty.update(entry.pairs)
                for name in entry.reach:
                    self._of_lot[name].remove(entry)

    # ------------------------------------------------------------------ what they reach
    def _add(self, added: Iterable[Lot]) -> None:
        for lot in added:
            name = id(lot)
            self._lots[name] = lot, _place(lot), self._sets.lot(lot), self._members.put(lot.line)
            self._of_lot[name] = []
            self._bits.append(name)

    def _reach_added(
        self, entries: Iterable[_Entry], added: Sequence[Lot], stale: dict[_Entry, None]
    ) -> None:
        if len(added) == 1:
            # As after most scans: one line is quicker asked than looked up.
            line, name = added[0].line, id(added[0])
            for entry in entries:
                slots = tuple([number for number, goods in enumerate(entry.sets) if holds(goods, line)])
                if slots:
                    stale[entry] = None
                    entry.reach[name] = slots
                    self._of_lot[name].append(entry)
            return
        members = Members()
        for lot in added:
            members.put(lot.line)
        names = [id(lot) for lot in added]
        for entry in entries:
            if self._reach(entry, members, names):
                stale[entry] = None

    def _reach_all(self, entry: _Entry) -> None:
        self._reach(entry, self._members, self._bits)

    def _reach(self, entry: _Entry, members: Members, names: Sequence[int]) -> bool:
        """Find which of these lots fit any slot of a right; whether some do."""
        masks = [members.mask(goods) for goods in entry.sets]
        mask = masks[0]
        for other in masks:
            mask |= other
        if not mask:
            return False
        is_any = False
        while mask:
            low = mask & -mask
            mask ^= low
            name = names[low.bit_length() - 1]
            if name == _NOBODY:
                continue
            is_any = True
            slots = ONLY
            if len(masks) > 1:
                slots = tuple([number for number, inside in enumerate(masks) if inside & low])
            entry.reach[name] = slots
            self._of_lot[name].append(entry)
        return is_any

    # ------------------------------------------------------------------ rules
    def _make(self, entry: _Entry, dirty: set[int]) -> None:
        """A right's rules on the lots that it reaches now."""
        before, after = entry.pairs, self._pairs(entry)
        entry.pairs = after
        for name, pair in before.items():
            other = after.get(name)
            if other is None or other[0] is not pair[0]:
                dirty.add(name)
        dirty.update([name for name in after if name not in before])

    def _pairs(self, entry: _Entry) -> dict[int, Eligible]:
        here, reach = self._lots, entry.reach
        if not reach:
            return {}
        names = list(reach)
        if len(names) > 1:
            names.sort(key=lambda name: here[name][1])
        found = [here[name] for name in names]
        if entry.least > 1 and sum([one[0].count for one in found]) < entry.least:
            return {}
        right, cache = entry.right, self._sets
        numbers = tuple([one[2] for one in found])
        token = cache.token(right.promotion)
        key = (token, right.uses_max, right.left_minor, right.code, False)
        known = cache.made.get(key)
        if known is None or known[0] != numbers:
            form = NormalForm([one[0] for one in found], [], is_frontier=False)
            reached = list(range(len(names))), [reach[name] for name in names], True
            made = rules_on(form, reached, token, right, self._policy, cache)
            known = cache.made[key] = numbers, cache.numbered(made)
        return {names[n]: pair for _, pairs in known[1] for n, pair in pairs}

    # ------------------------------------------------------------------ components
    def _put_together(self, dirty: set[int]) -> None:
        """Components anew of the lots whose rules are others, and of all that hung together with them."""
        of = self._part_of
        old = {id(part): part for name in dirty if (part := of.get(name)) is not None}
        pool: dict[int, list[Eligible]] = {}
        for part in old.values():
            for lot, mine in zip(part.lots, part.eligible, strict=True):
                name = id(lot)
                del of[name]
                if name not in dirty:
                    pool[name] = mine
        for name in dirty:
            if name in self._lots:
                mine = self._eligible(name)
                if mine:
                    pool[name] = mine
        made = self._grouped(pool)
        for part in made:
            for lot in part.lots:
                of[id(lot)] = part
        parts = [part for part in self._parts if id(part) not in old] + made
        parts.sort(key=_first)
        self._parts = parts

    def _eligible(self, name: int) -> list[Eligible]:
        """The rules on a lot, in the order of promotions."""
        mine = [entry for entry in self._of_lot[name] if name in entry.pairs]
        if len(mine) > 1:
            # Tills may have loaded them in another order; what is cut short must be the same all the same.
            mine.sort(key=_by_id)
        return [entry.pairs[name] for entry in mine]

    def _grouped(self, pool: dict[int, list[Eligible]]) -> list[Part]:
        """Lots that rules tie together."""
        here = self._lots
        names = list(pool)
        names.sort(key=lambda name: here[name][1])
        parent = {name: name for name in names}

        def root(name: int) -> int:
            while parent[name] != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        first_of: dict[int, int] = {}
        for name in names:
            for rule, _ in pool[name]:
                if rule.is_coupling:
                    first = first_of.setdefault(id(rule), name)
                    if first != name:
                        parent[root(name)] = root(first)
        groups: dict[int, list[int]] = {}
        for name in names:
            groups.setdefault(root(name), []).append(name)
        return [
            Part(
                [here[name][0] for name in mine], [pool[name] for name in mine],
                [here[name][2] for name in mine],
            )
            for mine in groups.values()
        ]  # fmt: skip


def _place(lot: Lot) -> _Place:
    return -lot.price_minor, lot.line.line_no, lot.first


def _first(part: Part) -> _Place:
    return part.first


def _by_id(entry: _Entry) -> tuple[str, int]:
    return entry.right.promotion.promotion_id, entry.nth
