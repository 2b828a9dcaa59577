"""Services talk encrypted to their database and their broker: to whom they trust, under the right name, while certificates change."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.generated.architectures import in_language, own_name, read_example, write_service
from tests.generated.brokers import RABBITMQ_URL, RabbitMq
from tests.generated.certificates import Authority, Certificates
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Running, until
from tests.generated.secured import USER, SecurePostgres, Terminator, secure_postgres

from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

LIMIT_S = 40
LIFETIME_S = 2
UNSEEN = "between-us"


@dataclass
class Site:
    """A service, and servers that take encrypted connections alone."""

    running: Running
    authority: Authority
    own: Certificates
    """What the service shows, and whom it trusts."""

    theirs: Path
    """What ends TLS before the broker shows."""

    postgres: SecurePostgres
    broker: Terminator
    settings: dict[str, str]

    @property
    def database_query(self) -> str:
        """What the database's URL says of certificates."""
        return f"sslmode=verify-full&sslrootcert={self.own.authority}&sslcert={self.own.certificate}&sslkey={self.own.key}"

    @property
    def broker_query(self) -> str:
        """What the broker's URL says of certificates."""
        return f"cafile={self.own.authority}&certfile={self.own.certificate}&keyfile={self.own.key}"

    @property
    def secure(self) -> dict[str, str]:
        """Settings of production with which everything is encrypted and proven."""
        urls = {"DATABASE_URL": self.postgres.url(self.database_query), "BROKER_URL": self.broker.address(self.broker_query)}
        return {**self.settings, **urls, "ENVIRONMENT": "production"}

    def with_settings(self, **settings: str) -> Running:
        """The service, not started, with other settings."""
        self.running.settings = {**self.secure, **settings}
        return self.running

    def show(self, authority: Authority, *others: Authority) -> None:
        """Let all show certificates of this authority, and trust it and these others alone."""
        authority.issue(self.theirs, "localhost", *others)
        self.postgres.show(authority, *others)
        authority.issue(self.own.folder, USER, *others)

    def is_whole(self) -> bool:
        """Whether the service reaches its database and its broker."""
        ready = self.running.call("GET", "/health/ready")
        return ready.status == 200 and ready.json["checks"]["broker"] == "up"


