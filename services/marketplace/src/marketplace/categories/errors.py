"""Problems of categories."""

from uuid import UUID

from chassis.problems import Malformed, Missing, Refused


class UnknownCategory(Malformed):
    """The category is not in the tree, or is no path at all."""

    title = "There is no such category"

    def __init__(self, detail: str, field: str = "category") -> None:
        """Say what is wrong with the category."""
        super().__init__(
            f"check {field}: {detail}",
            errors=[{"field": field, "rule": "category", "message": detail}],
        )


class NoSuchCategory(Missing):
    """There is no category with this id."""

    title = "There is no such category"

    def __init__(self, category_id: UUID) -> None:
        """Name it."""
        super().__init__(f"no category {category_id} is in the tree; see GET /v1/categories")


class CategoryCircle(Refused):
    """A category can't come under itself or what is below it."""

    title = "The category would be above itself"

    def __init__(self, path: str, parent_path: str) -> None:
        """Say which would be below which."""
        super().__init__(
            f"{parent_path} is {path} or below it: choose a parent outside its subtree",
            field="parent_id",
            path=path,
            parent_path=parent_path,
        )


class CategoryTaken(Refused):
    """Another category has the same path."""

    title = "The path is taken"

    def __init__(self, path: str) -> None:
        """Name the path."""
        super().__init__(
            f"there is a category {path} already: choose another name", field="name", path=path
        )


class CategoryTooDeep(Refused):
    """The tree has a limited number of levels, and a path a limited length."""

    title = "The category would be too deep"

    def __init__(self, depth: int, depth_max: int, length: int, length_max: int) -> None:
        """Say how deep and long the deepest path would be."""
        super().__init__(
            f"the deepest path would have {depth} levels and {length} characters: at most "
            f"{depth_max} and {length_max}",
            depth=depth,
            depth_max=depth_max,
            length=length,
            length_max=length_max,
        )


class SubtreeTooLarge(Refused):
    """More categories would change at once than one step takes."""

    title = "The subtree is too large to change at once"

    def __init__(self, most: int) -> None:
        """Say how many may be there."""
        super().__init__(f"more than {most} categories are below it: move its parts", maximum=most)
