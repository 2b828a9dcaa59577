"""The system as containers of one machine: a Compose file, built as data."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.environment import Place, variable
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.system import Language

POSTGRES_IMAGE = "postgres:17-bookworm"
RABBITMQ_IMAGE = "rabbitmq:4.1"
SERVERS = ("postgres", "rabbitmq")
INNER_PORT = 8000

_HEAD = """\
# Generated: PostgreSQL, RabbitMQ and every service in its own container; a migration runs before each service.
# It needs POSTGRES_PASSWORD and RABBITMQ_PASSWORD (letters and digits: they are part of URLs) in the environment or in .env:
#   docker compose up --build --wait
"""

_MIGRATE: dict[Language, list[Value]] = {
    Language.TYPESCRIPT: ["node", "dist/migrate.js", "--create-database"],
    Language.PYTHON: ["python", "-m", "{package}.migrate", "--create-database"],
}

_CONFINED: Block = {
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - a path in the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}


def compose(system: str, places: Sequence[Place]) -> str:
    """The Compose file of a system."""
    return _HEAD + dump_plain(document(system, places))


def document(system: str, places: Sequence[Place]) -> Block:
    """The Compose file as data."""
    services: Block = {"postgres": _postgres(), "rabbitmq": _rabbitmq(system)}
    for place in places:
        services[_migration(place)] = _migrating(system, place)
        services[_own(place)] = _serving(system, place, places)
    return {"name": system, "services": services, "volumes": {name: {} for name in SERVERS}}


def _postgres() -> Block:
    return {
        "image": POSTGRES_IMAGE,
        "environment": {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?set it in the environment or in .env}"},
        "volumes": ["postgres:/var/lib/postgresql/data"],
        "healthcheck": _health("pg_isready", "--username=postgres"),
        "restart": "unless-stopped",
    }


def _rabbitmq(system: str) -> Block:
    return {
        "image": RABBITMQ_IMAGE,
        "hostname": "rabbitmq",
        "environment": {
            "RABBITMQ_DEFAULT_USER": system,
            "RABBITMQ_DEFAULT_PASS": "${RABBITMQ_PASSWORD:?set it in the environment or in .env}",
        },
        "volumes": ["rabbitmq:/var/lib/rabbitmq"],
        "healthcheck": _health("rabbitmq-diagnostics", "--quiet", "check_port_connectivity"),
        "restart": "unless-stopped",
    }


def _health(*command: str) -> Block:
    return {"test": ["CMD", *command], "interval": "5s", "timeout": "10s", "retries": 12, "start_period": "30s"}


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


def _serving(system: str, place: Place, places: Sequence[Place]) -> Block:
    neighbours = {each.name: _own(each) for each in places}
    environment: Block = {
        "ENVIRONMENT": "development",
        "LOG_LEVEL": "${LOG_LEVEL:-INFO}",
        "DATABASE_URL": _database_url(place),
        "BROKER_URL": f"amqp://{system}:${{RABBITMQ_PASSWORD:?}}@rabbitmq:5672/",
        **{variable(name, "URL"): f"http://{neighbours[name]}:{INNER_PORT}" for name in place.calls if name in neighbours},
        **{variable(name, "URL"): f"${{{variable(name, 'URL')}:-http://{name}.invalid}}" for name in place.external},
    }
    return {
        **_container(system, place),
        "environment": environment,
        "ports": [f"127.0.0.1:{place.port}:{INNER_PORT}"],
        "depends_on": {
            _migration(place): {"condition": "service_completed_successfully"},
            **{server: {"condition": "service_healthy"} for server in SERVERS},
        },
        "restart": "unless-stopped",
        "stop_grace_period": "30s",
    }


def _container(system: str, place: Place) -> Block:
    return {"build": f"./{place.folder}", "image": f"{system}/{place.process}", **_CONFINED}


def _database_url(place: Place) -> str:
    return f"postgresql://postgres:${{POSTGRES_PASSWORD:?}}@postgres:5432/{place.database}"


def _own(place: Place) -> str:
    """Its name among the containers, where it must not be that of a server."""
    return f"{place.process}-service" if place.process in SERVERS else place.process


def _migration(place: Place) -> str:
    return f"{place.process}-migration"
