"""How a category is named, and what a move makes of its subtree. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.marketplace import CategoryChanged
from marketplace.categories.errors import CategoryCircle, CategoryTooDeep, UnknownCategory
from marketplace.categories.models import Node

DEPTH_MAX: Final = 5
PATH_MAX: Final = 320
NAME_MAX: Final = 60


def slug_of(name: str) -> str:
    """A name as part of an address: lower-case words, joined by hyphens.

    Accents of European letters go; vowel signs of other scripts are letters in their own right.
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name).casefold()
        if not "\u0300" <= letter <= "\u036f"
    )
    composed = unicodedata.normalize("NFC", plain)
    words = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in composed
    )
    return "-".join(words.split())


def read_path(text: str) -> tuple[str, ...]:
    """Split `a/b` or `A > B` into the names along the path.

    Raises:
        UnknownCategory: No path can have this form.
    """
    slugs = all(part and slug_of(part) == part for part in text.split("/"))
    separator = "/" if slugs else ">"
    names = tuple(" ".join(part.split()) for part in text.split(separator))
    if len(names) > DEPTH_MAX:
        raise UnknownCategory(f"a category has at most {DEPTH_MAX} levels")
    for name in names:
        if not 1 <= len(slug_of(name)) <= NAME_MAX or len(name) > NAME_MAX:
            raise UnknownCategory(f"each level has a name of 1 to {NAME_MAX} characters")
    return names


def slug_path_of(names: tuple[str, ...]) -> str:
    """The slug path of the names along a path."""
    return "/".join(slug_of(name) for name in names)


def as_told(node: Node) -> CategoryChanged:
    """The category as others learn of it."""
    return CategoryChanged(
        category_id=node.id,
        version=node.version,
        parent_id=node.parent_id,
        slug_path=node.slug_path,
        names=node.names,
        synonyms=node.synonyms,
        changed_at=node.changed_at,
    )


def tidy_synonyms(synonyms: Iterable[str], name: str) -> tuple[str, ...]:
    """Synonyms in order, each once however it is written, without the name itself."""
    found: dict[str, str] = {}
    for synonym in synonyms:
        slug = slug_of(synonym)
        if slug and slug != slug_of(name):
            found.setdefault(slug, synonym)
    return tuple(found.values())


def rebase(
    subtree: Sequence[Node], parent: Node | None, name: str, synonyms: tuple[str, ...], at: datetime
) -> list[Node]:
    """A subtree at its new place and with its root's new name; only what differs, root first.

    Args:
        subtree: The category, then all below it.
        parent: Under which it comes; None for a root.
        name: The category's.
        synonyms: The category's.
        at: When.

    Raises:
        UnknownCategory: The name makes no slug.
        CategoryCircle: The parent is in the subtree.
        CategoryTooDeep: A path would have too many levels or letters.
    """
    root = subtree[0]
    if parent is not None and any(node.id == parent.id for node in subtree):
        raise CategoryCircle(root.slug_path, parent.slug_path)
    slug = slug_of(name)
    if not slug:
        raise UnknownCategory("it has a name with letters or digits", "name")
    path = slug if parent is None else f"{parent.slug_path}/{slug}"
    names = (*(() if parent is None else parent.names), name)
    moved = [
        replace(
            node,
            slug_path=path + node.slug_path[len(root.slug_path) :],
            names=(*names, *node.names[len(root.names) :]),
        )
        for node in subtree
    ]
    depth = max(len(node.names) for node in moved)
    length = max(len(node.slug_path) for node in moved)
    if depth > DEPTH_MAX or length > PATH_MAX:
        raise CategoryTooDeep(depth, DEPTH_MAX, length, PATH_MAX)
    moved[0] = replace(
        moved[0], parent_id=parent.id if parent else None, name=name, synonyms=synonyms
    )
    return [
        replace(new, version=old.version + 1, changed_at=at)
        for old, new in zip(subtree, moved, strict=True)
        if new != old
    ]


def add_up(parents: Mapping[UUID, UUID | None], own: Mapping[UUID, int]) -> dict[UUID, int]:
    """How many are in each category and all below it, from how many are in each itself."""
    sums = dict.fromkeys(parents, 0)
    for category, count in own.items():
        above: UUID | None = category
        while above is not None and above in sums:
            sums[above] += count
            above = parents[above]
    return sums
