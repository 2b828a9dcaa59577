from typing import Any

import pytest
import yaml
from tests.generated.architectures import changed
from tests.monitoring.samples import SYSTEMS, files, rendered, system

from microservices_skill.model.system import Tracing


def collector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(name)["observability/otel-collector.yaml"].text)
    return found


def policies(name: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in collector(name)["processors"]["tail_sampling"]["policies"]}


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_part_of_a_pipeline_is_defined_and_none_is_unused(name: str):
    found = collector(name)
    for kind in ("receivers", "processors", "exporters"):
        used = {part for pipeline in found["service"]["pipelines"].values() for part in pipeline[kind]}
        assert used == set(found[kind]), kind
    assert set(found["service"]["extensions"]) == set(found["extensions"])
    assert all(pipeline["processors"][0] == "memory_limiter" for pipeline in found["service"]["pipelines"].values())
    assert all(pipeline["processors"][-1] == "batch" for pipeline in found["service"]["pipelines"].values())


def test_what_failed_was_slow_or_tells_of_a_saga_is_kept_and_a_part_of_the_rest():
    found = policies("shop")
    assert list(found) == ["errors", "slower-than-promised", "sagas", "part-of-the-rest"]
    assert all(each["type"] in each for each in found.values()), "each has the settings of its type"
    slow = found["slower-than-promised"]["ottl_condition"]["span"]
    assert len(slow) == 4
    assert any('"order"' in each and each.endswith("> 300000000") for each in slow)
    told = found["sagas"]["string_attribute"]["values"]
    assert "shop.PlaceOrderReserveStockCommand.v1" in told
    assert "shop.OrderConfirmed.v1" not in told
    assert "sagas" not in policies("alone")
    assert policies("choreographed")["sagas"]["string_attribute"]["values"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_team_has_a_receiver_for_each_severity(name: str):
    found = yaml.safe_load(files(name)["observability/alertmanager.yaml"].text)
    receivers = {each["name"] for each in found["receivers"]}
    owners = {"unowned", *(each.owners[0] for each in system(name).services if each.owners)}
    assert receivers == {f"{owner}-{severity}" for owner in owners for severity in ("page", "ticket")}
    routed = {tuple(each["matchers"]): each["receiver"] for each in found["route"]["routes"]}
    assert routed == {
        (f'owner="{owner}"', f'severity="{severity}"'): f"{owner}-{severity}" for owner in owners for severity in ("page", "ticket")
    }


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_service_is_a_target_under_its_own_name(name: str):
    found = yaml.safe_load(files(name)["observability/prometheus/prometheus.yaml"].text)
    jobs = {each["job_name"]: each for each in found["scrape_configs"]}
    assert len(jobs) == len(found["scrape_configs"])
    labels = [each["labels"]["service"] for each in jobs["services"]["static_configs"]]
    assert labels == [each.name for each in system(name).services]
    addresses = [address for each in jobs["services"]["static_configs"] for address in each["targets"]]
    assert len(set(addresses)) == len(labels)
    assert all(address.endswith(":8000") for address in addresses)


def test_a_service_with_the_name_of_a_server_is_found_beside_it():
    found = yaml.safe_load(files("names-of-servers")["observability/prometheus/prometheus.yaml"].text)
    [jobs] = [each["static_configs"] for each in found["scrape_configs"] if each["job_name"] == "services"]
    assert [each["targets"] for each in jobs] == [[f"{name}-service:8000"] for name in ("prometheus", "grafana", "rabbitmq", "jaeger")]


def test_in_a_cluster_pods_get_the_label_that_containers_get():
    found = yaml.safe_load(files("shop")["observability/prometheus/kubernetes.yaml"].text)
    [job] = [each for each in found["scrape_configs"] if each["job_name"] == "services"]
    rules = job["relabel_configs"]
    assert rules[0]["regex"] == "order|payment|inventory|notification"
    assert {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": "http", "action": "keep"} in rules
    assert {"source_labels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "target_label": "service"} in rules


def test_where_nothing_is_traced_nothing_collects_traces():
    found = system("shop")
    platform = found.system.platform
    observability = platform.observability.model_copy(update={"tracing": Tracing.NONE})
    untraced = found.system.model_copy(update={"platform": platform.model_copy(update={"observability": observability})})
    tree = rendered(changed(found, system=untraced))
    assert "observability/otel-collector.yaml" not in tree
    assert not [path for path, file in tree.items() if "otel-collector" in file.text or "jaeger:" in file.text]
