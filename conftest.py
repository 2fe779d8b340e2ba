"""Fixtures of every test folder: see `tests/stack/plugin.py`."""

pytest_plugins = ["tests.stack.plugin"]
