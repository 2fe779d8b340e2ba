"""`localex audit`: who did what, examined and copied out; and what was changed in schemas."""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter, validators

from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from chassis.audit.shelf import Shelf, Storage
    from chassis.audit.verify import AuditReport
    from chassis.copies import Copies
    from chassis.notes import SignerKey

EXPORT_PAGE: Final = 2_000
SCHEMA_CHANGES: Final = """
SELECT changed_at, changed_by, changed_as, command, object_type, object_identity, statement_sha256
FROM audit.schema_change ORDER BY id DESC LIMIT $1
"""


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="audit", help="Who did what, and whether anybody changed what is kept of it.")
    group.command(verify)
    group.command(archive)
    group.command(export)
    group.command(public_key)
    group.command(schema_changes)
    app.command(group)


def verify(
    *,
    service: str | None = None,
    key: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data: DataOption = None,
) -> None:
    """Recompute every hash and examine signatures and copies. Exit code 1 when something is wrong.

    Args:
        service: One service; all otherwise.
        key: The key that signs audit logs; LOCALEX_AUDIT_KEY_FILE or the data folder's otherwise.
        json_: Print the reports as JSON.
        data: Data folder.
    """
    reports = asyncio.run(_verify(Places.of(data), service, key))
    if json_:
        print(json.dumps([asdict(one) for one in reports], indent=1))
    else:
        for report in reports:
            _tell(report)
    sys.exit(1 if any(report.findings for report in reports) else 0)


async def _verify(places: Places, service: str | None, key: Path | None) -> "list[AuditReport]":
    from chassis.audit.keeper import read_retired, signer_of
    from chassis.audit.verify import verify_audit
    from embedded.books.reaching import bar
    from embedded.operating import chosen, enter, operating

    reports = []
    signer = _signer(places, key)
    with bar() as progress:
        task = progress.add_task("audit", total=None)
        async with operating(places) as conn:
            for name in chosen(service):
                await enter(conn, name)
                progress.update(task, description=name, completed=0, total=None)
                own = signer_of(signer, name) if signer else None
                reports.append(
                    await verify_audit(
                        conn,
                        name,
                        signer=own,
                        retired=read_retired(_retired(places), name),
                        copies=_copies(places, own.name) if own else None,
                        shelf=_shelf(places, name),
                        on_step=lambda done, total: progress.update(
                            task, completed=done, total=total
                        ),
                    )
                )
    return reports


def _tell(report: "AuditReport") -> None:
    wrong = f"{len(report.findings)} WRONG" if report.findings else "all well"
    print(
        f"{report.service:<12} {report.events:>10,} events, {report.signed:,} signed, "
        f"{report.copied:,} copied, {report.archived:,} archived, {report.pending:,} waiting  "
        f"{wrong}"
    )
    for finding in report.findings:
        print(f"  {finding}")
    for note in report.notes:
        print(f"  {note}")
    if report.oldest_pending_seconds > 60:  # noqa: PLR2004 - a worker seals each second
        print(f"  events wait for {report.oldest_pending_seconds:.0f} s: does the work role run?")


def archive(
    *,
    keep_months: Annotated[int, Parameter(validator=validators.Number(gte=3, lte=600))] = 24,
    service: str | None = None,
    data: DataOption = None,
) -> None:
    """Copy old months to object storage, read them back, and let them leave the database.

    The chain stays, and `verify` goes over archived months, too.

    Args:
        keep_months: Whole months that stay, besides this one.
        service: One service; all otherwise.
        data: Data folder.
    """
    done = asyncio.run(_archive(Places.of(data), service, keep_months))
    print(f"{done:,} months archived")


