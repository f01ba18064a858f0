"""Which promotions touch a basket, found by what is in it and not by looking at every promotion.

Promotions stand under the SKUs, categories, brands and tags that they ask for; coupons for all goods under
their codes, deposits under themselves. Only sets that name none of these (all but …, a price range) are
looked at each time. Decides nothing: windows, limits and conditions are judged by the gates.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Union

from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket, BasketLine, Traits
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Deposit,
    Every,
    GoodsSet,
    Having,
    PriceBook,
    Promotion,
    Reward,
)

#: By how much a word narrows down: of several the first of these is looked under.
_NARROW: Final = {"sku": 0, "tag": 1, "brand": 2, "category": 3}
_CODE, _BATCH, _DEPOSIT, _ANY = "code", "batch", "deposit", "any"
_WORDS: Final = ("sku", "category", "brand", "tag", _CODE, _BATCH, _DEPOSIT, _ANY)

#: By word and value: the place of the promotion that stands under it, or the places of several. Kept flat, in
#: what the garbage collector need not walk through: it is by far the most of what there is.
_Places = Union[int, "array[int]"]  # array can be subscripted by type checkers only
_Buckets = dict[str, dict[str, _Places]]
_Flat = tuple[Traits, int, tuple[int, ...]]
#: So many goods are remembered with what they touch.
_FLAT_MAX: Final = 50_000


class PromotionIndex:
    """Live promotions by what they touch; single ones may be replaced and removed.

    The order of `touching` is the order in which the promotions were given; one that replaces another takes
    its place, a new one comes last. Disabled promotions are kept and never found.
    """

    __slots__ = (
        "_batches", "_checks", "_doubtful", "_flat", "_places", "_promotions", "_sure", "_under_codes",
        "_words",
    )  # fmt: skip

    def __init__(self, promotions: Iterable[Promotion] = ()) -> None:
        self._promotions: list[Promotion | None] = []
        self._places: dict[str, int] = {}
        self._sure: _Buckets = {word: {} for word in _WORDS}
        self._doubtful: _Buckets = {word: {} for word in _WORDS}
        #: By place: the sets of which one must hold a line that has the value, which alone says too little.
        self._checks: dict[int, tuple[GoodsSet, ...]] = {}
        #: The places that stand under their codes only.
        self._under_codes: dict[int, None] = {}
        #: By word: so many coupons, of whatever goods, are opened by it.
        self._words: dict[str, int] = {}
        #: By batch in lower case: the places of the promotions that its coupons open.
        self._batches: dict[str, list[int]] = {}
        #: By SKU, with the traits and the price that it had: the places that such goods touch.
        self._flat: dict[str, _Flat] = {}
        for promotion in promotions:
            self.replace(promotion)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Promotion]:
        return (promotion for promotion in self._promotions if promotion is not None)

    def get(self, promotion_id: str) -> Promotion | None:
        """The promotion with this id, or None."""
        place = self._places.get(promotion_id)
        return None if place is None else self._promotions[place]

    def replace(self, promotion: Promotion) -> None:
        """Put a promotion in, in the place of the one with its id."""
        place = self._places.setdefault(promotion.promotion_id, len(self._promotions))
        if place == len(self._promotions):
            self._promotions.append(promotion)
        else:
            self._take_out(place)
            self._promotions[place] = promotion
        if promotion.enabled:
            self._put_in(promotion, place)
        # Another one, and after the change: who is looking things up keeps the old one.
        self._flat = {}

    def remove(self, promotion_id: str) -> bool:
        """Take a promotion out; False where there was none."""
        place = self._places.pop(promotion_id, None)
        if place is None:
            return False
        self._take_out(place)
        self._promotions[place] = None
        self._flat = {}
        return True

    def touching(self, basket: Basket) -> tuple[Promotion, ...]:
        """Promotions that some line, code or deposit of the basket touches, in their order."""
        flat = self._flat
        if len(flat) > _FLAT_MAX:
            flat = self._flat = {}
        found: set[int] = set()
        for line in basket.lines:
            known = flat.get(line.sku)
            if (
                known is None
                or known[1] != line.unit_minor
                or (known[0] is not line.traits and known[0] != line.traits)
            ):
                known = flat[line.sku] = (line.traits, line.unit_minor, self._touched_by(line))
            found.update(known[2])
        if basket.codes or basket.deposits:
            self._add_shown(basket, found)
        promotions = self._promotions
        return tuple([each for place in sorted(found) if (each := promotions[place]) is not None])

    def _touched_by(self, line: BasketLine) -> tuple[int, ...]:
        """The places that goods touch by themselves."""
        traits = line.traits
        values = [("sku", line.sku), (_ANY, ""), *[("category", name) for name in traits.category]]
        values += [("brand", traits.brand)] if traits.brand else []
        values += [("tag", tag) for tag in traits.tags]
        found: set[int] = set()
        for word, value in values:
            found.update(_each(self._sure[word].get(value)))
        for word, value in values:
            for place in _each(self._doubtful[word].get(value)):
                if place not in found and self._holds_one(place, (line,)):
                    found.add(place)
        return tuple(sorted(found))

    def _add_shown(self, basket: Basket, found: set[int]) -> None:
        """The places that codes and deposits touch."""
        values = [(_CODE, code.code.casefold()) for code in basket.codes]
        values += [(_BATCH, code.batch) for code in basket.codes if code.batch]
        values += [(_DEPOSIT, name) for name in basket.deposits]
        for word, value in values:
            found.update(_each(self._sure[word].get(value)))
            for place in _each(self._doubtful[word].get(value)):
                if place not in found and self._holds_one(place, basket.lines):
                    found.add(place)

    def _holds_one(self, place: int, lines: Sequence[BasketLine]) -> bool:
        return any(holds(goods, line) for goods in self._checks[place] for line in lines)

    def opens(self, code: str) -> bool:
        """Whether a word is a coupon of some promotion, of whatever time and goods; capitals or not."""
        return code.casefold() in self._words

    def of_batch(self, batch: str) -> Promotion | None:
        """The first promotion that coupons of a batch open, of whatever time and goods; capitals or not."""
        places = self._batches.get(batch.casefold())
        return self._promotions[places[0]] if places else None

    def unshown(self, basket: Basket, most: int) -> tuple[Promotion, ...]:
        """The first coupons with goods in the basket that are not found since nobody showed their code."""
        if not basket.lines:
            return ()
        known = {each.promotion_id for each in self.touching(basket)}
        found: list[Promotion] = []
        for place in sorted(self._under_codes):
            if len(found) == most:
                break
            promotion = self._promotions[place]
            if promotion is None or promotion.promotion_id in known:
                continue
            if place not in self._checks or self._holds_one(place, basket.lines):
                found.append(promotion)
        return tuple(found)

    # ------------------------------------------------------------------ where each stands
    def _put_in(self, promotion: Promotion, place: int) -> None:
        words, checked = _words_of(promotion)
        if checked is not None:
            self._checks[place] = checked
        if words and words[0][0] == _CODE:
            self._under_codes[place] = None
        for word in _opening(promotion):
            self._words[word] = self._words.get(word, 0) + 1
        if promotion.needs.batch:
            places = self._batches.setdefault(promotion.needs.batch.casefold(), [])
            self._batches[promotion.needs.batch.casefold()] = sorted([*places, place])
        buckets = self._sure if checked is None else self._doubtful
        for word, values in words:
            bucket = buckets[word]
            for value in values:
                standing = bucket.get(value)
                if standing is None:
                    bucket[value] = place
                elif not isinstance(standing, int):
                    if standing[-1] != place:
                        standing.append(place)
                elif standing != place:
                    bucket[value] = array("q", (standing, place))

    def _take_out(self, place: int) -> None:
        promotion = self._promotions[place]
        if promotion is None or not promotion.enabled:
            return
        words, checked = _words_of(promotion)
        self._checks.pop(place, None)
        self._under_codes.pop(place, None)
        for word in _opening(promotion):
            self._words[word] -= 1
            if not self._words[word]:
                del self._words[word]
        if promotion.needs.batch:
            batch = promotion.needs.batch.casefold()
            self._batches[batch] = [each for each in self._batches[batch] if each != place]
        buckets = self._sure if checked is None else self._doubtful
        for word, values in words:
            for value in values:
                left = [each for each in _each(buckets[word].pop(value, None)) if each != place]
                if left:
                    buckets[word][value] = array("q", left)


def _each(standing: _Places | None) -> Iterable[int]:
    if standing is None:
        return ()
    return (standing,) if isinstance(standing, int) else standing


_Words = list[tuple[str, Iterable[str]]]


def _words_of(promotion: Promotion) -> tuple[_Words, tuple[GoodsSet, ...] | None]:
    """What a promotion stands under, and the sets to look at besides (None: that is all there is to it)."""
    kind = promotion.kind
    if isinstance(kind, Deposit):
        return [(_DEPOSIT, (promotion.promotion_id,))], None
    if isinstance(promotion.on, Having) and not isinstance(kind, _WITH_SETS):
        return [(promotion.on.what, promotion.on.values)], None
    sets = touched_sets(promotion)
    words: _Words = []
    is_sure = True
    for goods in sets:
        found = _words(goods)
        if found is None:
            return _words_of_the_rest(promotion, sets)
        words += found[0]
        is_sure = is_sure and found[1]
    return words, None if is_sure else sets


def _words_of_the_rest(
    promotion: Promotion, sets: tuple[GoodsSet, ...]
) -> tuple[_Words, tuple[GoodsSet, ...] | None]:
    checked = None if any(isinstance(goods, Every) for goods in sets) else sets
    needs = promotion.needs
    if not needs.is_coupon:
        return [(_ANY, ("",))], checked
    return [(_CODE, _opening(promotion)), (_BATCH, (needs.batch,) if needs.batch else ())], checked


def _opening(promotion: Promotion) -> set[str]:
    """The words that open it, in lower case."""
    return {code.casefold() for code in promotion.needs.codes}


_WITH_SETS: Final = (Bundle, Reward, PriceBook)


def touched_sets(promotion: Promotion) -> tuple[GoodsSet, ...]:
    """Sets of which one has to hold some goods for it to matter: of what is bought, not of what is given."""
    kind = promotion.kind
    if isinstance(kind, Bundle):
        return tuple(part.of for part in kind.parts)
    if isinstance(kind, Reward):
        bought = tuple(part.of for part in kind.buy)
        if kind.buy_minor is not None:
            bought = (*bought, kind.buy_of)
        if not bought and kind.adds and kind.off.ppm == PPM_OF_ALL:
            # Given with any order: it need not lie in the basket, and nothing has to be bought for it.
            return (Every(),)
        return bought or (kind.get.of,)
    if isinstance(kind, PriceBook) and kind.off is None:
        listed = Having("sku", frozenset(kind.prices))
        return (listed,) if isinstance(promotion.on, Every) else (AllOf((listed, promotion.on)),)
    return (promotion.on,)


def asked_values(goods: GoodsSet) -> list[tuple[str, Iterable[str]]] | None:
    """(what, values) of which goods have one whenever the set holds them; None where it names nothing."""
    found = _words(goods)
    return None if found is None else found[0]


def _words(goods: GoodsSet) -> tuple[_Words, bool] | None:
    """Values of which a line has one whenever the set holds it, and whether that is enough; None: no such."""
    if isinstance(goods, Having):
        return [(goods.what, goods.values)], True
    if isinstance(goods, AnyOf):
        words: _Words = []
        is_sure = True
        for each in goods.sets:
            found = _words(each)
            if found is None:
                return None
            words += found[0]
            is_sure = is_sure and found[1]
        return words, is_sure
    if isinstance(goods, AllOf):
        ways = [found[0] for each in goods.sets if (found := _words(each)) is not None]
        best = min(ways, key=lambda way: max(_NARROW[word] for word, _ in way), default=None)
        return None if best is None else (best, False)
    return None
