"""Runs a short program of a server's to its end."""

import subprocess

from embedded.parts.base import Launch


def run_to_end(launch: Launch) -> None:
    """Run a program as the user it is meant for.

    Raises:
        RuntimeError: It failed; the message is what it said.
    """
    account = launch.account
    made = subprocess.run(
        launch.command,
        cwd=launch.folder,
        env=launch.environment,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        said = made.stderr.strip() or made.stdout.strip()
        raise RuntimeError(f"{launch.command[0]} failed: {said}")
