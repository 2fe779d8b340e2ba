"""Categories are found however a person writes them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from marketplace.categories.errors import CategoryCircle, CategoryTooDeep, UnknownCategory
from marketplace.categories.lifecycle import (
    add_up,
    read_path,
    rebase,
    slug_path_of,
    tidy_synonyms,
)
from marketplace.categories.models import Node

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("home-garden/kitchen", "home-garden/kitchen"),
        ("Home & Garden > Kitchen", "home-garden/kitchen"),
        ("Beauty & Hygiene>Hair Care", "beauty-hygiene/hair-care"),
        ("Kitchen, Garden & Pets", "kitchen-garden-pets"),
        ("A/B Testing", "a-b-testing"),
        ("Café > Crème", "cafe/creme"),
        ("Straße", "strasse"),
        ("किताबें > नई", "किताबें/नई"),
        ("SERVICES", "services"),
    ],
)
def test_a_path_is_read_from_slugs_or_names(text: str, path: str) -> None:
    """Case, accents, spaces and signs do not matter."""
    assert slug_path_of(read_path(text)) == path


@pytest.mark.parametrize("text", ["&", ">", "a > > b", "a > b > c > d > e > f", "x" * 61, "/"])
def test_what_can_be_no_path_is_refused(text: str) -> None:
    """Empty, too deep or too long."""
    with pytest.raises(UnknownCategory):
        read_path(text)


def node(path: str, parent: Node | None = None) -> Node:
    """A category whose names are its slugs."""
    names = tuple(path.split("/"))
    return Node(
        id=uuid4(),
        parent_id=parent.id if parent else None,
        slug_path=path,
        name=names[-1],
        names=names,
        synonyms=(),
        version=1,
        changed_at=NOON,
    )


def test_a_move_takes_the_subtree_along() -> None:
    """Paths and names of all below it continue the new ones, one version further."""
    home, tools = node("home"), node("tools")
    kitchen = node("home/kitchen", home)
    pans = node("home/kitchen/pans", kitchen)
    moved = rebase([kitchen, pans], tools, "Cooking", ("stove",), LATER)
    assert [one.slug_path for one in moved] == ["tools/cooking", "tools/cooking/pans"]
    assert moved[1].names == ("tools", "Cooking", "pans")
    assert (moved[0].parent_id, moved[1].parent_id) == (tools.id, kitchen.id)
    assert {(one.version, one.changed_at) for one in moved} == {(2, LATER)}


def test_synonyms_change_the_category_alone() -> None:
    """Nothing below it is different; the same again is no change at all."""
    home = node("home")
    kitchen = node("home/kitchen", home)
    assert [one.id for one in rebase([home, kitchen], None, "home", ("house",), LATER)] == [home.id]
    assert rebase([home, kitchen], None, "home", (), LATER) == []


def test_nothing_comes_under_itself() -> None:
    """Neither directly nor further down."""
    home = node("home")
    kitchen = node("home/kitchen", home)
    for parent in (home, kitchen):
        with pytest.raises(CategoryCircle):
            rebase([home, kitchen], parent, "home", (), LATER)


def test_the_deepest_path_is_what_counts() -> None:
    """Five levels, wherever the move ends."""
    deep = node("a/b/c/d")
    small = node("x")
    below = node("x/y", small)
    assert rebase([small], deep, "x", (), LATER)[0].slug_path == "a/b/c/d/x"
    with pytest.raises(CategoryTooDeep):
        rebase([small, below], deep, "x", (), LATER)


def test_synonyms_are_tidied() -> None:
    """Each once however it is written, and never the name itself."""
    assert tidy_synonyms(["Bike", "bike", "BICYCLE", "Vélo", "&"], "Bicycle") == ("Bike", "Vélo")


def test_counts_add_up_along_the_tree() -> None:
    """Each category has its own and all below; one that is gone from the tree counts nowhere."""
    home, kitchen, pans, gone = (uuid4() for _ in range(4))
    parents = {home: None, kitchen: home, pans: kitchen}
    sums = add_up(parents, {home: 1, pans: 5, gone: 7})
    assert sums == {home: 6, kitchen: 5, pans: 5}
