"""HTTP edge of categories."""

from fastapi import APIRouter

from chassis.access import Person
from chassis.service import OpenDatabase
from marketplace.categories import queries
from marketplace.categories.models import CategoryList, CategoryView

router = APIRouter(tags=["categories"])


@router.get("/categories")
async def list_categories(_caller: Person, database: OpenDatabase) -> CategoryList:
    """The tree of categories, parents before children."""
    async with database.connection() as conn:
        rows = await queries.select_tree(conn)
    return CategoryList(
        categories=[
            CategoryView(
                id=row["id"],
                parent_id=row["parent_id"],
                slug=row["slug_path"].rpartition("/")[2],
                path=row["slug_path"],
                name=row["name"],
                names=row["names"],
            )
            for row in rows
        ]
    )
