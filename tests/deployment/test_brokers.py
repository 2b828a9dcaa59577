"""What runs a system starts the broker that its model names, and names it where services look for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from tests.generated.architectures import on_broker, read_example

from microservices_skill.capacity.report import capacity
from microservices_skill.codegen.generate import generate_service
from microservices_skill.deployment.kubernetes.render import render as kubernetes
from microservices_skill.deployment.render import render
from microservices_skill.model.system import BrokerKind

BROKERS = [(BrokerKind.RABBITMQ, "amqp", 5672), (BrokerKind.NATS, "nats", 4222), (BrokerKind.KAFKA, "kafka", 9092)]


@pytest.mark.parametrize(("broker", "scheme", "port"), BROKERS)
def test_containers_and_processes_have_the_broker_of_the_model(broker: BrokerKind, scheme: str, port: int) -> None:
    tree = render(on_broker(read_example("shop"), broker))
    composed: dict[str, Any] = yaml.safe_load(tree["docker-compose.yml"].text)
    server, order = composed["services"][broker], composed["services"]["order"]
    assert "healthcheck" in server
    assert order["environment"]["BROKER_URL"].startswith(f"{scheme}://shop:${{{broker.upper()}_PASSWORD:?}}@{broker}:{port}")
    assert order["depends_on"][broker]["condition"] == "service_healthy"
    assert set(composed["volumes"]) == {"postgres", broker}
    assert f"BROKER_URL={scheme}://" in tree[".env.example"].text
    others = {each for each, *_ in BROKERS} - {broker}
    assert not others & composed["services"].keys()


@pytest.mark.parametrize(("broker", "scheme", "port"), BROKERS)
def test_tests_of_a_pipeline_have_it(broker: BrokerKind, scheme: str, port: int) -> None:
    workflow = render(on_broker(read_example("shop"), broker))[".github/workflows/system.yml"].text
    assert f"TEST_BROKER_URL: {scheme}://" in workflow
    assert f"{port}:{port}" in workflow


@pytest.mark.parametrize(("broker", "port"), [(BrokerKind.NATS, 4222), (BrokerKind.KAFKA, 9092)])
def test_streams_and_topics_are_kept_three_times_in_production_and_once_in_development(broker: BrokerKind, port: int) -> None:
    architecture = on_broker(read_example("shop"), broker)
    tree = kubernetes(architecture, capacity(architecture))
    base, dev = (yaml.safe_load(tree[f"deploy/kubernetes/{each}/kustomization.yaml"].text) for each in ("base", "overlays/dev"))
    assert "BROKER_REPLICAS=3" in base["configMapGenerator"][0]["literals"]
    assert "BROKER_REPLICAS=1" in dev["configMapGenerator"][0]["literals"]
    assert any(f'"port": {port}' in json.dumps(each) for each in yaml.safe_load_all(tree["deploy/kubernetes/base/network.yaml"].text))


@pytest.mark.parametrize("service", ["order", "inventory"])
def test_a_system_without_a_broker_starts_in_production_without_one(service: str) -> None:
    demand = '"BROKER_URL", self.is_embedded_broker' if service == "inventory" else "'BROKER_URL', isEmbeddedBroker"
    for broker, is_demanded in ((BrokerKind.RABBITMQ, True), (BrokerKind.NONE, False)):
        files = generate_service(on_broker(read_example("shop"), broker), service)
        [settings] = [file.text for path, file in files.items() if path.endswith(("inventory/config.py", "config/configuration.ts"))]
        assert (demand in settings) is is_demanded
