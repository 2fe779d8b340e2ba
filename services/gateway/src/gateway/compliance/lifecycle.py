"""What comes of a check, and what follows. Pure.

| a provider's finding                       | status  |
| ------------------------------------------ | ------- |
| on a list (SANCTIONS), or risk 90 and more | REFUSED |
| a flag, or risk 60 and more                | REVIEW  |
| else                                       | CLEAR   |

A person is restricted while any check is REFUSED or EXPIRED, or AML or SANCTIONS is in REVIEW.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from contracts.gateway import CheckKind, CheckStatus
from gateway.compliance.models import Check, Finding

REFUSED_FROM: Final = 90
REVIEW_FROM: Final = 60
LISTED: Final = "listed"
#: How long a clear check is good.
GOOD_FOR: Final[Mapping[CheckKind, timedelta]] = {
    "KYC": timedelta(days=365),
    "AML": timedelta(days=90),
    "SANCTIONS": timedelta(days=30),
}
#: The next check is made when a tenth of the time is left.
EARLY: Final = 0.9
#: While a provider is away.
TRY_AGAIN: Final = timedelta(minutes=10)


def decide(finding: Finding) -> CheckStatus:
    """The status that a finding leads to."""
    if LISTED in finding.flags or finding.risk_score >= REFUSED_FROM:
        return "REFUSED"
    if finding.flags or finding.risk_score >= REVIEW_FROM:
        return "REVIEW"
    return "CLEAR"


def ends_at(kind: CheckKind, checked_at: datetime) -> datetime:
    """Until when a check of this kind is good."""
    return checked_at + GOOD_FOR[kind]


def recheck_at(kind: CheckKind, checked_at: datetime) -> datetime:
    """When the next check is made."""
    return checked_at + GOOD_FOR[kind] * EARLY


def restricts(checks: Iterable[Check]) -> bool:
    """Whether checks forbid a person to move money."""
    return any(
        one.status in ("REFUSED", "EXPIRED") or (one.status == "REVIEW" and one.kind != "KYC")
        for one in checks
    )


def timer_key(user_id: object, kind: CheckKind) -> str:
    """The name of a check's timer."""
    return f"{user_id}/{kind}"
