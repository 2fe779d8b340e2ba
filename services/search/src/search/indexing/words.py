"""Words of the language that the index treats apart. Pure."""

from typing import Final

_COMMON: Final = """
a an and are as at be but by for from i if in into is it me my no not of on or some such that the
their then there these they this to was we will with you your
"""

#: Too common to tell one item from another; left out of queries, never out of documents.
STOP_WORDS: Final = frozenset(_COMMON.split())
