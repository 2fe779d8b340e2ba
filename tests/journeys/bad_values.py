"""Bodies and values that no route may take, by route and field."""

from typing import Any

MEGABYTE = 1024 * 1024
#: The one route here that is no POST.
CHANGE = "PATCH /v1/items/{id}"
ROUTES = [
    "/v1/users",
    "/v1/sessions",
    "/v1/issuances",
    "/v1/transfers",
    "/v1/items",
    "/v1/items/import",
    "/v1/trades",
    "counter",
    "accept",
    "decline",
    "cancel",
    "hand-over",
    "confirm",
    "dispute",
    "resolve",
    CHANGE,
]
#: Steps that say all in their path: null is no body, which is fine.
BODY_IS_OPTIONAL = {"accept", "decline", "cancel", "hand-over", "confirm"}
#: What is sent, and the field that is named: nothing where the body is too large to be looked at.
BODIES: dict[str, tuple[bytes, str | None]] = {
    "not JSON": (b"{", "body"),
    "a list": (b"[]", "body"),
    "null": (b"null", "body"),
    "text": (b'"x"', "body"),
    "a number": (b"7", "body"),
    "NaN": (b"NaN", "body"),
    "broken UTF-8": (b'{"title": "\xff\xfe"}', "title"),
    "broken UTF-8 in a name": (b'{"\xff": "x"}', "body"),
    "nothing but broken UTF-8": (b"\xff\xfe", "body"),
    "a raw NUL": (b'{"a\x00": 1}', "body"),
    "half a character": (b'{"\\ud800": 1}', "body"),
    "deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "a"),
    "deep lists": (b"[" * 50_000, "body"),
    "a huge number": (b'{"a": 1' + b"0" * 5000 + b"}", "body"),
    "10 MB": (b'{"a": "' + b"x" * (10 * MEGABYTE) + b'"}', None),
}
BAD_AMOUNTS: tuple[Any, ...] = (
    "-1.00",
    "0",
    "0.00",
    "1.001",
    "1e2",
    "NaN",
    "Infinity",
    "1,00",
    " ",
    "",
    "9" * 50,
    "\u0661.00",
    "1.00\u0000",
    1,
    1.5,
    True,
    None,
    [],
    {},
)
BAD_TEXTS: tuple[Any, ...] = ("", " ", "a\u0000b", "x" * 20_000, 7, True, [], {})
BAD_IDS: tuple[Any, ...] = ("", "x", "0" * 36, 7, None, [], {}, "' OR 1=1 --")
FIELDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "/v1/users": {
        "email": ("nobody", "", 7, None, "a\u0000@b.cd", "x" * 300 + "@b.cd"),
        "password": ("short", "x" * 300, 7, None, []),
        "display_name": BAD_TEXTS,
        "community": ("A B", "", 7, "x" * 99),
    },
    "/v1/sessions": {"email": ("nobody", 7), "password": ("", 7, None, "x" * 300)},
    "/v1/issuances": {
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None, "lxc"),
        "reason": BAD_TEXTS,
        "to_user": ("x", 7, []),
    },
    "/v1/transfers": {
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None),
        "from_account": BAD_IDS,
        "to_user": ("x", 7, []),
        "memo": ("a\u0000b", "x" * 20_000, 7, []),
    },
    "/v1/items": {
        "title": BAD_TEXTS,
        # None is for gifts, so it is no bad price by itself.
        "price": tuple(amount for amount in BAD_AMOUNTS if amount is not None),
        "description": ("a\u0000b", "x" * 20_000, 7, []),
        "kind": ("x", 7, None, []),
        "pricing": ("x", 7, None),
        "quantity": (0, -1, 1.5, "two", 10**30, None, True),
        "condition": ("x", 7, []),
        "latitude": ("north", "91", "NaN", []),
        "status": ("sold", "x", 7, None),
    },
    "/v1/items/import": {"items": ([], {}, None, "x", [{}] * 501)},
    "/v1/trades": {
        "item_id": BAD_IDS,
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None),
        "quantity": (0, -1, 1.5, "two", 10**30, True),
        "message": ("a\u0000b", "x" * 20_000, 7, []),
        "gift_amount": ("-1.00", "1.001", "1e2", "9" * 50, "", 1, [], {}),
        "gives": ("x", 7, {}, [7], [{}], [{"item_id": "x"}], [{"item_id": "x"}] * 11),
    },
    "counter": {"amount": BAD_AMOUNTS},
    "dispute": {"reason": BAD_TEXTS},
    "resolve": {"ruling": ("x", "", 7, None, [])},
    CHANGE: {
        "title": BAD_TEXTS,
        "price": tuple(amount for amount in BAD_AMOUNTS if amount is not None),
        "asset": ("XXX", "", 7, "lxc"),
        "description": ("a\u0000b", "x" * 20_000, 7, []),
        "kind": ("x", 7, None, []),
        "pricing": ("x", 7, None),
        "quantity": (0, -1, 1.5, "two", 10**30, None, True),
        "condition": ("x", 7, []),
        "status": ("sold", "x", 7, None),
    },
}
