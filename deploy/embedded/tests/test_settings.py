"""One settings source, and nobody is given another's secrets."""

from pathlib import Path

import pytest

from embedded.credentials import SERVICES, load_credentials
from embedded.fetch.servers import Servers
from embedded.places import Places
from embedded.settings import make_settings, read_settings, settings_of, write_settings
from embedded.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A stack that was never started."""
    places = Places.of(tmp_path)
    names = ("postgres", "kafka", "valkey", "opensearch", "s3", *SERVICES)
    ports = {name: 1000 + index for index, name in enumerate(names)}
    return Site(places, "0" * 32, "full", ports, load_credentials(places), Servers(), None)


def test_settings_survive_the_file(site: Site) -> None:
    """Quotes, spaces and dollar signs come back as they were; nobody else can read the file."""
    settings = make_settings(site) | {"LOCALEX_ODD": "a 'b' \"c\" $d #e\\"}
    write_settings(site.places.settings_file, settings)
    assert read_settings(site.places.settings_file) == settings
    assert site.places.settings_file.stat().st_mode & 0o077 == 0


def test_a_detour_is_told_to_whom_it_is_for(site: Site) -> None:
    """To all services, or to one alone; the others are told the part's own port."""
    usual = make_settings(site)
    site.detours.update({"postgres": 1, "ledger:postgres": 2, "gateway:ledger": 3, "valkey": 4})
    site.detours.update({f"search:{part}": 5 for part in ("kafka", "opensearch", "s3", "valkey")})
    settings = make_settings(site)
    assert "@127.0.0.1:1/" in settings["SEARCH_DATABASE_URL"]
    assert "@127.0.0.1:2/" in settings["LEDGER_DATABASE_URL"]
    assert settings["GATEWAY_UPSTREAM_LEDGER"] == "http://127.0.0.1:3"
    assert "@127.0.0.1:4/" in settings["LEDGER_VALKEY_URL"]
    assert "@127.0.0.1:5/" in settings["SEARCH_VALKEY_URL"]
    assert settings["SEARCH_KAFKA_SERVERS"] == "127.0.0.1:5"
    assert settings["SEARCH_OPENSEARCH_URL"] == "http://127.0.0.1:5"
    assert settings["SEARCH_S3_ENDPOINT"] == "http://127.0.0.1:5"
    told = ("GATEWAY_UPSTREAM_SEARCH", *(name for name in usual if name.startswith("LOCALEX_")))
    assert {name: settings[name] for name in told} == {name: usual[name] for name in told}
    assert "LEDGER_KAFKA_SERVERS" not in settings


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_no_secret_of_another(site: Site, service: str) -> None:
    """Neither another's database and cache passwords, nor the migrator's, nor the signing key."""
    given = settings_of(service, make_settings(site))
    own = {site.credentials.postgres[service], site.credentials.valkey[service]}
    others = {*site.credentials.postgres.values(), *site.credentials.valkey.values()} - own
    text = "\n".join(given.values())
    assert all(secret in text for secret in own)
    assert not [secret for secret in others if secret in text]
    assert ("GATEWAY_SIGNING_KEY_FILE" in given) == (service == "gateway")
    assert ("LEDGER_CHECKPOINT_KEY_FILE" in given) == (service == "ledger")


def test_secrets_are_made_once_and_are_closed(tmp_path: Path) -> None:
    """The second start reads what the first made; two stacks share nothing."""
    here, there = Places.of(tmp_path / "a"), Places.of(tmp_path / "b")
    made = load_credentials(here)
    assert load_credentials(here) == made
    assert load_credentials(there).postgres != made.postgres
    assert here.secrets_file.stat().st_mode & 0o077 == 0
