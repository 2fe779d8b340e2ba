"""Notifications, preferences and the link in each mail, over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from gateway.notifications.lifecycle import KEPT_MAX, KINDS, is_security
from gateway.notifications.tokens import DIGESTS
from services.gateway.tests.conftest import OPERATOR
from services.gateway.tests.notifications.conftest import Person, Town
from services.gateway.tests.notifications.telling import trade

PREFERENCES = "/me/notification-preferences"


async def told(town: Town, person: Person, count: int = 1) -> list[str]:
    """Ids of so many notifications, newest first."""
    await town.hear(*(trade("TradeOffered", seller=person.id) for _ in range(count)))
    return [one["id"] for one in (await person.list())["notifications"]]


async def test_pages_go_back_to_the_first(town: Town) -> None:
    """Newest first, without a gap or a repeat; only the unread, if wanted."""
    ana = await town.person()
    ids = await told(town, ana, 5)
    first = await ana.list("?limit=3")
    rest = await ana.list(f"?limit=3&cursor={first['next_cursor']}")
    listed = [one["id"] for one in first["notifications"] + rest["notifications"]]
    assert (listed, rest["next_cursor"], first["unread_count"]) == (ids, None, 5)
    await ana.ask("POST", "/notifications/read", {"ids": ids[:2]})
    unread = await ana.list("?unread=true")
    assert ([one["id"] for one in unread["notifications"]], unread["unread_count"]) == (ids[2:], 3)


async def test_no_more_are_counted_than_are_kept(town: Town) -> None:
    """Somebody who is paid all day long costs a count no more than others."""
    ana = await town.person()
    await told(town, ana, KEPT_MAX + 1)
    assert (await ana.list("?limit=1"))["unread_count"] == KEPT_MAX


async def test_all_up_to_one_are_read(town: Town) -> None:
    """What came after it stays unread; reading again changes nothing."""
    ana = await town.person()
    ids = await told(town, ana, 3)
    for _ in range(2):
        response, left = await ana.ask("POST", "/notifications/read", {"up_to": ids[1]})
        assert (response.status, left) == (200, {"unread_count": 1})


async def test_nobody_reads_anothers(town: Town) -> None:
    """Her ids are unknown to Eve, and nothing of the request is done."""
    ana, eve = await town.person(), await town.person()
    [hers], [eves] = await told(town, ana), await told(town, eve)
    for body in ({"up_to": hers}, {"ids": [eves, hers]}):
        response, problem = await eve.ask("POST", "/notifications/read", body)
        assert (response.status, problem["missing"]) == (404, [hers])
    assert (await ana.list())["unread_count"] == (await eve.list())["unread_count"] == 1


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [], "up_to": None}])
async def test_a_reading_says_what(town: Town, body: Any) -> None:
    """Some or all up to one; else the problem names the field."""
    ana = await town.person()
    response, problem = await ana.ask("POST", "/notifications/read", body)
    assert (response.status, bool(problem["errors"])) == (422, True)


async def test_preferences_are_kept_whole_with_a_version(town: Town) -> None:
    """What is left out is as assumed; who saw an older version is refused."""
    ana = await town.person()
    response, found = await ana.ask("GET", PREFERENCES)
    assert (response.headers["ETag"], found["version"], found["email_verified"]) == ('"0"', 0, True)
    assert set(found["kinds"]) == set(KINDS)
    wish = {"digest_hour": 20, "kinds": {"trade_offered": {"in_app": False, "email": "weekly"}}}
    response, kept = await ana.ask("PUT", PREFERENCES, wish, If_Match='"0"')
    assert (response.status, response.headers["ETag"], kept["digest_hour"]) == (200, '"1"', 20)
    assert kept["kinds"]["trade_offered"]["email"] == "weekly"
    assert kept["kinds"]["trade_countered"]["email"] == "at_once"
    for if_match, status in (('"0"', 412), ("", 428)):
        headers = {"If_Match": if_match} if if_match else {}
        refused, _ = await ana.ask("PUT", PREFERENCES, {}, **headers)
        assert refused.status == status
    await ana.ask("PUT", PREFERENCES, {}, If_Match='"1"')
    _, back = await ana.ask("GET", PREFERENCES)
    assert (back["digest_hour"], back["kinds"]) == (8, found["kinds"])


async def test_what_is_read_can_be_sent_back(town: Town) -> None:
    """What can't be chosen may be said as it is."""
    ana = await town.person()
    _, found = await ana.ask("GET", PREFERENCES)
    kinds = {
        kind: {"in_app": one["in_app"], "email": one["email"]}
        for kind, one in found["kinds"].items()
    }
    response, kept = await ana.ask("PUT", PREFERENCES, {"kinds": kinds}, If_Match='"0"')
    assert (response.status, kept["kinds"]) == (200, found["kinds"])


async def test_security_cannot_be_switched_off(town: Town) -> None:
    """Not one of them, in no way; nothing of the wish is kept."""
    ana = await town.person()
    for kind in filter(is_security, KINDS):
        for off in ({"in_app": True, "email": "never"}, {"in_app": False, "email": "at_once"}):
            wish = {"kinds": {kind: off, "trade_offered": {"in_app": True, "email": "never"}}}
            response, problem = await ana.ask("PUT", PREFERENCES, wish, If_Match="*")
            assert (response.status, problem["errors"][0]["field"]) == (422, f"kinds.{kind}")
    _, found = await ana.ask("GET", PREFERENCES)
    assert found["version"] == 0


