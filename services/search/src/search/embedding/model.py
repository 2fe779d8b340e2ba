"""The model: a vector for each piece of a word, and of them one for a text."""

import math
from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from search.embedding.pieces import split, words_of
from search.embedding.table import Table

#: Of the 256 that the model has; the first ones say the most, for it was trained so.
DIMENSIONS: Final = 128
#: Of a longer text, the first words.
WORDS_MAX: Final = 64
#: A word in shorter pieces is a code, a slip, or of a script that the model does not know.
PIECE_LETTERS_MIN: Final = 2
#: Vectors of words and of texts that are kept: half a kilobyte each.
WORDS_KEPT: Final = 2_048
TEXTS_KEPT: Final = 512

_PACKAGE: Final = "wordllama"
_WEIGHTS: Final = "weights/l2_supercat_256.safetensors"
_PIECES: Final = "tokenizers/l2_supercat_tokenizer_config.json"

type Vector = list[float]


class Model:
    """Reads its files when it is first asked; from then on it is a function."""

    def __init__(self, folder: Path) -> None:
        """Read from a folder, when it is needed."""
        self._folder = folder
        self._vector = lru_cache(WORDS_KEPT)(self._sum_of_pieces)
        # Categories, types and brands come again and again.
        self._total = lru_cache(TEXTS_KEPT)(self._sum_of_words)

    @classmethod
    def installed(cls) -> "Model | None":
        """The model of the environment; None on machines for which there is no wheel."""
        try:
            # Importing the package would want a tokenizer and a client of a hub; its files do not.
            return cls(Path(str(metadata.distribution(_PACKAGE).locate_file(_PACKAGE))))
        except metadata.PackageNotFoundError:
            return None

    def embed(self, *texts: tuple[str, int]) -> Vector | None:
        """What texts are about together: the sum of their words' pieces, as a unit vector.

        Args:
            texts: Each with how often its words count.

        Returns:
            So many numbers as there are dimensions; None if the model knows no word of it.
        """
        totals = [self._total(text) for text, weight in texts for _ in range(weight)]
        total = _add([one for one in totals if one])
        length = math.sqrt(math.sumprod(total, total))
        return [round(one / length, 4) for one in total] if length else None

    def _sum_of_words(self, text: str) -> array[float]:
        rows = map(self._vector, islice(words_of(text), WORDS_MAX))
        return _add([row for row in rows if row])

    def split(self, word: str) -> list[str]:
        """A word in the pieces that the model has vectors for."""
        pieces, _ = self._files
        return split(word, pieces)

    def is_whole(self, word: str) -> bool:
        """Whether the model has it as one piece: then it is a word, and no slip."""
        return len(self.split(word)) == 1

    def _sum_of_pieces(self, word: str) -> array[float]:
        pieces, table = self._files
        parts = self.split(word)
        places = [pieces[part] for part in parts if part in pieces]
        if len(places) < len(parts) or len(word) < PIECE_LETTERS_MIN * len(parts):
            return array("f")
        return _add([table.row(place) for place in places])

    @cached_property
    def _files(self) -> tuple[Mapping[str, int], Table]:
        config = orjson.loads((self._folder / _PIECES).read_bytes())
        return config["model"]["vocab"], Table(self._folder / _WEIGHTS, DIMENSIONS)


def _add(rows: Sequence[array[float]]) -> array[float]:
    return array("f", map(sum, zip(*rows, strict=True)))
