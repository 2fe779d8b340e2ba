"""Read fields: one's own, or another person's with a reason."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from gateway.vault import queries
from gateway.vault.errors import FieldBarred, VaultErased
from gateway.vault.keyring import Keyring, field_context, key_context, unseal
from gateway.vault.lifecycle import barred_fields
from gateway.vault.models import Reader, ValueView


async def read_fields(
    conn: Connection, keyring: Keyring, user_id: UUID, fields: Sequence[str], reader: Reader
) -> list[ValueView]:
    """Decrypt fields. A look at another person's is in the access log when this returns.

    Args:
        conn: Open transaction; the caller commits, and only then shows what was read.
        keyring: Unwraps the person's key.
        user_id: Whose fields.
        fields: Names of rules; those that are not kept are left out.
        reader: Who reads, as whom, and why.

    Raises:
        FieldBarred: The reader's roles may not read it.
        VaultErased: The person's key was destroyed.
    """
    rules = await queries.select_rules(conn)
    wanted = sorted(set(fields))
    if user_id != reader.user_id and (barred := barred_fields(rules, wanted, reader.roles)):
        raise FieldBarred(f"{', '.join(barred)} may be read by other roles only", fields=barred)
    sealed = await queries.open_vault(conn, user_id, wanted, reader)
    key = await queries.select_key(conn, user_id)
    if key is None:
        return []
    if key.wrapped is None or key.wrapping_key is None:
        raise VaultErased("its key was destroyed; what was kept can't be read any more")
    data_key = keyring.unwrap(key.wrapping_key, key.wrapped, key_context(user_id, key.id))
    return [
        ValueView(
            field=one.field,
            version=one.version,
            written_at=one.written_at,
            value=unseal(
                data_key, one.ciphertext, field_context(user_id, one.field, one.data_key_id)
            ).decode(),
        )
        for one in sealed
    ]
