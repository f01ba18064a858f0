"""Losses against a bound by what falls on watched lines: a bit for each loss, so that shifting adds them up.

Two sets of losses are added by shifts, and what another beats is taken out. Knows numbers and which lines are
watched, neither promotions nor units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posapp.domain.pricing.terms.applications import LinePart

#: What falls on each part that is watched.
Parts = tuple[int, ...]
#: By what falls on parts: a bit for each loss.
Losses = dict[Parts, int]


def losses_in(bits: int) -> Iterator[int]:
    """The losses that a number has bits for, the least first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def plus(one: Parts, other: Parts) -> Parts:
    """The sums, part by part."""
    return tuple([a + b for a, b in zip(one, other, strict=True)])


def minus(one: Parts, other: Parts) -> Parts:
    """The differences, part by part."""
    return tuple([a - b for a, b in zip(one, other, strict=True)])


def added(one: Losses, other: Losses, mask: int) -> Losses:
    """Every loss of the one with every loss of the other."""
    found: Losses = {}
    for reduced, bits in one.items():
        for more, others in other.items():
            few, many = (bits, others) if bits.bit_count() < others.bit_count() else (others, bits)
            sums = 0
            for loss in losses_in(few):
                sums |= many << loss
            sums &= mask
            if sums:
                key = plus(reduced, more)
                found[key] = found.get(key, 0) | sums
    return found


class Watch:
    """The parts: those that all the items' value falls on need no account of their own."""

    def __init__(self, parts: Sequence[LinePart], touched: set[int], window: int) -> None:
        self.whole = [part.line_nos >= touched for part in parts]
        self.kept = [part for part, is_whole in zip(parts, self.whole, strict=True) if not is_whole]
        self.low = [part.is_counted_low for part in self.kept]
        self.most = [part.most_minor for part in self.kept]
        self.parts = parts
        #: Whether every value counts, or of the same reductions the highest only.
        self.has_whole = any(self.whole)
        self.window = window
        self.mask = (2 << window) - 1
        steps = [part.steps for part, is_whole in zip(parts, self.whole, strict=True) if is_whole]
        known = [each for each in steps if each is not None]
        #: The values after which something changes for parts that all falls on; None: every value counts.
        self.steps = sorted(set().union(*known)) if len(known) == len(steps) else None
        alike: dict[int, list[int]] = {}
        for n, part in enumerate(self.kept):
            alike.setdefault(part.alike, []).append(n)
        #: Places of parts that are as good as each other.
        self.alike = [mine for number, mine in alike.items() if number and len(mine) > 1]
        #: Comparisons made so far: they are work as states are.
        self.work = 0
        self.nothing: Parts = (0,) * len(self.kept)

    def best_between(self, bits: int, value: int) -> Iterator[int]:
        """The losses against a value that may be best: of those between two steps the least."""
        if self.steps is None:
            yield from losses_in(bits)
            return
        # The steps by falling value; those above the value come to nothing.
        for step in [*reversed(self.steps), -1]:
            above = bits & ((1 << max(0, value - step)) - 1)
            if above:
                yield (above & -above).bit_length() - 1
                bits ^= above

    def told(self, reduced: Parts, value: int) -> Parts:
        """What falls on each part as it was asked for."""
        rest = iter(reduced)
        amounts = [value if is_whole else next(rest) for is_whole in self.whole]
        tops = [part.most_minor for part in self.parts]
        return tuple([a if top is None else min(a, top) for a, top in zip(amounts, tops, strict=True)])

    def _capped(self, reduced: Parts) -> Parts:
        return tuple([a if top is None else min(a, top) for a, top in zip(reduced, self.most, strict=True)])

    def _once(self, losses: Losses) -> Losses:
        """Of reductions that only differ in which of alike parts bears what, each loss once."""
        held: Losses = {}
        found: Losses = {}
        if self.has_whole:
            order = sorted(losses.items())
        else:
            # Only the least that is lost counts then.
            order = [(reduced, bits & -bits) for reduced, bits in losses.items()]
            order.sort(key=lambda pair: (pair[1], pair[0]))
        for reduced, bits in order:
            same = list(reduced)
            for mine in self.alike:
                for place, amount in zip(mine, sorted([reduced[n] for n in mine]), strict=True):
                    same[place] = amount
            key = tuple(same)
            known = held.get(key, 0)
            left = bits & ~known if self.has_whole or not known else 0
            if left:
                found[reduced] = left
                held[key] = known | bits
        return found

    def unbeaten(self, losses: Losses, *, is_end: bool = False, is_open: bool = False) -> Losses:
        """Without what another beats: loses no more, and is as good on every part.

        `is_open`: groups that are not shared out yet will fall on parts that then are alike no more.
        """
        if self.alike and not is_open and len(losses) > 1:
            losses = self._once(losses)
        if len(losses) < 2 and self.has_whole:
            return losses
        if self.has_whole:
            return losses if not is_end or len(losses) > 200 else self._less_same(losses)
        kept: Losses = {}
        seen: dict[Parts, list[Parts]] = {}
        order = sorted([((bits & -bits), reduced) for reduced, bits in losses.items()])
        for bit, reduced in order:
            seen_as = self._capped(reduced) if is_end else reduced
            exact = tuple([a for a, is_low in zip(seen_as, self.low, strict=True) if not is_low])
            falling = tuple([a for a, is_low in zip(seen_as, self.low, strict=True) if is_low])
            others = seen.setdefault(exact, [])
            if len(falling) == 1:
                if others and others[-1] <= falling:
                    continue
                others[:] = [falling]
                kept[reduced] = bit
                continue
            self.work += len(others)
            if any(all(a <= b for a, b in zip(other, falling, strict=True)) for other in others):
                continue
            others.append(falling)
            kept[reduced] = bit
        return kept

    def _less_same(self, losses: Losses) -> Losses:
        """Every value counts: only of the same value one may beat another."""
        found: Losses = {}
        for reduced, bits in sorted(losses.items()):
            left = bits
            self.work += len(found)
            for other, held in found.items():
                if left & held and self._is_as_good(other, reduced):
                    left &= ~held
            if left:
                found[reduced] = left
        return found

    def _is_as_good(self, one: Parts, other: Parts) -> bool:
        pairs = zip(self._capped(one), self._capped(other), self.low, strict=True)
        return all(a <= b if is_low else a == b for a, b, is_low in pairs)


def move(losses: Losses, after: Losses, loss: int, fallen: Parts, mask: int) -> None:
    """All losses and reductions of a state after one way over a unit."""
    is_still = not any(fallen)
    for reduced, bits in losses.items():
        moved = bits << loss & mask
        if moved:
            key = reduced if is_still else plus(reduced, fallen)
            after[key] = after.get(key, 0) | moved
