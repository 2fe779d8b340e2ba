"""The command `localex`. A command group is a module with `register(app)`; this file lists them."""

import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from cyclopts import App

from embedded.supervise.client import NotRunning, Refused

COMMANDS: Final = (
    "embedded.commands.up",
    "embedded.commands.down",
    "embedded.commands.status",
    "embedded.commands.logs",
    "embedded.commands.doctor",
    "embedded.commands.reset",
    "embedded.commands.token",
    "embedded.commands.messages",
    "embedded.commands.migrate",
    "embedded.commands.parts",
    "embedded.commands.demo",
    "embedded.commands.importing",
    "embedded.commands.verify",
    "embedded.commands.ledger",
    "embedded.commands.reconcile",
    "embedded.commands.bench",
    "embedded.commands.dead",
    "embedded.commands.audit",
    "embedded.commands.vault",
    "embedded.commands.keys",
    "embedded.commands.outbox",
    "embedded.commands.sagas",
    "embedded.commands.tasks",
    "embedded.commands.search",
    "embedded.commands.torture",
    "embedded.commands.simulate",
)


def make_app() -> App:
    """The application with every command group that is there."""
    app = App(
        name="localex",
        help="LocalEx on this machine: start it, look at it, use it.",
        version_flags=[],
    )
    for name in COMMANDS:
        if find_spec(name) is not None:
            import_module(name).register(app)
    return app


def main() -> None:
    """Run a command; what a person can mend is one line, not a traceback."""
    from embedded.fetch.download import FetchFailed

    # What a shell begins in the background ignores Ctrl-C; who sends it all the same means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        make_app()()
    except (NotRunning, Refused, FetchFailed, LookupError, PermissionError) as error:
        text = error.args[0] if error.args else error
        print(f"localex: {text}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
