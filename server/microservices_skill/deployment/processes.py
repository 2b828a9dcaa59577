"""The system as processes of one machine: a ``Procfile``, as foreman, honcho and overmind read it, and its variables."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.brokers import BrokerServer
from microservices_skill.deployment.environment import Place, variable
from microservices_skill.model.system import Language

DATABASE_SERVER = "postgresql://postgres@127.0.0.1:5432"

_HEAD = """\
# Generated: what `microservices-skill up` starts, a process a line. foreman, honcho and overmind read it too, with the
# variables of .env.example as .env, once each service is installed and migrated.
"""

_ABOUT = """\
# Generated: where each service of the system listens and keeps its data. `microservices-skill up` reads .env, else this
# file. Copy it to .env to change something; .env stays out of git.
"""

_COMPOSE = """
# For docker-compose.yml, which has its own addresses. Without a password it refuses to start.
# POSTGRES_PASSWORD=
# {password}=
"""

_START = {
    Language.TYPESCRIPT: "exec node dist/main.js",
    Language.PYTHON: "PYTHONPATH=src exec .venv/bin/python -m {package}",
}


def procfile(places: Sequence[Place]) -> str:
    """One line a service: it goes to its folder and becomes the service, so that signals reach it."""
    return _HEAD + "".join(f"{place.process}: {_command(place)}\n" for place in places)


def variables(places: Sequence[Place], broker: BrokerServer) -> str:
    """The variables that the ``Procfile`` needs, with values for a developer's machine."""
    lines = [f"BROKER_URL={broker.local_url}"]
    for place in places:
        lines += [
            f"{variable(place.name, 'PORT')}={place.port}",
            f"{variable(place.name, 'DATABASE_URL')}={DATABASE_SERVER}/{place.database}",
        ]
    called = {name for place in places for name in place.calls}
    lines += [f"{variable(place.name, 'URL')}=http://127.0.0.1:{place.port}" for place in places if place.name in called]
    outside = sorted({name for place in places for name in place.external})
    lines += [f"# {variable(name, 'URL')}=https://{name}.example" for name in outside]
    return _ABOUT + "\n".join(lines) + "\n" + _COMPOSE.format(password=broker.password)


def _command(place: Place) -> str:
    own = f"PORT=${variable(place.name, 'PORT')} DATABASE_URL=$" + variable(place.name, "DATABASE_URL")
    return f"cd {place.folder} && {own} {_START[place.language].format(package=place.package)}"
