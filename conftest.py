"""Fixtures of every test folder, and how processes share the tests: see `tests/stack`."""

pytest_plugins = ["tests.stack.plugin", "tests.stack.sharing"]
