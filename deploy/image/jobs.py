"""What has to be done once before the services start: `migrate`, `topics` or `keys`.

Each can be repeated: what is done already stays as it is. `rotate-key` and, two minutes later,
`retire-key` change the key of internal tokens while everything serves.
"""

import asyncio
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.migrations import Migrator
from chassis.notes import SignerKey
from chassis.seals import render_keys
from chassis.tokens import new_signing_key
from contracts.topics import ALL_TOPICS
from gateway.proxy import rotate
from gateway.vault.keyring import Keys

SERVICES_FOLDER = Path(__file__).resolve().parents[2] / "services"
CONNECT_SECONDS = 10


async def migrate() -> None:
    """Bring each service's schema up to its newest migration."""
    url = os.environ["LOCALEX_MIGRATOR_DATABASE_URL"]
    conn = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        for folder in sorted(SERVICES_FOLDER.glob("*/sql")):
            service = folder.parent.name
            done = await Migrator(conn, service, folder).up()
            print(f"{service}: {len(done)} migrations applied")
    finally:
        await conn.close()


async def topics() -> None:
    """Make the topics that are missing, as the contracts list them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=os.environ["LOCALEX_KAFKA_SERVERS"])
    await admin.start()
    try:
        wanted = [
            NewTopic(
                topic.name,
                topic.partitions,
                1,
                topic_configs=topic.configs,
            )
            for topic in ALL_TOPICS
        ]
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)
    print(f"{len(ALL_TOPICS)} topics are there")


async def keys() -> None:
    """Make the keys of tokens and checkpoints, unless they are there; show the public halves."""
    private, public = signing_files()
    totp = Path(os.environ["GATEWAY_TOTP_KEY_FILES"])
    if not totp.exists():
        # Where it was made of the signing key it stays what it was: that one may change now.
        made = orjson.loads(private.read_bytes())["d"] if private.exists() else secrets.token_hex()
        write(totp, f"{made}\n".encode(), 0o600)
    if not private.exists():
        write(private, orjson.dumps(new_signing_key().as_dict(private=True)), 0o600)
    rotate.publish_key(private, public, write_text)
    print(f"{public.name} is published")
    checkpoint = Path(os.environ["LEDGER_CHECKPOINT_KEY_FILE"])
    if not checkpoint.exists():
        origin = f"ledger-{secrets.token_hex(4)}.localex.example"
        key = SignerKey.from_seed(origin, secrets.token_bytes(32))
        write(checkpoint, f"{key.render()}\n".encode(), 0o600)
    audit = Path(os.environ["LOCALEX_AUDIT_KEY_FILE"])
    if not audit.exists():
        name = f"audit-{secrets.token_hex(4)}.localex.example"
        key = SignerKey.from_seed(name, secrets.token_bytes(32))
        write(audit, f"{key.render()}\n".encode(), 0o600)
    auditor = SignerKey.parse(audit.read_text().strip())
    print(f"audit logs are signed by {auditor.verifier().render()}")
    messages = Path(os.environ["LOCALEX_MESSAGE_KEYS_FILE"])
    if not messages.exists():
        write(messages, render_keys(), 0o600)
    vault = Path(os.environ["GATEWAY_VAULT_KEYS_FILE"])
    if not vault.exists():
        write(vault, Keys.new(datetime.now(UTC)).render().encode(), 0o600)
    signer = SignerKey.parse(checkpoint.read_text().strip())
    print(f"checkpoints are signed by {signer.verifier().render()}")


async def rotate_key() -> None:
    """Publish a new key of internal tokens, then offer it to the gateway."""
    print(f"{rotate.rotate_key(*signing_files(), write_text)} is published")


async def retire_key() -> None:
    """Have services believe the gateway's present key only, two minutes after the change."""
    print(f"{rotate.retire_keys(*signing_files(), write_text)} old keys are believed no more")


def signing_files() -> tuple[Path, Path]:
    """The gateway's key, and those that services believe."""
    names = ("GATEWAY_SIGNING_KEY_FILE", "LOCALEX_INTERNAL_JWKS_FILE")
    private, public = (Path(os.environ[name]) for name in names)
    return private, public


def write_text(path: Path, text: str, mode: int) -> None:
    """Put a text in place whole."""
    write(path, text.encode(), mode)


def write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place whole, readable by whom it is for."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    new.replace(path)


JOBS = {
    "migrate": migrate,
    "topics": topics,
    "keys": keys,
    "rotate-key": rotate_key,
    "retire-key": retire_key,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in JOBS:  # noqa: PLR2004 - the program and the job
        sys.exit(f"usage: jobs.py {'|'.join(JOBS)}")
    asyncio.run(JOBS[sys.argv[1]]())
