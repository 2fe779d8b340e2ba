"""Problems of members."""

from uuid import UUID

from chassis.problems import Missing


class NoSuchMember(Missing):
    """There is no such member in the caller's community."""

    title = "There is no such member"

    def __init__(self, user_id: UUID) -> None:
        """Name them."""
        super().__init__(f"no member {user_id} is known in your community")
