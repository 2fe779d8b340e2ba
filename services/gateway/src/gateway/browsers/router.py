"""`PUT` and `DELETE /sessions/current/cookie`."""

from fastapi import APIRouter, Request, Response

from chassis.access import ANYONE
from gateway.browsers.lifecycle import no_cookie, session_cookie
from gateway.sessions.access import LoggedIn
from gateway.sessions.lifecycle import FORGET, read_token

router = APIRouter(tags=["sessions"])


@router.put("/sessions/current/cookie", status_code=204)
async def keep_in_cookie(session: LoggedIn, request: Request, response: Response) -> None:
    """Keep the session in a cookie that no script can read; from then on the browser sends it.

    Repeating it changes nothing. Writes with the cookie need an `Origin` of ours.
    """
    del session
    token = read_token(request.headers.get("authorization", ""))
    if token is not None:
        response.headers["Set-Cookie"] = session_cookie(token)
    response.headers["Cache-Control"] = "no-store"


@router.delete("/sessions/current/cookie", status_code=204, dependencies=[ANYONE])
async def forget_cookie(response: Response) -> None:
    """Make the browser forget the cookie; the session goes on until it is closed."""
    response.headers["Set-Cookie"] = no_cookie()
    response.headers["Clear-Site-Data"] = FORGET
    response.headers["Cache-Control"] = "no-store"
