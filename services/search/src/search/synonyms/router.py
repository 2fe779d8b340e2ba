"""HTTP edge of synonyms. Operators only."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.access import Operator
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase
from search.synonyms import queries
from search.synonyms.book import BadRule, Rule, id_of, read_shipped
from search.synonyms.errors import rule_problem
from search.synonyms.lifecycle import RULES_MAX
from search.synonyms.switch import switch_rule

router = APIRouter(tags=["search"])

POST_SYNONYMS: Final = "POST /v1/search/synonyms"
DELETE_SYNONYM: Final = "DELETE /v1/search/synonyms"

#: One line of text.
LINE: Final = r"^[^\x00-\x1f\x7f]*$"


class WriteRule(BaseModel):
    """A rule to put in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = Field(
        min_length=3,
        max_length=1200,
        pattern=LINE,
        description='Words that mean the same, "ghee, tuppa", or "written => also understood as".',
    )
    reason: str = Field("", max_length=500, pattern=LINE)


class SynonymRule(BaseModel):
    """A rule, and whether it holds."""

    id: UUID
    rule: str
    shipped: bool
    active: bool
    changed_by: UUID | None = None
    changed_at: datetime | None = None
    reason: str | None = None


class SwitchedRule(BaseModel):
    """A rule as it was switched."""

    id: UUID
    active: bool


class SynonymsAnswer(BaseModel):
    """A page of rules."""

    rules: list[SynonymRule]
    total: int


class SynonymChange(BaseModel):
    """What was changed, by whom, and why."""

    change_id: int
    rule_id: UUID
    rule: str
    active: bool
    changed_by: UUID
    changed_at: datetime
    reason: str


class ChangesAnswer(BaseModel):
    """A page of changes, the newest first."""

    changes: list[SynonymChange]


def _rule_of(row: Any) -> SynonymRule:
    facts = dict(row)
    return SynonymRule(id=facts.pop("rule_id"), **facts)


@router.get("/search/synonyms")
async def list_synonyms(
    caller: Operator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
    word: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> SynonymsAnswer:
    """The rules that are shipped and those that operators wrote, perhaps only those with a word."""
    async with database.connection() as conn:
        rows = await queries.select_rules(conn, RULES_MAX * 2)
    found = {row["rule_id"]: _rule_of(row) for row in rows}
    for rule in read_shipped():
        rule_id = id_of(rule)
        found.setdefault(
            rule_id, SynonymRule(id=rule_id, rule=str(rule), shipped=True, active=True)
        )
    chosen = [one for one in found.values() if word.lower() in one.rule]
    return SynonymsAnswer(rules=chosen[offset : offset + limit], total=len(chosen))


@router.get("/search/synonyms/changes")
async def list_synonym_changes(
    caller: Operator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ChangesAnswer:
    """Who changed which rule, when and why."""
    async with database.connection() as conn:
        rows = await queries.select_changes(conn, before, limit)
    return ChangesAnswer(changes=[SynonymChange(**row) for row in rows])


@router.post("/search/synonyms", status_code=201, response_model=SwitchedRule)
async def write_synonyms(
    wish: WriteRule, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Put a rule in force: every process reads queries by it within seconds, without a reindex."""
    try:
        rule = Rule.read(wish.rule)
    except BadRule as error:
        raise rule_problem(error) from error

    async def perform(conn: Connection) -> Answer:
        rule_id = await switch_rule(
            conn, rule, active=True, by=caller.user_id, reason=wish.reason, now=now
        )
        return Answer.of(201, {"id": str(rule_id), "active": True})

    request = KeyedRequest(str(caller.user_id), key, POST_SYNONYMS, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.delete("/search/synonyms/{rule_id}", response_model=SwitchedRule)
async def switch_off_synonyms(
    rule_id: UUID,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
    reason: Annotated[str, Query(max_length=500, pattern=LINE)] = "",
) -> Response:
    """Take a rule out of force, a shipped one too; writing it again puts it back."""

    async def perform(conn: Connection) -> Answer:
        await switch_rule(conn, rule_id, active=False, by=caller.user_id, reason=reason, now=now)
        return Answer.of(200, {"id": str(rule_id), "active": False})

    content = {"rule_id": str(rule_id), "reason": reason}
    request = KeyedRequest(str(caller.user_id), key, DELETE_SYNONYM, content)
    return await answer_once(database, request, perform)
