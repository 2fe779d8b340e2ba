"""Root's servers run as somebody else, who reaches what is theirs and nothing more."""

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Final

import pytest

from embedded.account import Account, make_folder, open_way, server_account, write_file
from embedded.identity import ProcessRecord
from embedded.parts.base import Launch
from embedded.places import Places, cache_dir, default_data_dir
from embedded.site import lay_out
from embedded.supervise.process import Child

ROOT_UID: Final = 0
ORDINARY_UID: Final = 1000


def myself() -> Account:
    """Who runs the tests."""
    entry = pwd.getpwuid(os.geteuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


@pytest.fixture
def server() -> Account:
    """Who servers run as here: somebody else under root, else whoever runs the tests."""
    return server_account() or myself()


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks as if we were root; what needs root's power is not done."""
    monkeypatch.setattr(os, "geteuid", lambda: ROOT_UID)


def run_as(account: Account, *command: str) -> subprocess.CompletedProcess[str]:
    """A command as another user, or as us when that is who they are."""
    other = account.uid != os.geteuid()
    return subprocess.run(
        command,
        user=account.uid if other else None,
        group=account.gid if other else None,
        extra_groups=[] if other else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_ordinary_user_drops_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Servers run as them, in folders of theirs, whatever the setting says."""
    monkeypatch.setattr(os, "geteuid", lambda: ORDINARY_UID)
    monkeypatch.setenv("LOCALEX_SERVER_USER", "nobody-like-this")
    for variable in ("LOCALEX_DATA", "LOCALEX_CACHE", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert server_account() is None
    assert default_data_dir() == tmp_path / ".local/state/localex"
    assert cache_dir() == tmp_path / ".cache/localex"


@pytest.mark.usefixtures("as_root")
def test_root_drops_to_an_unprivileged_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual one or the one that is named; folders lie outside root's home."""
    for variable in ("LOCALEX_SERVER_USER", "LOCALEX_DATA", "LOCALEX_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    usual = server_account()
    assert usual is not None
    assert (usual.name, usual.uid) == ("nobody", pwd.getpwnam("nobody").pw_uid)
    assert usual.uid != ROOT_UID
    assert default_data_dir() == Path("/var/lib/localex")
    assert cache_dir() == Path("/var/cache/localex")
    entry = pwd.getpwnam("daemon")
    monkeypatch.setenv("LOCALEX_SERVER_USER", "daemon")
    assert server_account() == Account("daemon", entry.pw_uid, entry.pw_gid)


@pytest.mark.usefixtures("as_root")
def test_a_user_who_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting that names another."""
    monkeypatch.setenv("LOCALEX_SERVER_USER", "nobody-like-this")
    with pytest.raises(LookupError, match=r"'nobody-like-this' .* LOCALEX_SERVER_USER"):
        server_account()


def test_what_is_made_for_the_server_is_the_servers(reachable: Path, server: Account) -> None:
    """They may write in their folder and read their file; nobody else may, but root."""
    folder = make_folder(reachable / "theirs", server)
    file = folder / "secret.conf"
    write_file(file, "sesame", owner=server)
    for path, mode in ((folder, 0o700), (file, 0o600)):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (server.uid, server.gid)
        assert stat.S_IMODE(found.st_mode) == mode
    script = 'cat "$0" && touch "$(dirname "$0")/mine"'
    done = run_as(server, "sh", "-c", script, str(file))
    assert (done.returncode, done.stdout) == (0, "sesame"), done.stderr
    assert (folder / "mine").stat().st_uid == server.uid
    assert sorted(path.name for path in folder.iterdir()) == ["mine", "secret.conf"]


def test_the_way_to_a_folder_must_be_open(reachable: Path) -> None:
    """A closed folder above is named, with what to do; it is not opened."""
    closed = reachable / "closed"
    closed.mkdir(mode=0o700)
    (closed / "between").mkdir(mode=0o755)
    with pytest.raises(PermissionError, match=f"{closed} is closed .* --data or LOCALEX_CACHE"):
        open_way(closed / "between" / "data")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    closed.chmod(0o711)
    open_way(closed / "between" / "data")


def test_a_laid_out_folder_can_be_passed_and_not_read(reachable: Path, server: Account) -> None:
    """Root's servers reach their own folders below it; keys and secrets stay closed to them."""
    places = Places.of(reachable / "stack")
    lay_out(places)
    write_file(places.secrets_file, "{}")
    key = places.data / "keys" / "any.key"
    write_file(key, "sesame")
    mine = make_folder(places.data / "postgres", server)
    assert run_as(server, "touch", str(mine / "file")).returncode == 0
    is_other = server != myself()
    assert stat.S_IMODE(places.data.stat().st_mode) == (0o711 if is_other else 0o700)
    for path in (places.secrets_file, key, places.logs / "any.log"):
        assert (run_as(server, "cat", str(path)).returncode != 0) == (is_other or not path.exists())
    assert (run_as(server, "touch", str(places.data / "file")).returncode != 0) == is_other


async def test_a_part_runs_as_its_user_with_none_of_our_groups(
    reachable: Path, server: Account
) -> None:
    """Dropped for good, really and effectively; what it makes is closed to others."""
    places = Places.of(reachable / "dropped")
    lay_out(places)
    folder = make_folder(places.data / "part", server)
    # Not Python: ours may lie where only we can go.
    script = "id -u; id -ur; id -g; id -G; : > made"
    other = server.uid != os.geteuid()
    command, environment = ["/bin/sh", "-c", script], {"PATH": os.defpath}
    launch = Launch(command, environment, server if other else None, folder)
    child = await Child.start("part", launch, places, "none-like-it")
    assert await child.ended() == 0, places.log_of("part").read_text()
    said = places.log_of("part").read_text().splitlines()
    groups = {server.gid} | (set() if other else set(os.getgroups()))
    assert said[:3] == [str(server.uid), str(server.uid), str(server.gid)]
    assert set(map(int, said[3].split())) == groups
    made = (folder / "made").stat()
    assert (made.st_uid, stat.S_IMODE(made.st_mode)) == (server.uid, 0o600)
    assert ProcessRecord.read(places.record_of("part")) is None
