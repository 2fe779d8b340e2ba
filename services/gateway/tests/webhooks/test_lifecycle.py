"""Signatures, pauses and addresses. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.webhooks.lifecycle import (
    FAILURES_MAX,
    PAUSES,
    is_public,
    is_signed,
    next_try,
    paused_until,
    sign,
    signed_headers,
    url_fault,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET, OTHER = "whsec_" + "MfKQ" * 10 + "MfI=", "whsec_" + "AfKQ" * 10 + "MfI="


def test_the_signature_is_the_standards() -> None:
    """The example of the Standard Webhooks specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == wanted


def test_while_secrets_overlap_either_holds() -> None:
    """Signed with two, a receiver that knows one of them believes it."""
    headers = signed_headers([SECRET, OTHER], "m", NOW, b"{}")
    for secret in (SECRET, OTHER):
        assert is_signed(
            [secret], "m", headers["webhook-timestamp"], headers["webhook-signature"], b"{}", NOW
        )


@pytest.mark.parametrize(
    ("message_id", "shift", "body", "secrets"),
    [
        ("other", 0, b"{}", [SECRET]),
        ("m", 301, b"{}", [SECRET]),
        ("m", -301, b"{}", [SECRET]),
        ("m", 0, b"{ }", [SECRET]),
        ("m", 0, b"{}", [OTHER]),
        ("m", 0, b"{}", []),
    ],
)
def test_what_was_changed_or_is_old_is_not_believed(
    message_id: str, shift: int, body: bytes, secrets: list[str]
) -> None:
    """Id, time, body and secret each count."""
    headers = signed_headers([SECRET], "m", NOW, b"{}")
    now = NOW + timedelta(seconds=shift)
    stamp, signature = headers["webhook-timestamp"], headers["webhook-signature"]
    assert not is_signed(secrets, message_id, stamp, signature, body, now)


def test_tries_end() -> None:
    """Nine pauses of growing length, then it has failed."""
    tries = [next_try(attempts, NOW, 0.0) for attempts in range(1, len(PAUSES) + 2)]
    assert tries[-1] is None
    assert tries[:-1] == sorted(t for t in tries if t)


def test_an_endpoint_that_fails_again_and_again_rests() -> None:
    """From the fifth failure in a row: a minute, doubling, an hour at most."""
    assert paused_until(FAILURES_MAX - 1, NOW) is None
    assert paused_until(FAILURES_MAX, NOW) == NOW + timedelta(minutes=1)
    assert paused_until(FAILURES_MAX + 1, NOW) == NOW + timedelta(minutes=2)
    assert paused_until(100, NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/x",
        "ftp://shop.example/x",
        "https:///x",
        "https://me:pw@shop.example/",
        "https://shop.example/#x",
        "https://shop.example:22/",
        "https://shop.example\\@10.0.0.1/",
        "https://shop.example:99999/",
        "https://sh op.example/",
    ],
)
def test_ssrf_urls_that_mean_something_else_are_refused(url: str) -> None:
    """Before anything is resolved."""
    assert url_fault(url, dev=False)


def test_plain_http_is_for_development() -> None:
    """A program on the same desk has no certificate."""
    assert url_fault("http://127.0.0.1:8000/x", dev=True) is None
    assert url_fault("https://shop.example:8443/x?a=1", dev=False) is None


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.1.2.3", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("64:ff9b:1::a00:1", False),
        ("5f00::1", False),
        ("64:ff9b::808:808", True),
        ("nonsense", False),
    ],
)
def test_ssrf_addresses_of_ours_are_not_public(address: str, *, public: bool) -> None:
    """In each of the forms that lead there."""
    assert is_public(address) is public
