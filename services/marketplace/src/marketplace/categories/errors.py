"""Problems of categories."""

from chassis.problems import Malformed


class UnknownCategory(Malformed):
    """The category is not in the tree, or is no path at all."""

    title = "There is no such category"

    def __init__(self, detail: str) -> None:
        """Say what is wrong with the category."""
        super().__init__(
            f"check category: {detail}",
            errors=[{"field": "category", "rule": "category", "message": detail}],
        )
