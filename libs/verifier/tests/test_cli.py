"""The command, on the committed example: what it says and how it ends."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localex_verifier.cli import main

DATA = Path(__file__).parent / "data"
RECEIPT, KEY = str(DATA / "receipt.json"), str(DATA / "log.pub")


def run(*words: str) -> int:
    """The exit code for these words."""
    return main(words)


def test_a_good_receipt_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    """With the key and an older checkpoint all is proven, in words."""
    assert run(RECEIPT, "--key", KEY, "--checkpoint", str(DATA / "checkpoint-9.txt")) == 0
    said = capsys.readouterr().out
    assert ": PROVEN\n" in said
    assert "This is entry 5 of the log ledger.localex.example of 23 entries." in said
    assert "signed by ledger.localex.example+f0836f9d." in said
    assert "From 9 to 23 entries the log only grew" in said


def test_the_key_may_be_given_as_text() -> None:
    """A key is short enough to be typed or pasted."""
    assert run(RECEIPT, "--key", Path(KEY).read_text().strip()) == 0


def test_without_a_key_nobody_signed(capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be checked ends with 2 and says what to bring."""
    assert run(RECEIPT) == 2
    assert "? Who signed" in capsys.readouterr().out


def test_a_missing_consistency_proof_can_be_brought(capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint the receipt is not tied to needs a proof of its own."""
    words = (RECEIPT, "--key", KEY, "--checkpoint", str(DATA / "checkpoint-12.txt"))
    assert run(*words) == 2
    assert "consistency?from=12" in capsys.readouterr().out
    assert run(*words, "--consistency", str(DATA / "consistency-12-23.json")) == 0


def test_a_spoiled_receipt_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One digit more on an amount, and it says which part was changed."""
    spoiled = tmp_path / "receipt.json"
    spoiled.write_text(
        Path(RECEIPT).read_text().replace('"-7500', '"-75000').replace("-7500\\", "-75\\")
    )
    assert run(str(spoiled), "--key", KEY) == 1
    assert "the part 'entry/1' is not the one that the leaf is bound to" in capsys.readouterr().out


def test_one_wrong_receipt_among_good_ones_is_wrong(tmp_path: Path) -> None:
    """Several files may be given; the worst decides."""
    spoiled = tmp_path / "receipt.json"
    spoiled.write_text("{}")
    assert run(RECEIPT, str(spoiled), "--key", KEY) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere.json",),
        (RECEIPT, "--key", "nowhere.key"),
        (RECEIPT, "--key", "a+00000000+AA=="),
        (RECEIPT, "--key", KEY, "--checkpoint", "nowhere.txt"),
    ],
)
def test_what_cannot_be_read_proves_nothing(words: tuple[str, ...]) -> None:
    """A file that is not there, or a key that is none, ends with 2."""
    assert run(*words) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("extra", 1),
        ("format", "localex-receipt-v2"),
        ("leaf", None),
        ("index", True),
        ("index", -1),
        ("index", 1 << 70),
        ("proof", {}),
        ("opened", []),
        ("opened", [1]),
        ("checkpoint", "x"),
        ("proof", ["AA=="]),
        ("leaf", "\ud800"),
    ],
)
def test_odd_receipts_are_wrong_and_never_a_crash(
    tmp_path: Path, field: str, value: object
) -> None:
    """Unknown fields, other types and broken text are refused with a sentence."""
    document = json.loads(Path(RECEIPT).read_text()) | {field: value}
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(document))
    assert run(str(file), "--key", KEY) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"a":1,"a":2}', "1.5", "NaN"])
def test_what_is_no_receipt_is_wrong(tmp_path: Path, text: str) -> None:
    """Any other file is refused."""
    file = tmp_path / "receipt.json"
    file.write_text(text)
    assert run(str(file), "--key", KEY) == 1


def test_a_receipt_cannot_speak_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Escape sequences in a file are shown, not obeyed."""
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps({"format": "localex-receipt-v1", "\x1b[2Jcheckpoint": ""}))
    assert run(str(file)) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_the_verifier_runs_with_nothing_of_ours(tmp_path: Path) -> None:
    """Its folder alone, elsewhere, with only `cryptography` beside it, verifies the example."""
    home = Path(__file__).parents[1] / "src/localex_verifier"
    shutil.copytree(home, tmp_path / "localex_verifier")
    watch = (
        "import runpy, sys\n"
        "sys.argv = ['localex_verifier', *sys.argv[1:]]\n"
        "try:\n    runpy.run_module('localex_verifier', run_name='__main__')\n"
        "finally:\n    import localex_verifier\n"
        "    ours = {'contracts', 'chassis', 'ledger', 'pydantic'} & set(sys.modules)\n"
        "    assert not ours and localex_verifier.__file__.startswith(sys.path[0]), ours\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", watch, RECEIPT, "--key", KEY],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stderr) == (0, "")