@pytest.mark.parametrize(
    "wish",
    [
        {"digest_hour": 24},
        {"digest_weekday": 0},
        {"kinds": {"no_such_kind": {"in_app": True, "email": "never"}}},
        {"kinds": {"trade_offered": {"in_app": True, "email": "hourly"}}},
        {"kinds": {"trade_offered": {"in_app": True}}},
        {"more": 1},
    ],
)
async def test_a_wish_that_means_nothing_is_refused(town: Town, wish: Any) -> None:
    """The problem names the field."""
    ana = await town.person()
    response, problem = await ana.ask("PUT", PREFERENCES, wish, If_Match="*")
    assert (response.status, bool(problem["errors"][0]["field"])) == (422, True)


async def link_in(town: Town, person: Person) -> str:
    """The path of the link in the newest mail."""
    header: str = town.mails(person.email)[-1]["headers"]["List-Unsubscribe"]
    return header.strip("<>").partition("localhost:8080")[2]


async def test_one_click_ends_mails_of_a_kind(town: Town) -> None:
    """Without logging in; what is under way is dropped, and GET changes nothing."""
    ana = await town.person()
    await told(town, ana)
    await town.post()
    link = await link_in(town, ana)
    response, page = await town.gateway.send("GET", link)
    assert (response.status, response.headers["Content-Type"][:9]) == (200, "text/html")
    assert "<form" in page
    await told(town, ana)
    await town.post()
    assert len(town.mails(ana.email)) == 2
    await told(town, ana)
    for _ in range(2):
        form = {"data": {"List-Unsubscribe": "One-Click"}}
        response, _ = await town.gateway.send("POST", link, **form)
        assert response.status == 200
    await town.post()
    await told(town, ana)
    await town.later(days=8)
    assert len(town.mails(ana.email)) == 2
    states = await town.rows("SELECT state FROM notification_mail WHERE user_id = $1", ana.id)
    assert sorted(one["state"] for one in states) == ["dropped", "sent", "sent"]
    await town.later(days=-8)
    assert (await ana.list())["unread_count"] == 4
    _, found = await ana.ask("GET", PREFERENCES)
    assert found["kinds"]["trade_offered"] == {"in_app": True, "email": "never", "changeable": True}
    assert found["kinds"]["trade_countered"]["email"] == "at_once"


async def test_one_click_ends_digests(town: Town) -> None:
    """All that came in them; what comes at once goes on."""
    ana = await town.person()
    await ana.choose(trade_offered="daily", trade_funded="weekly")
    token = town.gateway.resources.extra["unsubscriber"].sign(ana.id, DIGESTS)
    response, _ = await town.gateway.send("POST", f"/v1/notifications/unsubscribe?token={token}")
    assert response.status == 200
    _, found = await ana.ask("GET", PREFERENCES)
    ways = {one["email"] for kind, one in found["kinds"].items() if not is_security(kind)}
    assert ways == {"at_once", "never"}
    assert found["kinds"]["trade_offered"]["email"] == "never"


async def test_a_link_that_is_not_ours_opens_nothing(town: Town) -> None:
    """Made up, of nobody, for nothing, or for what can't be switched off."""
    ana = await town.person()
    sign = town.gateway.resources.extra["unsubscriber"].sign
    wrong = ["x", sign(ana.id, "trade_offered")[:-3]]
    stale = [
        sign(uuid4(), "trade_offered"),
        sign(ana.id, "gone"),
        sign(ana.id, "security_app_added"),
    ]
    for token in wrong + stale:
        path = f"/v1/notifications/unsubscribe?token={token}"
        response, problem = await town.gateway.send("POST", path)
        assert (response.status, problem["type"]) == (404, "urn:localex:problem:no-such-link")
    for token in wrong:
        response, _ = await town.gateway.send("GET", f"/v1/notifications/unsubscribe?token={token}")
        assert response.status == 404


async def test_operators_see_dead_mails_and_try_them_again(town: Town) -> None:
    """Neither addresses nor words; members see none of it."""
    ana = await town.person()
    await told(town, ana)
    [mail] = await town.rows(
        "UPDATE notification_mail SET state = 'dead', done_at = now(), error = 'refused'"
        " WHERE user_id = $1 RETURNING id",
        ana.id,
    )
    response, _ = await ana.ask("GET", "/notifications/mails")
    assert response.status == 403
    _, session = await town.gateway.log_in(*OPERATOR)
    operator = Person(town.gateway, ana.id, "", session["token"])
    response, listed = await operator.ask("GET", "/notifications/mails?state=dead")
    [seen] = [one for one in listed["mails"] if one["id"] == str(mail["id"])]
    assert (seen["error"], seen["kind"]) == ("refused", "notice")
    assert ana.email not in str(listed)
    path = f"/notifications/mails/{mail['id']}/redrive"
    for status in (200, 404):
        response, _ = await operator.ask("POST", path)
        assert response.status == status
    [act] = await town.rows(
        "SELECT actor_id, before, after FROM audit_event"
        " WHERE action = 'mail.redriven' AND entity_id = $1",
        str(mail["id"]),
    )
    assert str(act["actor_id"]) == session["user"]["id"]
    assert (act["before"]["state"], act["after"]["state"]) == ("dead", "pending")
    await town.post()
    assert len(town.mails(ana.email)) == 1
