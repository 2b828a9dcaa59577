from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.generated.architectures import write_tree
from tests.monitoring.samples import SYSTEMS, rendered, system
from tests.monitoring.test_tools import tool

from microservices_skill.deployment.render import render

OVERLAY = "docker-compose.observability.yml"


def overlay(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(render(system(name))[OVERLAY].text)
    return found


@pytest.mark.parametrize("name", SYSTEMS)
def test_services_send_their_traces_and_nobody_takes_the_name_of_another(name: str):
    base = yaml.safe_load(render(system(name))["docker-compose.yml"].text)["services"]
    over = overlay(name)["services"]
    watchers = {key for key, each in over.items() if "image" in each}
    assert watchers == {"alertmanager", "grafana", "jaeger", "otel-collector", "prometheus"}
    assert not watchers & set(base)
    assert set(over) - watchers <= set(base)
    assert len(set(over) - watchers) == len(system(name).services)
    assert all(over[each]["environment"] == {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector:4318"} for each in set(over) - watchers)


def test_those_who_watch_are_as_confined_as_the_services_and_reached_from_this_machine_alone():
    for each in (each for each in overlay("shop")["services"].values() if "image" in each):
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", []))
        assert each["image"].rpartition(":")[2][-1].isdigit(), "a tag is a version"
        assert all(volume.endswith(":ro") for volume in each.get("volumes", []) if volume.startswith("./"))


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_mounted_is_generated(name: str):
    tree = rendered(system(name))
    for each in overlay(name)["services"].values():
        for volume in each.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                path = source.removeprefix("./")
                assert path in tree or any(known.startswith(f"{path}/") for known in tree)
            else:
                assert source in overlay(name)["volumes"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_compose_takes_both_files(tmp_path: Path, name: str):
    folder = write_tree(render(system(name)) | rendered(system(name)), tmp_path)
    command = [tool("docker-compose", "run make tools"), "-f", "docker-compose.yml", "-f", OVERLAY, "config", "-q"]
    environment = os.environ | {"POSTGRES_PASSWORD": "a", "RABBITMQ_PASSWORD": "b"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
