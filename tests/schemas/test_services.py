"""Every route of every service, asked what its document allows and what it does not."""

from typing import Any

from gateway.main import service as gateway
from ledger.main import service as ledger
from marketplace.main import service as marketplace
from search.main import service as search
from tests.schemas.probing import Probe, schema_of

LEDGER, MARKETPLACE, SEARCH = schema_of(ledger), schema_of(marketplace), schema_of(search)
#: But for the stream, which has no end, and for leaving, after which nobody could ask.
GATEWAY = (
    schema_of(gateway)
    .exclude(path="/v1/events", method="GET")
    .exclude(path="/v1/me", method="DELETE")
)


@LEDGER.parametrize()
def test_the_ledger_keeps_its_document(case: Any, ledger_probe: Probe) -> None:
    """No defect, no answer that is not declared, no data that it should have refused."""
    ledger_probe(case)


@MARKETPLACE.parametrize()
def test_the_marketplace_keeps_its_document(case: Any, marketplace_probe: Probe) -> None:
    """No defect, no answer that is not declared, no data that it should have refused."""
    marketplace_probe(case)


@SEARCH.parametrize()
def test_the_search_keeps_its_document(case: Any, search_probe: Probe) -> None:
    """No defect, no answer that is not declared, no data that it should have refused."""
    search_probe(case)


@GATEWAY.parametrize()
def test_the_gateway_keeps_its_document(case: Any, gateway_probe: Probe) -> None:
    """No defect, no answer that is not declared, no data that it should have refused."""
    gateway_probe(case)
