"""What programs are told and may say about promotions, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from sync.hub.goods.promotion_admin import Held

IDS_MOST: Final = 500
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]


class PublishedPromotion(msgspec.Struct, frozen=True):
    """A promotion's document and whom it goes to: these stores and regions, both empty: all stores."""

    promotion: dict[str, Any]
    stores: tuple[str, ...]
    regions: tuple[str, ...]


class PromotionList(msgspec.Struct, frozen=True):
    """Published promotions by id; `next` is what to ask for after, "" where there is no more."""

    promotions: tuple[PublishedPromotion, ...]
    next: str


class PromotionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents to publish to these stores and regions (neither: to all stores)."""

    promotions: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(min_length=1, max_length=IDS_MOST)]
    stores: tuple[_Id, ...] = ()
    regions: tuple[_Id, ...] = ()


class PromotionReply(msgspec.Struct, frozen=True):
    """What became of them; `same_version` changed and are still of the version before."""

    changed: int
    unchanged: int
    rows: int
    same_version: tuple[str, ...]


class PromotionsGone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Promotions to take back from every store."""

    ids: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=1, max_length=IDS_MOST)]


class PromotionsRemoved(msgspec.Struct, frozen=True):
    """How many were taken back, and ids that nobody knew."""

    removed: int
    unknown: tuple[str, ...]


def told(held: Held) -> PublishedPromotion:
    """A published promotion as it is told."""
    document = msgspec.json.decode(held.body)
    return PublishedPromotion(document, tuple(sorted(held.stores)), tuple(sorted(held.regions)))
