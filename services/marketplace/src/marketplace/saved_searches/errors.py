"""Problems of saved searches."""

from uuid import UUID

from chassis.problems import Malformed, Missing, Refused


class NoSuchSavedSearch(Missing):
    """There is no such search among one's own."""

    title = "There is no such saved search"

    def __init__(self, search_id: UUID) -> None:
        """Name it."""
        super().__init__(f"you have saved no search {search_id}")


class TooManySavedSearches(Refused):
    """One person saves a limited number of searches."""

    title = "You have saved as many searches as you may"

    def __init__(self, most: int) -> None:
        """Say how many, and what to do."""
        super().__init__(f"{most} at a time: delete one first", limit=most)


class NothingToSearch(Malformed):
    """The words are such as every text has."""

    title = "The words find nothing by themselves"

    def __init__(self) -> None:
        """Name the field."""
        message = "has only words that every text has, such as: the, and, of"
        super().__init__(
            f"check q: {message}", errors=[{"field": "q", "rule": "words", "message": message}]
        )
