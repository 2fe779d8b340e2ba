"""What is kept of a seller, and how far a page of documents leads."""

from uuid import UUID

from search.sellers.lifecycle import go_on, newest_of, told_of
from search.sellers.models import SellerRating, SellerTold, Spreading
from services.search.tests.sellers.words import erased, reputation

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
ITEM = UUID(int=77)
NOWHERE = UUID(int=0)


def test_a_mean_is_kept_exactly() -> None:
    """4.17 is 417 hundredths, with no float between."""
    assert told_of(reputation(ONE, "4.17", ratings=12)).rating == SellerRating(417, 12)
    assert told_of(reputation(ONE, "3.50", ratings=0)).rating is None


def test_a_batch_keeps_the_newest_of_each_seller() -> None:
    """In any order, and in order of id; of who was erased nothing is kept."""
    told = [reputation(TWO, version=4), reputation(TWO, version=3), reputation(ONE), erased(THREE)]
    assert newest_of([*told, reputation(THREE, version=8)]) == [
        told_of(reputation(ONE)),
        told_of(reputation(TWO, version=4)),
        SellerTold(THREE, 0, erased=True),
    ]


def test_a_page_ends_within_one_seller() -> None:
    """Those before are done, those behind have not begun; a page that is not full ends all."""
    taken = [Spreading(one, None, NOWHERE) for one in (ONE, TWO, THREE)]
    assert go_on(taken, (TWO, ITEM)) == {ONE: None, TWO: ITEM, THREE: NOWHERE}
    assert go_on(taken, None) == {ONE: None, TWO: None, THREE: None}
