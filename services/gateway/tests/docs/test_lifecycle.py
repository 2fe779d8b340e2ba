"""Several OpenAPI documents put together."""

from typing import Any

from gateway.docs.lifecycle import aggregate

OWN: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/v1/users": {"post": {"operationId": "register", "tags": ["users"]}},
        "/v1/me": {"get": {"operationId": "me"}},
        "/internal": {"get": {}},
    },
    "components": {"schemas": {"View": {"type": "object"}}},
}
LEDGER: dict[str, Any] = {
    "paths": {
        "/v1/accounts": {
            "get": {
                "operationId": "list",
                "responses": {"200": {"schema": {"$ref": "#/components/schemas/View"}}},
            }
        },
        "/v1/items": {"get": {}},
        "/v1/hidden": {"get": {}},
    },
    "components": {
        "schemas": {"View": {"allOf": [{"$ref": "#/components/schemas/Base"}]}, "Base": {}}
    },
}


def test_the_documents_are_put_together() -> None:
    """Routes that clients can reach, and no others; schemas under their service's name."""
    document = aggregate(OWN, {"ledger": LEDGER, "search": None})
    assert list(document["paths"]) == ["/v1/accounts", "/v1/me", "/v1/users"]
    schemas = document["components"]["schemas"]
    assert list(schemas) == ["Gateway_View", "Ledger_Base", "Ledger_View"]
    assert schemas["Ledger_View"]["allOf"] == [{"$ref": "#/components/schemas/Ledger_Base"}]
    assert document["x-unavailable"] == ["search"]
    operation = document["paths"]["/v1/accounts"]["get"]
    assert operation["operationId"] == "ledger_list"
    assert operation["tags"] == ["ledger"]


def test_a_session_is_needed_but_for_open_routes() -> None:
    """The document says which routes need no log-in."""
    document = aggregate(OWN, {})
    assert document["security"] == [{"session": []}]
    assert document["paths"]["/v1/users"]["post"]["security"] == []
    assert "security" not in document["paths"]["/v1/me"]["get"]
