"""Whose accounts somebody sees and acts in."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.tokens import Caller


@dataclass(frozen=True, slots=True)
class Reach:
    """Accounts of a person, of a community, or all.

    What lies beyond it answers as what does not exist.

    Attributes:
        owner: Only this person's; nothing for anybody's.
        community: Only of this community; nothing for any.

    Source:
        docs/decisions/0088-operators-stay-in-their-community.md
    """

    owner: UUID | None = None
    community: str | None = None

    @property
    def has_power(self) -> bool:
        """Whether other people's accounts are in it: what is shown of them is a look."""
        return self.owner is None

    def covers(self, owner: UUID | None, community: str | None) -> bool:
        """Whether an account of this owner and community is in it."""
        return self.owner in (None, owner) and self.community in (None, community)


#: Of administrators, and of the ledger itself where nobody asks.
EVERYTHING: Final = Reach()


def reach_of(caller: Caller) -> Reach:
    """All for administrators, their community's for operators, their own for everybody else."""
    if caller.has("ADMIN"):
        return EVERYTHING
    if caller.has("OPERATOR"):
        return Reach(community=caller.community)
    return Reach(owner=caller.user_id)
