"""The tree as clients read it."""

from typing import Any


async def test_the_tree_lists_parents_before_children(market: Any) -> None:
    """Each child names its parent, whose path is the beginning of its own."""
    tree = (await market.member().get("/categories")).json()["categories"]
    by_id = {category["id"]: category for category in tree}
    assert "home-garden/kitchen" in [category["path"] for category in tree]
    for position, category in enumerate(tree):
        if category["parent_id"] is None:
            assert category["path"] == category["slug"]
            continue
        parent = by_id[category["parent_id"]]
        assert tree.index(parent) < position
        assert category["path"] == f"{parent['path']}/{category['slug']}"
        assert category["names"] == [*parent["names"], category["name"]]
