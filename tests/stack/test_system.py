"""The `system` fixture is everything, through the gateway."""

import urllib.error
import urllib.request

import pytest

from tests.stack.plugin import System


@pytest.mark.slow
def test_the_gateway_answers_for_the_whole_system(system: System) -> None:
    """The door is open, and it asks who is there."""
    with urllib.request.urlopen(f"{system.gateway}/health/ready", timeout=10) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{system.gateway}/v1/me", timeout=10)
    assert refused.value.code == 401
    refused.value.close()
    assert system.operator[1]
