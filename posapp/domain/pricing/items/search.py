"""The best way through one component, exactly: a forward pass over units by falling price.

Prices on units (`duals`) and the best plan of each cluster alone give an upper bound; every way of a state
loses something against it. Only states that lose no more than the best known answer does are kept, so that
the pass is short where the bound is tight. The work is counted in states and limited by them, not by time.
Equal answers are decided by rank, unit by unit: states stand in the order of the lowest rank that leads to
them.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.items import kernel
from posapp.domain.pricing.items.tables import Cluster, Rank, Step, Way
from posapp.values import dataclass

#: A unit of a component: its lot, its price, and value and rank of what it has without any cluster.
Unit = tuple[int, int, int, Rank]
#: Loss so far, the state before, what was done with the unit.
Reached = tuple[int, int, tuple[Step, ...] | None]
#: What a state may become: what to add to it, what that loses, what is done.
Turn = tuple[int, int, tuple[Step, ...] | None]

#: Below so many states no better bound is looked for first.
SMALL = 250
#: States kept in each step when only a good answer is looked for.
BEAM = 6
SWEEPS = 3


@dataclass(slots=True)
class Found:
    """What is done with each unit (None: its base), the states that it took, and whether it is the best."""

    done: list[tuple[Step, ...] | None]
    states: int
    is_proven: bool


def search(units: Sequence[Unit], clusters: Sequence[Cluster], states_max: int) -> Found:
    """The best for a component's units; clusters know their positions and stacks already."""
    able = [cluster for cluster in clusters if not cluster.is_hopeless(units)]
    if not able:
        return Found([None] * len(units), 0, True)
    solved = kernel.solved(units, able, states_max, (SMALL, BEAM, SWEEPS))
    if solved is not None:
        return Found(*solved)
    return search_here(units, able, states_max)


def search_here(units: Sequence[Unit], clusters: Sequence[Cluster], states_max: int) -> Found:
    """The same without the kernel, for clusters that may gain something."""
    found = Found([None] * len(units), 0, True)
    useful: list[Cluster] = []
    none = [0] * len(units)
    for cluster in clusters:
        found.states += cluster.tabulate(units, max(states_max - found.states, 1))
        if not cluster.back:
            # Its own table is too large: nothing is said of it, so the answer is not proven.
            found.is_proven = False
        elif cluster.backward(none) > 0:
            useful.append(cluster)
    for part in _parts(useful, len(units)):
        _Pass(units, part, found, states_max).solve()
    return found


def tightened(units: Sequence[Unit], clusters: list[Cluster]) -> tuple[list[int], int]:
    """Prices on units by which the bound of clusters together is low, and the states that it took.

    The clusters know their tables; their values to come are those at these prices afterwards.
    """
    none = [0] * len(units)
    for cluster in clusters:
        cluster.backward(none)
    if len(clusters) < 2:
        return none, 0
    found = Found([], 0, True)
    alone = _Pass(units, clusters, found, 0)
    alone.tighten()
    return alone.duals, found.states


def _parts(clusters: list[Cluster], count: int) -> list[list[Cluster]]:
    """Clusters that share units, together."""
    owner = [-1] * count
    group = list(range(len(clusters)))
    for number, cluster in enumerate(clusters):
        for position in cluster.positions:
            other = owner[position]
            if other < 0:
                owner[position] = number
                continue
            old, new = group[number], group[other]
            if old != new:
                group = [new if one == old else one for one in group]
    parts: dict[int, list[Cluster]] = {}
    for number, cluster in enumerate(clusters):
        parts.setdefault(group[number], []).append(cluster)
    return list(parts.values())


#: Where a cluster stands at a unit: its bits, best values before and after, its ways, whether it is its last.
_Look = tuple[int, int, dict[int, int], dict[int, int], dict[int, list[Way]], bool]


def _rank_of(turn: tuple[Rank, int, int, tuple[Step, ...] | None]) -> Rank:
    return turn[0]


