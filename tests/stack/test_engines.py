"""Each engine that a fixture gives is the real one, and has what the settings promise."""

import httpx2
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from obstore.store import S3Store
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from contracts.topics import ALL_TOPICS
from tests.stack.backend import Backend


async def test_kafka_has_the_topics_of_the_contracts(kafka: Backend) -> None:
    """Topics are provisioned, because nobody makes them by using them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"])
    await admin.start()
    try:
        described = await admin.describe_topics([topic.name for topic in ALL_TOPICS])
    finally:
        await admin.close()
    partitions = {topic["topic"]: len(topic["partitions"]) for topic in described}
    assert partitions == {topic.name: topic.partitions for topic in ALL_TOPICS}


async def test_valkey_keeps_services_apart(valkey: Backend) -> None:
    """A service's user reaches keys of its own prefix only."""
    client = Redis.from_url(valkey.settings["GATEWAY_VALKEY_URL"])
    try:
        assert await client.set("gateway:probe", "1", ex=10)
        with pytest.raises(NoPermissionError):
            await client.get("ledger:probe")
    finally:
        await client.aclose()


async def test_s3_keeps_an_object(s3: Backend) -> None:
    """The bucket is there and the generated keys open it."""
    store = S3Store(
        s3.settings["LOCALEX_S3_BUCKET"],
        endpoint=s3.settings["LOCALEX_S3_ENDPOINT"],
        access_key_id=s3.settings["LOCALEX_S3_ACCESS_KEY"],
        secret_access_key=s3.settings["LOCALEX_S3_SECRET_KEY"],
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    await store.put_async("probe", b"bytes")
    answer = await store.get_async("probe")
    assert bytes(await answer.bytes_async()) == b"bytes"


@pytest.mark.slow
async def test_opensearch_has_the_vector_engine(opensearch: Backend) -> None:
    """The real engine answers, with the plugin that vectors need."""
    url = opensearch.settings["LOCALEX_OPENSEARCH_URL"]
    async with httpx2.AsyncClient(base_url=url, timeout=10) as client:
        about = (await client.get("/")).json()
        plugins = (await client.get("/_cat/plugins", params={"format": "json"})).json()
    assert about["version"]["number"] == "3.5.0"
    assert "opensearch-knn" in {plugin["component"] for plugin in plugins}