async def _archive(places: Places, service: str | None, keep_months: int) -> int:
    from chassis.audit.archive import NotArchived, archive_month, browse_months
    from chassis.copies import CopiesAway
    from embedded.operating import chosen, enter, myself, operating

    today, done = datetime.now(UTC), 0
    months = today.year * 12 + today.month - 1 - keep_months
    before = date(months // 12, months % 12 + 1, 1)
    async with operating(places) as conn:
        for name in chosen(service):
            await enter(conn, name)
            shelf = _shelf(places, name)
            if shelf is None:
                raise LookupError("months are archived in object storage: LOCALEX_S3_ENDPOINT")
            for month in await browse_months(conn, before):
                try:
                    found = await archive_month(conn, month, shelf, whom=myself(None))
                except (NotArchived, CopiesAway) as error:
                    raise LookupError(f"{name}: {error}") from error
                if found is not None:
                    done += 1
                    print(f"{name:<12} {month:%Y-%m} {found.events:>10,} events in {found.path}")
    return done


def export(
    target: Path,
    /,
    *,
    service: str,
    since: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    data: DataOption = None,
) -> None:
    """Write the chain of one service as JSON Lines: each event with its place and its hash.

    Archived months are not in it: they lie in object storage in the same form.

    Args:
        target: File to write; it must not be there.
        service: The service.
        since: Only what is behind this place.
        data: Data folder.
    """
    written = asyncio.run(_export(Places.of(data), service, target, since))
    print(f"{written:,} events of {service} written to {target}")


async def _export(places: Places, service: str, target: Path, since: int) -> int:
    from chassis.audit import queries
    from chassis.audit.chain import COLUMNS
    from embedded.operating import enter, operating

    written, place = 0, since
    async with operating(places) as conn:
        await enter(conn, service)
        head, _ = await queries.select_head(conn)
        with target.open("x", encoding="utf-8") as file:
            while rows := await queries.select_sealed(conn, place, head, EXPORT_PAGE):
                for row in rows:
                    if row["id"] is None:
                        # Archived: its month lies in object storage in the same form.
                        continue
                    line = {"seq": int(row["seq"]), "hash": bytes(row["hash"]).hex()}
                    line |= {name: row[name] for name in COLUMNS}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    written += 1
                place = int(rows[-1]["seq"])
    return written


def schema_changes(
    *,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=10_000))] = 50,
    data: DataOption = None,
) -> None:
    """Show who changed what in schemas, newest first.

    Args:
        limit: At most so many.
        data: Data folder.
    """
    from embedded.operating import operating

    async def read() -> None:
        async with operating(Places.of(data)) as conn:
            for row in await conn.fetch(SCHEMA_CHANGES, limit):
                who = f"{row['changed_by']} as {row['changed_as']}"
                what = f"{row['command']} {row['object_type']} {row['object_identity']}"
                print(f"{row['changed_at']:%Y-%m-%d %H:%M:%S} {who:<36} {what}")
                print(f"{'':<20}statement {row['statement_sha256']}")

    asyncio.run(read())


def public_key(*, key: Path | None = None, data: DataOption = None) -> None:
    """Print the public half of the key that signs, to keep before it is retired.

    Args:
        key: The key; LOCALEX_AUDIT_KEY_FILE or the data folder's otherwise.
        data: Data folder.
    """
    signer = _signer(Places.of(data), key)
    if signer is None:
        raise LookupError("no LOCALEX_AUDIT_KEY_FILE: start the stack with `localex up`, or set it")
    print(signer.verifier().render())


def _retired(places: Places) -> Path | None:
    """The file of keys that signed before; nothing where none did."""
    from embedded.operating import setting

    try:
        return Path(setting(places, "LOCALEX_AUDIT_RETIRED_KEYS_FILE"))
    except LookupError:
        return None


def _signer(places: Places, given: Path | None) -> "SignerKey | None":
    """The key of the audit logs; nothing where none is known."""
    from chassis.notes import SignerKey
    from embedded.operating import setting

    try:
        path = given or Path(setting(places, "LOCALEX_AUDIT_KEY_FILE"))
    except LookupError:
        return None
    return SignerKey.parse(path.read_text(encoding="utf-8").strip())


def _storage(places: Places) -> "Storage | None":
    """Object storage, as the settings say; nothing where they say nothing."""
    from chassis.audit.shelf import Storage
    from embedded.operating import setting

    try:
        names = ("ENDPOINT", "BUCKET", "ACCESS_KEY", "SECRET_KEY")
        endpoint, bucket, access, secret = (setting(places, f"LOCALEX_S3_{n}") for n in names)
    except LookupError:
        return None
    authorities = os.environ.get("LOCALEX_CA_FILE")
    return Storage(
        endpoint, bucket, access, secret, ca_file=Path(authorities) if authorities else None
    )


def _copies(places: Places, origin: str) -> "Copies | None":
    """Where checkpoints are copied to."""
    from chassis.copies import Copies

    known = _storage(places)
    if known is None:
        return None
    return Copies.at(
        known.endpoint,
        known.bucket,
        known.access_key,
        known.secret_key,
        origin,
        ca_file=known.ca_file,
    )


def _shelf(places: Places, service: str) -> "Shelf | None":
    """Where archived months lie."""
    from chassis.audit.shelf import Shelf

    known = _storage(places)
    return Shelf.at(known, service) if known else None
