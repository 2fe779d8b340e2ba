"""Rules of e-mail addresses and names."""

import pytest

from gateway.users.lifecycle import check_shown, normalise_email


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ana@Example.org", "ana@example.org"),
        ("  ana+shop@mail.example.org ", "ana+shop@mail.example.org"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ],
)
def test_an_address_has_one_form(text: str, address: str) -> None:
    """Case and surrounding space make no second person."""
    assert normalise_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "a..b@example.org",
        ".a@example.org",
        "ana@-example.org",
        "ana@example..org",
        "ana @example.org",
        "ana@exam\x00ple.org",
        "an\u00e4@example.org",
        "ana@ex\u0430mple.org",
        "x" * 65 + "@example.org",
        "ana@" + "x." * 130 + "org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Broken, overlong and look-alike addresses are refused."""
    with pytest.raises(ValueError, match="an e-mail address is like"):
        normalise_email(text)


@pytest.mark.parametrize("text", ["Ana", "Zoë van der Berg", "李小龍", "Ana 🚲"])
def test_names_of_all_scripts_are_shown(text: str) -> None:
    """A name is as its owner writes it."""
    assert check_shown(text) == text


@pytest.mark.parametrize(
    "text", ["A\x00na", "A\nna", "A\u202ena", "A\u200bna", "A\u2028na", "A\ufeffna", "A\x7fna"]
)
def test_what_cannot_be_seen_is_refused(text: str) -> None:
    """Control characters and marks that reorder or hide text are refused."""
    with pytest.raises(ValueError, match="invisible"):
        check_shown(text)
