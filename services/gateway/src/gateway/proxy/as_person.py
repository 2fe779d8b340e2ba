"""Ask the services for a person's own lists, as that person."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from chassis.problems import Transient
from chassis.resources import Resources
from chassis.tokens import Caller, mint
from gateway.proxy.signing import Signer
from gateway.proxy.upstreams import Upstreams

_TIMEOUT: Final = ClientTimeout(total=20.0)
_OK: Final = 200
_PART_BYTES: Final = 64 * 1024
#: There is none, or it is not theirs to see yet, such as a rating of a trade that is not over.
_NOTHING: Final = frozenset({403, 404, 409})


@dataclass(frozen=True, slots=True)
class Source:
    """A list that a service shows a person of their own.

    Attributes:
        kind: The file's name in the export, without its ending.
        service: Whose route it is.
        path: The route, with `{user}` for the person or `{id}` of the thing it belongs to.
        name: The list's field in an answer; empty where the answer is the one thing itself.
        query: Besides the cursor.
        cursor: The parameter that asks for the next page, and the field that tells it.
        limit: Of a page; nothing where the route has no pages.
        of: Lists of each thing in this one.
        link: Field that says, in each line of such a list, what it belongs to.
    """

    kind: str
    service: str
    path: str
    name: str
    query: Mapping[str, str] = field(default_factory=dict)
    cursor: tuple[str, str] = ("cursor", "next_cursor")
    limit: int | None = None
    of: tuple["Source", ...] = ()
    link: str = ""


def page_of(source: Source, answer: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The lines of an answer, and where the next page begins.

    Raises:
        KeyError: The answer is not what its route says.
    """
    if not source.name:
        return [dict(answer)], None
    following = answer.get(source.cursor[1])
    return list(answer[source.name]), None if following is None else str(following)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks services in a person's name."""

    client: ClientSession
    upstreams: Upstreams
    signer: Signer
    caller: Caller

    @classmethod
    def of(cls, resources: Resources, user_id: UUID, community: str) -> Self:
        """Ask as a member, whatever else they are: what an operator may see is not theirs."""
        extra = resources.extra
        caller = Caller(user_id, frozenset({"MEMBER"}), community)
        return cls(extra["client"], extra["upstreams"], extra["signer"], caller)

    async def pages(
        self, source: Source, thing: str | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """A list, page by page; nothing where the service shows none.

        Args:
            source: Which.
            thing: Whose list, where it belongs to a thing.

        Raises:
            Transient: The service is away, or does not answer as its route says.
        """
        path = source.path.replace("{user}", str(self.caller.user_id))
        path = path.replace("{id}", thing or "")
        query = dict(source.query)
        if source.limit is not None:
            query["limit"] = str(source.limit)
        while True:
            answer = await self._get(source.service, path, query)
            if answer is None:
                return
            try:
                page, following = page_of(source, answer)
            except (KeyError, TypeError) as error:
                raise Transient(f"the {source.service} answered {path} as it should not") from error
            if page:
                yield page
            if following is None or following == query.get(source.cursor[0]):
                return
            query[source.cursor[0]] = following

    async def parts(self, service: str, path: str) -> AsyncGenerator[bytes]:
        """A file, a part at a time; nothing where the service shows none.

        Raises:
            Transient: The service is away.
        """
        async with self._answer(service, path, {}) as answer:
            if answer is not None:
                async for part in answer.content.iter_chunked(_PART_BYTES):
                    yield part

    async def _get(self, service: str, path: str, query: dict[str, str]) -> Any:
        async with self._answer(service, path, query) as answer:
            return None if answer is None else orjson.loads(await answer.read())

    @asynccontextmanager
    async def _answer(
        self, service: str, path: str, query: dict[str, str]
    ) -> AsyncIterator[ClientResponse | None]:
        replica = self.upstreams.choose(service)
        if replica is None:
            raise Transient(f"the {service} is away", retry_after_seconds=10)
        address = f"{replica.address}{path}" + (f"?{urlencode(query)}" if query else "")
        # Its life is a minute: each request has its own.
        headers = {"authorization": f"Bearer {mint(self.signer.key(), self.caller, service)}"}
        try:
            async with self.client.get(
                address, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                if answer.status in _NOTHING:
                    yield None
                elif answer.status == _OK:
                    yield answer
                else:
                    raise Transient(f"the {service} answered {answer.status} to {path}")
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise Transient(f"the {service} is away", retry_after_seconds=10) from error
