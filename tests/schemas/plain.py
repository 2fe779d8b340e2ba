"""What people would send: calls that make what others can then name."""

from typing import Any, Final

from tests.schemas.applications import ACCOUNTS, OPERATOR

_MAIN, _GIFT, _THEIRS, _THEIR_GIFT = map(str, ACCOUNTS)
_TEN: Final = {"amount": "10.00", "asset": "LXC"}
_REASON: Final = {"reason": "a wish of the council"}

LEDGER: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/issuances": {"to_account": _MAIN, "amount": "90.00", "asset": "LXC", **_REASON},
    "POST /v1/transfers": {"from_account": _MAIN, "to_account": _THEIRS, **_TEN},
    "POST /v1/transfers/{transfer_id}/reverse": {"amount": "1.00"},
    "POST /v1/reservations": {"account_id": _MAIN, "to_account": _THEIRS, **_TEN},
    "POST /v1/reservations/{reservation_id}/capture": {"amount": "2.00", "final": False},
    "POST /v1/gifts": {"from_account": _MAIN, "to_account": _THEIR_GIFT, **_TEN},
    "POST /v1/account-groups": {"name": "savings"},
    "POST /v1/account-groups/{group_id}/members": {"add": [_MAIN]},
    "POST /v1/monitors": {"account_id": _MAIN, "kind": "below", "threshold": "5.00"},
    "POST /v1/accounts/{account_id}/statements": {"form": "csv", "month": "2026-10"},
    "PATCH /v1/accounts/{account_id}/policy": {"soft_floor": "1.00", **_REASON},
}

MARKETPLACE: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/items": {
        "title": "Bicycle",
        "price": "60.00",
        "asset": "LXC",
        "quantity": 9,
        "condition": "good",
    },
    "PATCH /v1/items/{item_id}": {"title": "Bicycle with a bell", "price": "65.00", "asset": "LXC"},
    "POST /v1/items/{item_id}/reports": {"ground": "spam"},
    "POST /v1/items/{item_id}/decisions": {"decision": "dismiss", **_REASON},
    "PUT /v1/items/{item_id}/images": {"images": []},
    "POST /v1/categories": {"name": "Boats", **_REASON},
    "PATCH /v1/categories/{category_id}": {"synonyms": ["ships"], **_REASON},
    "POST /v1/saved-searches": {"name": "bicycles", "q": "bicycle"},
    "POST /v1/images/uploads": {"media_type": "image/png", "size_bytes": 300},
    "POST /v1/trades/{trade_id}/messages": {"text": "Is it still there?"},
    "POST /v1/trades/{trade_id}/counter": {"amount": "55.00", "asset": "LXC"},
}

SEARCH: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/search/synonyms": {"rule": "bike, bicycle", "reason": "people say both"},
}

GATEWAY: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/users": {
        "email": "ana@example.org",
        "password": "a long sentence is best",
        "display_name": "Ana",
    },
    "POST /v1/sessions": OPERATOR,
    "POST /v1/me/api-keys": {"name": "shop", "scopes": ["items:read"], "days": 90},
    "POST /v1/me/api-keys/{key_id}/rotate": {"overlap_hours": 1},
    "POST /v1/communities": {"slug": "hillside", "name": "Hillside"},
    "POST /v1/communities/{slug}/{what}": {**_REASON},
    "POST /v1/users/{user_id}/roles": {"grant": ["VENDOR"], "revoke": [], **_REASON},
    "POST /v1/users/{user_id}/compliance/{kind}/checks": {**_REASON},
    "POST /v1/users/{user_id}/compliance/{kind}/overrides": {"status": "CLEAR", **_REASON},
    "POST /v1/users/{user_id}/compliance/readings": {**_REASON},
    "POST /v1/users/{user_id}/vault/readings": {"fields": ["legal_name"], **_REASON},
    "POST /v1/webhooks/endpoints": {"url": "https://shop.example/hooks"},
}