@pytest.fixture(scope="module", params=[Language.PYTHON, Language.TYPESCRIPT])
def site(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A service of this language that is written and prepared, and its servers."""
    architecture = in_language(read_example("shop", system=own_name("shop")), request.param)
    folder = write_service(architecture, architecture.services_by_name["inventory"], tmp_path_factory.mktemp("inventory"))
    toolchain = toolchains[request.param]
    toolchain.prepare(folder)
    authority, home = Authority("the first"), tmp_path_factory.mktemp("certificates")
    broker = Terminator(RABBITMQ_URL)
    broker.start(authority.issue(home / "broker", "localhost"))
    settings = {**issuer.settings, "BROKER_TIMEOUT_S": "3", "DATABASE_TIMEOUT_S": "3", "DATABASE_LIFETIME_S": str(LIFETIME_S)}
    running = Running(toolchain, folder, {})
    with secure_postgres(authority) as postgres:
        own = authority.issue(home / "service", USER)
        yield Site(running, authority, own, home / "broker", postgres, broker, settings)
        running.end()
        RabbitMq(architecture.system.name).forget([each.name for each in architecture.services])


@pytest.fixture(autouse=True)
def _ends(site: Site) -> Iterator[None]:
    yield
    site.running.end()


def outcome(command: list[str], running: Running) -> tuple[int, str]:
    """How a process ends, and what it says."""
    environment = running._environment()  # noqa: SLF001 - what it starts with
    done = subprocess.run(command, cwd=running.folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def migrates(running: Running) -> bool:
    """Whether the migrations reach the database."""
    status, said = outcome(running.toolchain.migrate_command(running.folder), running)
    assert UNSEEN not in said
    return status == 0


def test_production_runs_where_both_sides_show_their_certificates(site: Site) -> None:
    running = site.with_settings().migrate().start()
    until(site.is_whole, LIMIT_S, "for the service to reach its servers")
    assert site.postgres.issuers() == {"/CN=the first"}
    assert UNSEEN not in running.log


@pytest.mark.parametrize(("mode", "host", "is_trusted"), [("verify-full", "127.0.0.1", False), ("verify-ca", "127.0.0.1", True)])
def test_a_database_under_another_name_is_refused_where_names_count(site: Site, mode: str, host: str, is_trusted: bool) -> None:  # noqa: FBT001
    query = site.database_query.replace("verify-full", mode)
    assert migrates(site.with_settings(DATABASE_URL=site.postgres.url(query, host=host))) is is_trusted


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
def test_a_database_with_a_certificate_of_somebody_else_is_refused(site: Site, tmp_path: Path, mode: str) -> None:
    stranger = Authority("a stranger").issue(tmp_path, "stranger")
    query = site.database_query.replace(str(site.own.authority), str(stranger.authority)).replace("verify-full", mode)
    assert not migrates(site.with_settings(DATABASE_URL=site.postgres.url(query)))


def test_who_only_requires_encryption_looks_at_no_certificate_and_shows_none(site: Site) -> None:
    assert migrates(site.with_settings(DATABASE_URL=site.postgres.url("sslmode=require", user="postgres", host="127.0.0.1")))
    assert not migrates(site.with_settings(DATABASE_URL=site.postgres.url("sslmode=require")))


@pytest.mark.parametrize("fault", ["name", "authority", "certificate"])
def test_a_service_that_cannot_trust_its_servers_or_is_not_trusted_does_not_serve(site: Site, tmp_path: Path, fault: str) -> None:
    host = "127.0.0.1" if fault == "name" else "localhost"
    stranger = Authority("a stranger").issue(tmp_path, USER)
    swapped = {"authority": [site.own.authority], "certificate": [site.own.certificate, site.own.key]}.get(fault, [])
    queries = [site.database_query, site.broker_query]
    for path in swapped:
        queries = [each.replace(str(path), str(stranger.folder / path.name)) for each in queries]
    urls = {"DATABASE_URL": site.postgres.url(queries[0], host=host), "BROKER_URL": site.broker.address(queries[1], host=host)}
    running = site.with_settings(**urls)
    before = len(running.log.splitlines()) if (running.folder / "service.log").exists() else 0
    running.start()
    until(lambda: any(each.get("event") == "broker.unavailable" for each in running.records[before:]), LIMIT_S, "for it to be refused")
    ready = running.call("GET", "/health/ready")
    assert (ready.status, ready.json["checks"]) == (503, ready.json["checks"] | {"database": "down", "broker": "down"})


@pytest.mark.parametrize(("name", "is_migration"), [("DATABASE_URL", False), ("BROKER_URL", False), ("DATABASE_URL", True)])
def test_plaintext_is_refused_by_name_and_without_the_password(site: Site, name: str, is_migration: bool) -> None:  # noqa: FBT001
    plain = {"DATABASE_URL": site.postgres.url(""), "BROKER_URL": f"amqp://ada:{UNSEEN}@localhost:5672/"}[name]
    own = {"ENVIRONMENT": "development", "ALLOW_PLAINTEXT": "false"} if is_migration else {}
    running = site.with_settings(**{name: plain, **own})
    toolchain = running.toolchain
    status, said = outcome((toolchain.migrate_command if is_migration else toolchain.start_command)(running.folder), running)
    assert status != 0
    assert f"{name} does not encrypt" in said
    assert "ALLOW_PLAINTEXT=true" in said
    assert UNSEEN not in said


def test_plaintext_is_allowed_where_somebody_says_so(site: Site) -> None:
    running = site.with_settings(BROKER_URL=RABBITMQ_URL, ALLOW_PLAINTEXT="true").migrate().start()
    until(site.is_whole, LIMIT_S, "for the service to reach its servers")
    assert running.is_alive


def test_certificates_are_replaced_under_a_service_that_serves_on(site: Site) -> None:
    running = site.with_settings().migrate().start()
    until(site.is_whole, LIMIT_S, "for the service to reach its servers")
    first, second = site.authority, Authority("the second")
    site.show(first, second)
    site.show(second, first)

    def is_renewed() -> bool:
        assert running.call("GET", "/health/ready").status == 200, "it stopped serving"
        return site.postgres.issuers() == {"/CN=the second"}

    until(is_renewed, LIMIT_S, "for its connections to be replaced when their time has come")
    site.show(second)
    site.broker.renew()
    site.postgres.drop_connections()
    until(site.is_whole, LIMIT_S, "for the service to reach its servers again")
    assert site.postgres.issuers() == {"/CN=the second"}
    assert running.is_alive
    assert running.stop() == 0
    site.show(first)
    site.broker.renew()
