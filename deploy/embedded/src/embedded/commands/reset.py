"""`localex reset`: back to nothing."""

import shutil
import sys
from typing import Annotated

from cyclopts import App, Parameter

from embedded.commands.down import take_down
from embedded.commands.options import DataOption
from embedded.places import Places
from embedded.state import stack_id_of


def register(app: App) -> None:
    """Add the command."""
    app.command(reset)


def reset(
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    data: DataOption = None,
) -> None:
    """Stop everything and delete the data folder: users, money, messages, secrets, logs.

    Args:
        yes: Do not ask.
        data: Data folder.
    """
    places = Places.of(data)
    if stack_id_of(places) is None:
        print(f"Nothing to reset: {places.data} is not the data folder of a stack.")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise PermissionError("reset deletes everything; say --yes when nobody can be asked")
        if not _is_sure(places):
            print("Nothing was deleted.")
            return
    take_down(places)
    if places.sockets != places.run:
        shutil.rmtree(places.sockets, ignore_errors=True)
    shutil.rmtree(places.data)
    print(f"{places.data} is gone. What was downloaded stays in the cache.")


def _is_sure(places: Places) -> bool:
    try:
        answer = input(f"Delete {places.data} and everything in it? Type its last name: ")
    except EOFError:
        return False
    return answer.strip() == places.data.name
