"""Texts as vectors: the installed model, and tables made by hand."""

import math
import struct
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.embedding.model import DIMENSIONS, WORDS_MAX, Model, Vector
from search.embedding.pieces import LETTERS_MAX, words_of
from search.embedding.table import ModelBroken
from services.search.tests.model import installed

MODEL = installed()


def made(text: str) -> Vector:
    """The vector of a text that has one."""
    vector = MODEL.embed((text, 1))
    assert vector is not None
    return vector


def cosine(one: str, other: str) -> float:
    """How similar two texts are."""
    return math.sumprod(made(one), made(other))


def write_model(folder: Path, *, dtype: str = "F16", width: int = 256) -> Path:
    """A model of three pieces: what begins a word has ones, "ab" twos, "▁ab" threes."""
    (folder / "weights").mkdir()
    (folder / "tokenizers").mkdir()
    pieces = {"\u2581": 0, "ab": 1, "\u2581ab": 2}
    (folder / "tokenizers" / "l2_supercat_tokenizer_config.json").write_bytes(
        orjson.dumps({"model": {"vocab": pieces}})
    )
    head = orjson.dumps({"embedding.weight": {"dtype": dtype, "shape": [3, width]}})
    rows = [(row + 1.0,) * width for row in range(3)]
    (folder / "weights" / "l2_supercat_256.safetensors").write_bytes(
        struct.pack("<Q", len(head))
        + head
        + b"".join(struct.pack(f"<{width}e", *row) for row in rows)
    )
    return folder


@given(st.text(max_size=60))
def test_every_text_has_a_unit_vector_or_none(text: str) -> None:
    """Whatever people write; and always the same."""
    vector = MODEL.embed((text, 1))
    if vector is not None:
        assert len(vector) == DIMENSIONS
        assert math.hypot(*vector) == pytest.approx(1, abs=0.01)
    assert installed().embed((text, 1)) == vector


@pytest.mark.parametrize(
    "text",
    ["", "qwxzv", "90x200 12,5", "x0cafe12 dibber7a", "\u0938\u093e\u092c\u0941\u0928", "..."],
)
def test_what_the_model_does_not_know_has_no_vector(text: str) -> None:
    """Nonsense, figures, codes, scripts that it has not learned: found by words alone."""
    assert MODEL.embed((text, 1)) is None


def test_what_is_meant_alike_is_near() -> None:
    """Nearer than what is of another kind, though no letter is shared."""
    assert cosine("footwear", "shoes") > cosine("footwear", "honey") + 0.3
    assert cosine("garments", "clothes") > cosine("garments", "computer") + 0.15


def test_case_accents_and_figures_change_nothing() -> None:
    """As a person would say: the same words."""
    assert made("Cr\u00e8me SOAP 500g, 2") == made("creme soap")


def test_long_texts_are_cut() -> None:
    """The first words of a text and the first letters of a word; the rest costs nothing."""
    text = " ".join(["soap"] * WORDS_MAX)
    assert made(f"{text} {'bicycle ' * 10_000}") == made(text)
    assert [*words_of("a" * 10_000)] == ["a" * LETTERS_MAX]


def test_weights_count() -> None:
    """A title may say more than a description."""
    heavy = MODEL.embed(("soap", 3), ("bicycle", 1))
    assert heavy is not None
    assert math.sumprod(heavy, made("soap")) > math.sumprod(heavy, made("bicycle"))


def test_a_word_is_the_sum_of_its_pieces(tmp_path: Path) -> None:
    """By a table made by hand; the files are looked for once."""
    model = Model(write_model(tmp_path))
    one = model.embed(("ab", 1))
    for file in tmp_path.rglob("*.*"):
        file.unlink()
    assert one == model.embed(("ab", 1)) == [round(DIMENSIONS**-0.5, 4)] * DIMENSIONS
    assert model.is_whole("ab")
    assert not model.is_whole("abab")


@pytest.mark.parametrize(("dtype", "width"), [("F32", 256), ("F16", 64)])
def test_a_table_of_another_form_is_refused(tmp_path: Path, dtype: str, width: int) -> None:
    """Rather than read as numbers that it does not hold."""
    with pytest.raises(ModelBroken):
        Model(write_model(tmp_path, dtype=dtype, width=width)).embed(("ab", 1))


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("soap", "\u2581soap"),
        ("detergent", "\u2581d eter gent"),
        ("bicycle", "\u2581b icy cle"),
        ("shampoo", "\u2581sh am po o"),
        ("qwxzv", "\u2581q wx z v"),
    ],
)
def test_words_are_split_as_the_model_was_trained(word: str, pieces: str) -> None:
    """As its own tokenizer splits them, whose merges are in the order of its pieces."""
    assert MODEL.split(word) == pieces.split()
