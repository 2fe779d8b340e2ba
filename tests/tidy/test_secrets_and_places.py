"""Nothing tracked names a registry, this machine or a secret."""

import re

import pytest

from tests.tidy import tree

#: Tests make up users with passwords, to show that they are redacted.
IN_ADDRESS = "a password in an address"
PLACES = {
    "a registry's host": re.compile(
        r"pypi[.]org|pythonhosted[.]org|repo1?[.]maven|registry[.]npm|(static|index)[.]crates"
        r"|proxy[.]golang|deb[.]debian|maven[.]org|mvnrepository[.]com"
    ),
    "a path of one machine": re.compile(r"(^|[^\w.${}-])/(work|farm|root|home/\w+)/"),
}
SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "an access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token": re.compile(r"\b(ghp|gho|ghs|glpat|xox[baprs]|sk_live|rk_live)[-_][0-9A-Za-z-]{16,}"),
    "a private JWK": re.compile(r"[\"']d[\"']\s*:\s*[\"'][\w-]{40,}[\"']"),
    IN_ADDRESS: re.compile(
        r"\b[a-z]+://[\w.-]+:(?!pw@|pass@|password@|secret@)[^\s:@/{}$<>\"'*]{3,}@"
    ),
}
GENERATED = re.compile(r"^requirements.*\.txt$")
#: Images keep the superuser's home elsewhere than any machine of ours.
EXCUSED = frozenset({"tests/tidy/test_secrets_and_places.py"})


def findings(files: tree.Sources, rules: dict[str, re.Pattern[str]]) -> list[str]:
    """Lines that match a rule."""
    return [
        f"{path}:{number}: {what}"
        for path, text in files.items()
        if path not in EXCUSED and not GENERATED.match(path)
        for number, line in enumerate(text.splitlines(), 1)
        for what, rule in rules.items()
        if rule.search(line) and not (what == IN_ADDRESS and tree.is_test(path))
    ]


def test_no_place_is_named() -> None:
    """Tools know their registries, and a path of one machine is wrong on the next."""
    assert findings(tree.sources(""), PLACES) == []


def test_no_secret_is_kept() -> None:
    """Secrets are made at first start; a tracked one is everybody's."""
    assert findings(tree.sources(""), SECRETS) == []


def test_no_environment_file_is_tracked() -> None:
    """Generated settings hold passwords and stay out of the repository."""
    names = [path.rsplit("/", 1)[-1] for path in tree.tracked()]
    assert [n for n in names if n == ".env" or n.endswith((".pem", ".key", "settings.env"))] == []
    assert "uv.lock" not in names


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (PLACES, "index-url = https://pypi" + ".org/simple"),
        (PLACES, "see https://repo" + ".maven.apache.org/x"),
        (PLACES, 'open("/work' + '/main/x")'),
        (PLACES, "cd /ro" + "ot/x"),
        (SECRETS, "-----BEGIN EC PRIV" + "ATE KEY-----"),
        (SECRETS, "AKIA" + "ABCDEFGHIJKLMNOP"),
        (SECRETS, "ghp_" + "a1" * 18),
        (SECRETS, '{"d": "' + "a" * 43 + '"}'),
        (SECRETS, "redis://user:hunter2" + "@localhost"),
    ],
)
def test_the_place_and_secret_checks_can_fail(rules: dict[str, re.Pattern[str]], line: str) -> None:
    """Each kind of place and secret is found in a line that has it."""
    assert findings({"a.txt": line}, rules)


def test_the_place_and_secret_checks_spare_examples() -> None:
    """Variables, examples and relative paths are no findings."""
    spared = ["postgresql://S:pw@host:port/db", "redis://${USER}:${PW}@valkey", "./work/main/x"]
    assert findings({"a.txt": "\n".join(spared)}, PLACES | SECRETS) == []
