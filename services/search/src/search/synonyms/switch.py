"""Write a rule, or switch one on or off."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from search.synonyms import queries
from search.synonyms.book import Rule, id_of, read_shipped
from search.synonyms.errors import NoSuchRule, TooManyRules
from search.synonyms.lifecycle import RULES_MAX


async def switch_rule(
    conn: Connection,
    wanted: Rule | UUID,
    *,
    active: bool,
    by: UUID,
    reason: str,
    now: datetime,
) -> UUID:
    """Put a rule in force, or take it out; a repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        wanted: The rule by its words, which may be new, or by its id.
        active: Whether it is to hold.
        by: Who says so.
        reason: Why, for who reads the history.
        now: The clock's time.

    Returns:
        The rule's id.

    Raises:
        NoSuchRule: There is none with this id.
        TooManyRules: A thousand are in force.
    """
    await queries.hold_version(conn)
    shipped = {id_of(rule): rule for rule in read_shipped()}
    rule_id = wanted if isinstance(wanted, UUID) else id_of(wanted)
    known = await queries.select_rule(conn, rule_id)
    if known is not None:
        text, is_active = known["rule"], known["active"]
    elif rule_id in shipped:
        text, is_active = str(shipped[rule_id]), True
    elif isinstance(wanted, Rule):
        text, is_active = str(wanted), False
    else:
        raise NoSuchRule(f"there is no synonym rule {rule_id}; GET /v1/search/synonyms lists them")
    if is_active == active:
        return rule_id
    if active and rule_id not in shipped and await queries.count_active(conn) >= RULES_MAX:
        raise TooManyRules(f"{RULES_MAX} rules are in force; take one out first", most=RULES_MAX)
    await queries.upsert_rule(
        conn,
        rule_id,
        text,
        shipped=rule_id in shipped,
        active=active,
        by=by,
        now=now,
        reason=reason,
    )
    act = Act(
        "synonyms.switched",
        "synonym_rule",
        str(rule_id),
        by=by,
        before={"active": is_active},
        after={"active": active, "rule": text},
        reason=reason,
    )
    await record_acts(conn, act)
    return rule_id
