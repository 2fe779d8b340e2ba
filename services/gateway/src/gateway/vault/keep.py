"""Keep a field."""

import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from gateway.vault import queries
from gateway.vault.errors import VaultErased
from gateway.vault.keyring import KEY_BYTES, Keyring, field_context, key_context, seal
from gateway.vault.lifecycle import check_field, check_value
from gateway.vault.models import DataKey, FieldView


async def keep_field(
    conn: Connection, keyring: Keyring, user_id: UUID, field: str, value: str, *, now: datetime
) -> FieldView:
    """Encrypt a value under the person's key, in place of the one before.

    The key is made with the first value.

    Args:
        conn: Open transaction; the caller commits.
        keyring: Wraps the person's key.
        user_id: Whose field.
        field: Its name.
        value: As typed.
        now: The clock's time.

    Raises:
        NoSuchField: Nothing of this name may be kept.
        Malformed: The value has not the field's form.
        VaultErased: The person's key was destroyed.

    Source:
        docs/decisions/0058-a-key-for-each-person.md
    """
    check_field(field)
    plain = check_value(field, value).encode()
    key = await queries.select_key(conn, user_id, lock=True)
    if key is None:
        await queries.insert_key(conn, _new_key(keyring, user_id), now)
        key = await queries.select_key(conn, user_id, lock=True)
    if key is None or key.wrapped is None or key.wrapping_key is None:
        raise VaultErased("its key was destroyed; nothing can be kept here any more")
    data_key = keyring.unwrap(key.wrapping_key, key.wrapped, key_context(user_id, key.id))
    sealed = seal(data_key, plain, field_context(user_id, field, key.id))
    version = await queries.upsert_field(conn, key, field, sealed, now)
    before = {"version": version - 1} if version > 1 else None
    act = Act("vault.kept", "vault_field", f"{user_id}/{field}", before=before)
    await record_acts(conn, replace(act, after={"version": version}))
    [kept] = await queries.select_fields(conn, user_id, field)
    return kept


def _new_key(keyring: Keyring, user_id: UUID) -> DataKey:
    key_id = new_id()
    data_key = secrets.token_bytes(KEY_BYTES)
    name, wrapped = keyring.wrap(data_key, key_context(user_id, key_id))
    return DataKey(user_id, key_id, name, wrapped, None)
