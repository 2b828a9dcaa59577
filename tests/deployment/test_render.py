import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contracts.samples import SHOP
from tests.generated.architectures import EXAMPLES, read_example

from microservices_skill.app.generation import generate_system
from microservices_skill.deployment.environment import FIRST_PORT, places
from microservices_skill.deployment.render import render
from microservices_skill.files import FileTree


def files(example: str) -> FileTree:
    return render(read_example(example))


def compose(example: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(example)["docker-compose.yml"].text)
    return found


def test_every_service_is_a_line_of_the_procfile_that_becomes_its_process():
    lines = [line for line in files("shop")["Procfile"].text.splitlines() if not line.startswith("#")]
    assert lines[0] == "order: cd services/order && PORT=$ORDER_PORT DATABASE_URL=$ORDER_DATABASE_URL exec node dist/main.js"
    assert lines[2] == (
        "inventory: cd services/inventory && PORT=$INVENTORY_PORT DATABASE_URL=$INVENTORY_DATABASE_URL"
        " PYTHONPATH=src exec .venv/bin/python -m inventory"
    )
    assert len(lines) == 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_variable_of_the_procfile_has_a_value_for_a_developers_machine(example: str):
    found = files(example)
    given = dict(line.split("=", 1) for line in found[".env.example"].text.splitlines() if line and not line.startswith("#"))
    assert set(re.findall(r"\$(\w+)", found["Procfile"].text)) <= set(given)
    ports = [int(value) for name, value in given.items() if name.endswith("_PORT")]
    assert ports == list(range(FIRST_PORT, FIRST_PORT + len(ports)))


def test_a_service_that_others_call_has_an_address_and_what_is_outside_is_left_to_people():
    shop, fleet = files("shop")[".env.example"].text, files("fleet")[".env.example"].text
    assert "# MAIL_PROVIDER_URL=https://mail-provider.example" in shop
    assert "ORDER_DATABASE_URL=postgresql://postgres@127.0.0.1:5432/shop_order" in shop
    assert re.search(r"^VEHICLE_URL=http://127\.0\.0\.1:80\d\d$", fleet, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_service_starts_after_its_migration_and_its_servers(example: str):
    services = compose(example)["services"]
    for service in read_example(example).services:
        waits = services[service.name]["depends_on"]
        assert waits[f"{service.name}-migration"]["condition"] == "service_completed_successfully"
        assert waits["postgres"]["condition"] == waits["rabbitmq"]["condition"] == "service_healthy"
        assert services[f"{service.name}-migration"]["command"][-1] == "--create-database"
    for each in services.values():
        assert set(each.get("depends_on", {})) <= set(services)
    assert all("healthcheck" in services[server] for server in ("postgres", "rabbitmq"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_service_has_a_database_and_a_port_of_its_own(example: str):
    services = compose(example)["services"]
    own = [services[each.name] for each in read_example(example).services]
    databases = [each["environment"]["DATABASE_URL"] for each in own]
    assert len(set(databases)) == len(databases)
    assert [each["ports"] for each in own] == [[f"127.0.0.1:{FIRST_PORT + index}:8000"] for index in range(len(own))]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_container_knows_the_addresses_of_those_it_depends_on(example: str):
    services = compose(example)["services"]
    for place in places(read_example(example)):
        environment = services[place.name]["environment"]
        for name in place.calls:
            assert environment[f"{name.upper().replace('-', '_')}_URL"] == f"http://{name}:8000"
        for name in place.external:
            assert environment[f"{name.upper().replace('-', '_')}_URL"].endswith(f":-http://{name}.invalid}}")


def test_no_password_stands_in_the_tree_and_an_unset_one_is_refused():
    text = files("shop")["docker-compose.yml"].text
    assert "${POSTGRES_PASSWORD:?" in text
    assert "${RABBITMQ_PASSWORD:?" in text
    assert all("${" in url for url in re.findall(r"//\w+:(\S+)@", text))
    assert files("shop")[".gitignore"].text.splitlines()[1:] == [".env", ".run/"]


def test_a_system_in_both_languages_runs_the_first(tmp_path: Path):
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    generate_system(tmp_path, tmp_path / "architecture.yaml", language="both")
    text = (tmp_path / "Procfile").read_text(encoding="utf-8")
    assert "order-typescript: cd services/order-typescript && " in text
    assert "python" not in text
