"""What people ask of the terminal about members, coupons, points, gift cards and returns."""

from __future__ import annotations

from dataclasses import field

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class OpenMember:
    """Look a member up by hand, or show the one whose sale it is (F3)."""


@dataclass(frozen=True, slots=True)
class LookUpMember:
    """Look for whom the keyed number belongs to."""


@dataclass(frozen=True, slots=True)
class ChooseMember:
    """Say which of the members found it is."""

    member_id: str


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """The sale is nobody's again."""


@dataclass(frozen=True, slots=True)
class StartJoin:
    """Take somebody in as a member; `phone` is what was keyed already."""

    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ToggleConsent:
    """The shopper agrees to a text, or no longer."""

    purpose: str


@dataclass(frozen=True, slots=True)
class ConfirmJoin:
    """The shopper becomes a member."""


@dataclass(frozen=True, slots=True)
class OpenCoupons:
    """Show which coupons and points the sale may use (F4)."""


@dataclass(frozen=True, slots=True)
class ToggleCoupon:
    """Take a coupon off the sale, or let it be used again."""

    coupon_id: str


@dataclass(frozen=True, slots=True)
class UsePoints:
    """Use at most so many points; None: as many as are allowed."""

    points: int | None


@dataclass(frozen=True, slots=True)
class RetryRights:
    """Ask the hub once more for what it did not keep."""


@dataclass(frozen=True, slots=True)
class GoOnWithout:
    """Take payment with what is kept."""


@dataclass(frozen=True, slots=True)
class LoadGiftCard:
    """Put the keyed amount on the gift card in hand."""


@dataclass(frozen=True, slots=True)
class StartReturn:
    """Look for the sale that goods are brought back from; `receipt` where a code named it."""

    receipt: str = ""


@dataclass(frozen=True, slots=True)
class ChangeReturn:
    """One piece more (+1) or less (−1) of a line comes back."""

    line_no: int
    step: int


@dataclass(frozen=True, slots=True)
class ChooseReturnReason:
    """Why the marked line's goods come back, and whether they can be sold again."""

    reason: str


@dataclass(frozen=True, slots=True)
class ToggleDisposition:
    """The marked line's goods can be sold again, or cannot."""


@dataclass(frozen=True, slots=True)
class ConfirmReturn:
    """Give back what the return comes to."""


MemberWish = (
    OpenMember | LookUpMember | ChooseMember | RemoveMember | StartJoin | ToggleConsent | ConfirmJoin
    | OpenCoupons | ToggleCoupon | UsePoints | RetryRights | GoOnWithout | LoadGiftCard | StartReturn
    | ChangeReturn | ChooseReturnReason | ToggleDisposition | ConfirmReturn
)  # fmt: skip