class _Pass:
    """One set of clusters over the units that they share."""

    def __init__(self, units: Sequence[Unit], clusters: list[Cluster], found: Found, states_max: int) -> None:
        self.units = units
        self.clusters = clusters
        self.found = found
        self.states_max = states_max
        self.duals = [0] * len(units)
        shift = 0
        touching: dict[int, list[tuple[Cluster, int]]] = {}
        for cluster in clusters:
            cluster.shift = shift
            cluster.mask = ((1 << cluster.bits) - 1) << shift
            shift += cluster.bits
            for k, position in enumerate(cluster.positions):
                touching.setdefault(position, []).append((cluster, k))
        #: Units that any of the clusters wants, in order, with the clusters and their own count of them.
        self.order = sorted(touching)
        self.touching = [touching[position] for position in self.order]
        self.masks = [sum(cluster.mask for cluster, _ in pairs) for pairs in self.touching]
        self.memos: list[dict[int, list[Turn]]] = []
        self.looks: list[list[_Look]] = []

    def solve(self) -> None:
        """Find the best and write down what is done with each unit."""
        if len(self.clusters) == 1:
            self._walk(self.clusters[0])
            return
        self._look()
        values = [cluster.back[0][0] for cluster in self.clusters]
        layers = None
        if self._is_small():
            # One cluster alone is an answer: no way that loses more than that one is needed.
            layers = self._run(sum(values) - max(values))
        if layers is None:
            layers = self._run(0)
        if layers is None:
            self.tighten()
            layers = self._run(0)
        if layers is None:
            beam = self._run(1 << 200, width=BEAM)
            assert beam is not None
            layers = self._run(min([reached[0] for reached in beam[-1].values()]))
            if layers is None:
                self.found.is_proven = False
                layers = beam
        self._write(layers)

    def _walk(self, cluster: Cluster) -> None:
        """One cluster alone: its table knows the way; of equal ways the lowest rank at each unit."""
        state = 0
        done = self.found.done
        for k, position in enumerate(cluster.positions):
            here, after = cluster.back[k][state], cluster.back[k + 1]
            best: tuple[Rank, int, tuple[Step, ...] | None] | None = None
            if after.get(state) == here:
                best = (self.units[position][3], state, None)
            for target, value, rank, steps in cluster.rows[k][state]:
                rest = after.get(target)
                if rest is not None and rest + value == here and (best is None or rank < best[0]):
                    best = (rank, target, steps)
            assert best is not None
            state = best[1]
            done[position] = best[2]

    def _is_small(self) -> bool:
        width = 1
        for cluster in self.clusters:
            width *= max([len(row) for row in cluster.rows])
            if width > SMALL:
                return False
        return width * len(self.order) <= SMALL * 8

    def _look(self) -> None:
        """Where every cluster that touches a unit stands there; anew whenever prices have changed."""
        self.memos = [{} for _ in self.order]
        self.looks = [
            [
                (
                    cluster.shift,
                    cluster.mask,
                    cluster.back[k],
                    cluster.back[k + 1],
                    cluster.rows[k],
                    k + 1 == len(cluster.rows),
                )
                for cluster, k in pairs
            ]
            for pairs in self.touching
        ]

    def tighten(self) -> None:
        """Better prices on units: one unit after the other is set where its two best clusters bid for it."""
        order, clusters = self.order, self.clusters
        duals = self.duals
        best = self._bound()
        kept = list(duals)
        for _ in range(SWEEPS):
            ahead: dict[int, dict[int, int]] = {id(cluster): {0: 0} for cluster in clusters}
            for place, position in enumerate(order):
                pairs = self.touching[place]
                if len(pairs) > 1:
                    margins = sorted([cluster.margin(k, ahead[id(cluster)]) for cluster, k in pairs])
                    duals[position] = max(0, (margins[-1] + margins[-2]) // 2 if margins[-2] > 0 else 0)
                for cluster, k in pairs:
                    ahead[id(cluster)] = cluster.advance(k, ahead[id(cluster)], duals[position])
            for cluster in clusters:
                cluster.backward(duals)
                self.found.states += len(cluster.rows)
            bound = self._bound()
            if bound >= best:
                break
            best = bound
            kept = list(duals)
        if kept != duals:
            self.duals = kept
            for cluster in clusters:
                cluster.backward(kept)
        self._look()

    def _bound(self) -> int:
        return sum(self.duals) + sum(cluster.back[0][0] for cluster in self.clusters)

    def _run(self, most: int, *, width: int = 0, whole: bool = False) -> list[dict[int, Reached]] | None:
        """All layers of states that lose at most `most`; None where no way through or the work is over."""
        layers: list[dict[int, Reached]] = [{0: (0, 0, None)}]
        layer = layers[0]
        states = 0
        for place, mask in enumerate(self.masks):
            memo = self.memos[place]
            after: dict[int, Reached] = {}
            for state, reached in layer.items():
                key = state & mask
                turns = memo.get(key)
                if turns is None:
                    turns = memo[key] = self._turns(place, key)
                lost = reached[0]
                for delta, loss, done in turns:
                    loss += lost
                    if loss <= most:
                        then = state + delta
                        known = after.get(then)
                        if known is None:
                            after[then] = (loss, state, done)
                        elif loss < known[0]:
                            # Put in anew, so that the order of the layer stays the order of ranks.
                            del after[then]
                            after[then] = (loss, state, done)
            if width and len(after) > width:
                after = _narrowed(after, width)
            states += len(after)
            layers.append(after)
            layer = after
            if not after or (not width and self.found.states + states > self.states_max):
                self.found.states += states
                return None
        self.found.states += states
        return layers

    def _turns(self, place: int, key: int) -> list[Turn]:
        """Ways of all clusters over a unit from their states in `key`, by rank."""
        position = self.order[place]
        dual = self.duals[position]
        # What it loses, and what becomes of the states, where every cluster leaves the unit alone.
        idle = delta = 0
        bound = -1
        standing: list[tuple[int, int, int, int]] = []
        for number, (shift, mask, back, after, _, is_last) in enumerate(self.looks[place]):
            state = (key & mask) >> shift
            here = back[state]
            rest = after.get(state)
            cleared = -(state << shift) if is_last else 0
            delta += cleared
            if rest is None:
                # It cannot do without this unit; two such clusters cannot both have it.
                if bound >= 0:
                    return []
                bound = number
                standing.append((state, here, 0, cleared))
            else:
                idle += here - rest
                standing.append((state, here, here - rest, cleared))
        ranked: list[tuple[Rank, int, int, tuple[Step, ...] | None]] = []
        if bound < 0:
            ranked.append((self.units[position][3], delta, dual + idle, None))
        for number, (shift, _, _, after, row, is_last) in enumerate(self.looks[place]):
            if 0 <= bound != number:
                continue
            state, here, alone, cleared = standing[number]
            spent = idle - alone + here + dual
            moved = delta - cleared
            for target, value, rank, done in row[state]:
                rest = after.get(target)
                if rest is not None:
                    step = (-state if is_last else target - state) << shift
                    ranked.append((rank, moved + step, spent - value - rest, done))
        if len(ranked) > 1:
            ranked.sort(key=_rank_of)
        return [(delta, loss, done) for _, delta, loss, done in ranked]

    def _write(self, layers: list[dict[int, Reached]]) -> None:
        last = layers[-1]
        state = min(last, key=lambda one: last[one][0])
        for place in range(len(self.order) - 1, -1, -1):
            _, before, done = layers[place + 1][state]
            self.found.done[self.order[place]] = done
            state = before


def _narrowed(layer: dict[int, Reached], width: int) -> dict[int, Reached]:
    """The states that lose least, and the one in which nothing was begun: from it there is always a way."""
    kept = sorted(layer, key=lambda state: layer[state][0])[:width]
    if 0 in layer and 0 not in kept:
        kept.append(0)
    return {state: layer[state] for state in kept}
