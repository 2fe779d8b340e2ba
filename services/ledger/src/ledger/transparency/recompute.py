"""Make a leaf again from the books, to hold it against what was signed. Pure."""

from ledger.transparency.errors import HistoryAltered
from ledger.transparency.leaf import Leaf, encode_leaf
from ledger.transparency.models import Recorded, StoredLeaf


def recompute_leaf(found: Recorded | None, stored: StoredLeaf) -> Leaf:
    """The leaf of a transfer as the books tell it now.

    Args:
        found: Its rows, if they are there.
        stored: Its place, salt and hash.

    Raises:
        HistoryAltered: It is not the leaf that has this place.
    """
    if found is None:
        raise HistoryAltered("a signed transfer is gone", leaf_index=stored.index)
    try:
        leaf = encode_leaf(found.transfer, found.entries, salt=stored.salt)
    except (ValueError, TypeError) as error:
        raise HistoryAltered(
            f"a signed transfer has lost its form: {error}", leaf_index=stored.index
        ) from error
    if leaf.hash() != stored.hash:
        raise HistoryAltered("a transfer was changed after it was signed", leaf_index=stored.index)
    return leaf
