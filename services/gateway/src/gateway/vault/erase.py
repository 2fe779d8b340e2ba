"""Erase a vault by destroying its key."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import context
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.gateway import VaultErased
from gateway.vault import queries
from gateway.vault.keyring import Keyring, key_context
from gateway.vault.models import DataKey


async def erase_vault(
    conn: Connection, keyring: Keyring, user_id: UUID, *, now: datetime
) -> datetime:
    """Destroy a person's key and delete what it encrypted: nobody can read it again.

    Whoever kept nothing has nothing to destroy, and still can keep nothing afterwards.

    Args:
        conn: Open transaction; the caller commits.
        keyring: Needed where there never was a key.
        user_id: Whose vault.
        now: The clock's time.

    Returns:
        When it was erased. A repeat changes nothing.

    Emits:
        VaultErased on `gateway.vault.v1`, keyed by user; not on a repeat.
    """
    key = await queries.select_key(conn, user_id, lock=True)
    if key is None:
        key_id = new_id()
        name, wrapped = keyring.wrap(bytes(32), key_context(user_id, key_id))
        await queries.insert_key(conn, DataKey(user_id, key_id, name, wrapped, None), now)
        key = await queries.select_key(conn, user_id, lock=True)
    if key is not None and key.destroyed_at is not None:
        return key.destroyed_at
    fields = [one.field for one in await queries.select_fields(conn, user_id)]
    await queries.destroy_key(conn, user_id, now)
    act = Act("vault.erased", "vault", str(user_id), before={"fields": fields})
    by_name = None if context.origin.get().user_id else "gateway"
    await record_acts(conn, replace(act, by_name=by_name, after={"fields": [], "erased_at": now}))
    await emit(conn, VaultErased(user_id=user_id, erased_at=now))
    return now
