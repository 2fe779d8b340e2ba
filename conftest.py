"""Fixtures of every test folder, and how processes share the tests: see `tests/stack`."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stack.plugin", "tests.stack.sharing"]

# How long an example takes says what else is at work: no test is about that.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
