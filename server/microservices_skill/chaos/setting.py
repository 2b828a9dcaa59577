"""Where a system is put to the proof: on servers of the proof's own, or on given ones in databases and queues of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from microservices_skill.chaos.brokers import own_server
from microservices_skill.chaos.options import Options
from microservices_skill.chaos.servers import GivenServer, Postgres, Server
from microservices_skill.model.system import BROKER_TITLES, BrokerKind
from microservices_skill.running.system import RunnableSystem

DATABASE, BROKER = "database", "broker"


@contextmanager
def running_servers(folder: Path, broker: BrokerKind, options: Options, tell: Callable[[str, str], None]) -> Iterator[dict[str, Server]]:
    """A database server and a broker that may be broken.

    Raises:
        SkillError: one is not installed, or does not come up.

    """
    found: dict[str, Server] = {}
    try:
        title = BROKER_TITLES[broker]
        tell("servers", f"starting what may be killed: PostgreSQL and {title}, but for those that are given")
        found[DATABASE] = GivenServer("PostgreSQL", options.database_url) if options.database_url else Postgres(folder / DATABASE)
        found[BROKER] = GivenServer(title, options.broker_url) if options.broker_url else own_server(broker, folder / BROKER)
        for each in found.values():
            each.start()
        yield found
    finally:
        for each in found.values():
            each.crash()


def placed(system: RunnableSystem, servers: Mapping[str, Server]) -> RunnableSystem:
    """The system on these servers, in databases of its own where the server is shared."""
    is_shared = isinstance(servers[DATABASE], GivenServer)
    variables = {**system.variables, "BROKER_URL": servers[BROKER].url}
    for each in system.processes:
        name = urlsplit(each.database_url(system.variables)).path + ("_chaos" if is_shared else "")
        variables[each.database_variable] = urlunsplit(urlsplit(servers[DATABASE].url)._replace(path=name))
    return replace(system, variables=variables)
