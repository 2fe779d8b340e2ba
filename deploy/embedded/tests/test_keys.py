"""`localex keys` as people run it, and the key of apps for codes."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.tokens import read_public_keys, read_signing_key
from embedded.credentials import ensure_signing_key, ensure_totp_key
from embedded.places import Places
from gateway.two_factor.sealing import Sealer, read_keys


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An empty data folder."""
    return Places.of(tmp_path)


def run(places: Places, *words: str) -> tuple[int, str]:
    """A command to its end."""
    files = {
        "GATEWAY_SIGNING_KEY_FILE": str(places.signing_key_file),
        "LOCALEX_INTERNAL_JWKS_FILE": str(places.jwks_file),
    }
    said = subprocess.run(
        [Path(sys.executable).with_name("localex"), *words, "--data", str(places.data)],
        env=os.environ | files,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        timeout=60,
    )
    return said.returncode, said.stdout


def test_the_key_of_apps_is_none_of_the_signing_keys(places: Places) -> None:
    """A first start makes it of chance, for its owner only; a later one leaves it alone."""
    ensure_totp_key(places)
    ensure_signing_key(places)
    made = places.totp_key_file.read_text()
    assert json.loads(places.signing_key_file.read_text())["d"] not in made
    assert stat.S_IMODE(places.totp_key_file.stat().st_mode) == 0o600
    ensure_totp_key(places)
    assert places.totp_key_file.read_text() == made


def test_what_was_sealed_before_opens_after_the_signing_key_changed(places: Places) -> None:
    """In a folder of before the key was made of the signing key: that is kept beside it."""
    ensure_signing_key(places)
    person = uuid4()
    before = Sealer(read_keys([], read_signing_key(places.signing_key_file)))
    sealed = before.seal("secret", person)
    ensure_totp_key(places)
    code, told = run(places, "keys", "rotate")
    assert code == 0, told
    changed = read_signing_key(places.signing_key_file)
    after = Sealer(read_keys([places.totp_key_file], changed))
    assert after.open(sealed, before.key_id, person) == "secret"


def test_rotating_and_retiring_say_what_they_do(places: Places) -> None:
    """Old and new are believed, then the new one alone; too soon is refused with the seconds."""
    ensure_signing_key(places)
    old = read_signing_key(places.signing_key_file).thumbprint()
    code, told = run(places, "keys", "rotate")
    new = read_signing_key(places.signing_key_file).thumbprint()
    assert code == 0, told
    assert new in told
    assert {one.thumbprint() for one in read_public_keys(places.jwks_file).keys} == {old, new}
    assert stat.S_IMODE(places.signing_key_file.stat().st_mode) == 0o600
    code, told = run(places, "keys", "retire")
    assert code != 0
    assert "may live for" in told
    code, told = run(places, "keys", "retire", "--at-once")
    assert (code, "1 old keys" in told) == (0, True), told
    assert [one.thumbprint() for one in read_public_keys(places.jwks_file).keys] == [new]


def test_without_keys_the_command_says_so(places: Places) -> None:
    """One line for a person, and no file is made."""
    code, told = run(places, "keys", "rotate")
    assert code != 0
    assert "Traceback" not in told
    assert not places.jwks_file.exists()
