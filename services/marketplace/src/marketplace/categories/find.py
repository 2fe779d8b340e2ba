"""Find a category by id, slug path or names."""

from uuid import UUID

from chassis.database import Connection
from marketplace.categories import queries
from marketplace.categories.errors import UnknownCategory
from marketplace.categories.lifecycle import read_path, slug_path_of
from marketplace.categories.models import Category


async def find_category(conn: Connection, text: str) -> Category:
    """Find the one category that a client means, for what is written next.

    Args:
        conn: Open transaction: until it ends the category neither moves nor gets another name, so
            that what is said of it is still so when it can be heard.
        text: An id, a slug path such as `home-garden/kitchen`, or names such as
            `Home & Garden > Kitchen`.

    Raises:
        UnknownCategory: There is none.
    """
    try:
        category_id = UUID(text)
    except ValueError:
        path = slug_path_of(read_path(text))
        found = (await queries.lock_by_paths(conn, [path])).get(path)
    else:
        found = await queries.lock_by_id(conn, category_id)
    if found is None:
        raise UnknownCategory("it is not in the tree; see GET /v1/categories")
    return found
