"""O7: each act of somebody with power is in the audit log once, and each log verifies."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from chassis.audit.keeper import signer_of
from chassis.audit.verify import verify_audit
from chassis.notes import SignerKey
from embedded.torture.history import History, Operation
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.plan import SERVICES
from embedded.torture.world import PROBE, memo_of

#: What the operator of a run does, and the service that has to write it down.
PRIVILEGED: Final = {"issue": "ledger", "ruling": "marketplace"}
#: What people do with their own sessions needs no reason.
UNEXPLAINED: Final = ("gateway", None)
ENDED: Final = "session.ended"
SELECT_ACTS: Final = """
SELECT action, entity_id, actor_id::text AS actor, reason FROM {service}.audit_event
WHERE actor_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """An event of an audit log: what was done, to what, and by whom."""

    action: str
    entity_id: str
    actor: str


#: Events by service and reason: operations of people with power give their number as the reason.
type Acts = Mapping[tuple[str, str | None], list[Noted]]


async def read_acts(conn: asyncpg.Connection) -> Acts:
    """What people did, as the services' audit logs have it."""
    found: dict[tuple[str, str | None], list[Noted]] = defaultdict(list)
    for service in SERVICES:
        for row in await conn.fetch(SELECT_ACTS.format(service=service)):
            noted = Noted(row["action"], row["entity_id"], row["actor"])
            found[service, row["reason"]].append(noted)
    return found


def acts_agree(operations: Iterable[Operation], acts: Acts) -> list[Violation]:
    """O7: one event for each acknowledged act, at most one for an unknown one, no other."""
    return limited("O7", _disagreements(operations, acts))


def ends_agree(history: History, acts: Acts) -> list[Violation]:
    """O7: one event for the end of each session, none of one that nobody ended."""
    found = [noted.entity_id for noted in acts.get(UNEXPLAINED, []) if noted.action == ENDED]
    least, most = len(history.ended), len(history.ended) + len(history.unsettled)
    wrong = []
    if len(set(found)) < len(found):
        wrong.append("some have two events in the audit log")
    if not least <= len(set(found)) <= most:
        wrong.append(f"{len(set(found))} have ended in the audit log, {least} to {most} did")
    return limited("O7", [("sessions", detail) for detail in wrong])


def _disagreements(operations: Iterable[Operation], acts: Acts) -> Iterator[tuple[str, str]]:
    nobodys = dict(acts)
    nobodys.pop(("ledger", PROBE), None)
    others = [noted for noted in nobodys.pop(UNEXPLAINED, []) if noted.action != ENDED]
    if others:
        nobodys[UNEXPLAINED] = others
    for one in operations:
        service = PRIVILEGED.get(one.kind)
        if service is None:
            continue
        name = f"{one.kind} {one.number}"
        found = nobodys.pop((service, memo_of(one.number)), [])
        if len(found) > 1:
            yield name, f"is {len(found)} times in the audit log of {service}"
        if one.outcome == "refused" and found:
            yield name, f"was refused ({one.status}), and {found[0]} is in the audit log"
        if one.outcome == "acknowledged":
            done = (one.answer["id"], str(one.person))
            if done not in {(noted.entity_id, noted.actor) for noted in found}:
                yield name, f"to {done[0]} by {done[1]} is not in the audit log: {found}"
    for (service, reason), found in nobodys.items():
        yield f"{found[0].action} because of {reason}", f"nobody did what {service} noted: {found}"


async def logs_verify(superuser_url: str, key_file: Path) -> list[Violation]:
    """O7: every hash and every signature of all four audit logs, and nothing without its place."""
    key = SignerKey.parse(key_file.read_text(encoding="utf-8").strip())
    found: list[tuple[str, str]] = []
    for service in SERVICES:
        # The names of what each log has are the same: it is the first on the path.
        conn = await asyncpg.connect(superuser_url, server_settings={"search_path": service})
        try:
            report = await verify_audit(conn, service, signer=signer_of(key, service))
        finally:
            await conn.close()
        found += [(f"audit log of {service}", finding) for finding in report.findings]
    return limited("O7", found)
