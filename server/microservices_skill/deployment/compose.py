"""The system as containers of one machine: a Compose file, built as data."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.brokers import BrokerServer, health_check
from microservices_skill.deployment.environment import Place, variable
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.system import Language

POSTGRES_IMAGE = "postgres:17-bookworm"
SERVERS = ("postgres", "rabbitmq", "nats", "kafka")
WATCHERS = ("alertmanager", "grafana", "jaeger", "otel-collector", "prometheus")
"""What docker-compose.observability.yml adds."""

INNER_PORT = 8000

_HEAD = """\
# Generated: PostgreSQL, {title} and every service in its own container; a migration runs before each service.
# It needs POSTGRES_PASSWORD and {password} (letters and digits: they are part of URLs) in the environment or in .env:
#   docker compose up --build --wait
"""

_MIGRATE: dict[Language, list[Value]] = {
    Language.TYPESCRIPT: ["node", "dist/migrate.js", "--create-database"],
    Language.PYTHON: ["python", "-m", "{package}.migrate", "--create-database"],
}

CONFINED: Block = {
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - a path in the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}


def compose(system: str, places: Sequence[Place], broker: BrokerServer) -> str:
    """The Compose file of a system."""
    return _HEAD.format(title=broker.title, password=broker.password) + dump_plain(document(system, places, broker))


def document(system: str, places: Sequence[Place], broker: BrokerServer) -> Block:
    """The Compose file as data."""
    services: Block = {"postgres": _postgres(), broker.name: broker.container(system)}
    for place in places:
        services[_migration(place)] = _migrating(system, place)
        services[container_name(place)] = _serving(system, place, places, broker)
    return {"name": system, "services": services, "volumes": {name: {} for name in ("postgres", broker.name)}}


def _postgres() -> Block:
    return {
        "image": POSTGRES_IMAGE,
        "environment": {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?set it in the environment or in .env}"},
        "volumes": ["postgres:/var/lib/postgresql/data"],
        "healthcheck": health_check("pg_isready", "--username=postgres"),
        "restart": "unless-stopped",
    }


def _migrating(system: str, place: Place) -> Block:
    command: Value = [str(word).format(package=place.package) for word in _MIGRATE[place.language]]
    return {
        **_container(system, place),
        "command": command,
        "environment": {"DATABASE_URL": _database_url(place)},
        "depends_on": {"postgres": {"condition": "service_healthy"}},
        "healthcheck": {"disable": True},
        "restart": "on-failure:5",
    }


def _serving(system: str, place: Place, places: Sequence[Place], broker: BrokerServer) -> Block:
    neighbours = {each.name: container_name(each) for each in places}
    environment: Block = {
        "ENVIRONMENT": "development",
        "LOG_LEVEL": "${LOG_LEVEL:-INFO}",
        "DATABASE_URL": _database_url(place),
        "BROKER_URL": broker.url(system),
        **{variable(name, "URL"): f"http://{neighbours[name]}:{INNER_PORT}" for name in place.calls if name in neighbours},
        **{variable(name, "URL"): f"${{{variable(name, 'URL')}:-http://{name}.invalid}}" for name in place.external},
    }
    return {
        **_container(system, place),
        "environment": environment,
        "ports": [f"127.0.0.1:{place.port}:{INNER_PORT}"],
        "depends_on": {
            _migration(place): {"condition": "service_completed_successfully"},
            **{server: {"condition": "service_healthy"} for server in ("postgres", broker.name)},
        },
        "restart": "unless-stopped",
        "stop_grace_period": "30s",
    }


def _container(system: str, place: Place) -> Block:
    return {"build": f"./{place.folder}", "image": f"{system}/{place.process}", **CONFINED}


def _database_url(place: Place) -> str:
    return f"postgresql://postgres:${{POSTGRES_PASSWORD:?}}@postgres:5432/{place.database}"


def container_name(place: Place) -> str:
    """The name of a service among the containers, where it must not be that of a server."""
    return f"{place.process}-service" if place.process in (*SERVERS, *WATCHERS) else place.process


def _migration(place: Place) -> str:
    return f"{place.process}-migration"
