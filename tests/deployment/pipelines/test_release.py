import signal
import time
from pathlib import Path

import pytest
from tests.deployment.pipelines.stage import NEW, OLD, SERVICES, Stage, prometheus


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage.set_up(tmp_path)


OLD_IMAGES = {name: OLD.format(f"shop/{name}") for name in SERVICES}
NEW_IMAGES = {name: f"registry.example/acme/shop/{name}@{NEW}" for name in SERVICES}


def is_canary_out(stage: Stage) -> bool:
    return any(each["updated"] and each["image"] == NEW_IMAGES[name] for name, each in stage.cluster["deployments"].items())


def is_untouched(stage: Stage) -> bool:
    found = stage.cluster
    return stage.images() == OLD_IMAGES and not any(each.startswith("Deployment/") for each in found["applied"])


def is_as_before(stage: Stage) -> bool:
    deployments = stage.cluster["deployments"].values()
    return stage.images() == OLD_IMAGES and all(not each["paused"] and each["updated"] == each["replicas"] for each in deployments)


def test_a_healthy_release_is_tried_with_one_pod_of_each_service_and_then_goes_everywhere(stage: Stage):
    seen: list[int] = []
    stage.metrics.failing = lambda name: seen.append(stage.cluster["deployments"][name]["updated"]) or 0.0  # type: ignore[func-returns-value]
    code, printed = stage.release()
    assert code == 0, printed
    assert stage.images() == NEW_IMAGES
    assert all(each["updated"] == 2 and not each["paused"] for each in stage.cluster["deployments"].values())
    assert 1 in seen, "it was never watched with one new pod"
    assert printed.rstrip().endswith("released")


def test_migrations_run_before_any_pod_is_new_and_settings_before_migrations(stage: Stage):
    stage.release()
    order = [each.partition("/")[0] for each in stage.cluster["applied"]]
    assert order == ["ConfigMap", *["Job"] * 4, *["Deployment"] * 4]
    log = stage.cluster["log"]
    assert log.index("delete job order-migration") < log.index("get job order-migration")


def test_a_burning_error_budget_brings_the_old_pods_back(stage: Stage):
    stage.metrics.failing = lambda name: 0.3 if name == "payment" and is_canary_out(stage) else 0.0
    code, printed = stage.release("--watch=30")
    assert code == 1
    assert "payment: 30.00% of its requests fail, more than 1.44%" in printed
    assert is_as_before(stage), printed
    assert printed.rstrip().endswith("rolled back")


def test_errors_within_the_promised_rate_are_no_reason_to_go_back(stage: Stage):
    stage.metrics.failing = lambda _: 0.01
    assert stage.release()[0] == 0


def test_what_breaks_only_once_all_pods_are_new_is_taken_back_as_well(stage: Stage):
    stage.metrics.failing = lambda name: (
        1.0
        if stage.cluster["deployments"][name]["image"] == NEW_IMAGES[name]
        and not (stage.cluster["deployments"][name]["paused"] or stage.cluster["deployments"][name]["updated"] < 2)
        else 0.0
    )
    code, printed = stage.release("--watch-after=30")
    assert "all pods are new" in printed
    assert code == 1
    assert is_as_before(stage), printed


def test_a_prometheus_that_goes_away_brings_the_old_pods_back(stage: Stage):
    stage.metrics.down = lambda: is_canary_out(stage)
    code, printed = stage.release("--watch=30")
    assert code == 1
    assert "does not answer a query" in printed
    assert is_as_before(stage), printed


def test_one_answer_that_is_missing_is_not_the_end(stage: Stage):
    missing = iter([False] * 2 + [True] + [False] * 1000)
    stage.metrics.down = lambda: next(missing)
    assert stage.release()[0] == 0


def test_without_a_prometheus_nothing_is_changed(stage: Stage):
    process = stage.start("http://127.0.0.1:9")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "nothing was changed" in printed
    assert is_untouched(stage)


def test_a_service_that_burned_already_can_be_mended_but_not_made_worse(stage: Stage):
    stage.metrics.failing = lambda name: 0.4 if name == "order" else 0.0
    assert stage.release()[0] == 0
    stage.cluster = Stage.set_up(stage.root / "again").cluster
    stage.metrics.failing = lambda name: 0.0 if name != "order" else 0.6 if is_canary_out(stage) else 0.4
    code, printed = stage.release("--watch=30")
    assert code == 1
    assert "order: 60.00%" in printed


def test_a_pod_that_never_becomes_ready_is_taken_back(stage: Stage):
    state = stage.cluster
    state["never_ready"] = [NEW_IMAGES["inventory"]]
    stage.cluster = state
    code, printed = stage.release()
    assert code == 1
    assert "inventory is not ready in time" in printed
    assert is_as_before(stage), printed


def test_a_migration_that_fails_leaves_the_services_alone_and_says_what_it_printed(stage: Stage):
    state = stage.cluster
    state["failing_jobs"] = ["payment-migration"]
    stage.cluster = state
    code, printed = stage.release()
    assert code == 1
    assert "job payment-migration failed" in printed
    assert "relation exists already" in printed
    assert is_untouched(stage)


def test_a_paused_deployment_is_for_people_to_look_at(stage: Stage):
    state = stage.cluster
    state["deployments"]["order"]["paused"] = True
    stage.cluster = state
    code, printed = stage.release()
    assert code == 1
    assert "deployment order is paused" in printed
    assert is_untouched(stage)


def test_a_refused_manifest_takes_back_what_was_applied_before_it(stage: Stage):
    state = stage.cluster
    for name in SERVICES:
        state["deployments"][name]["replicas"] = 2
    stage.cluster = state
    kubectl = stage.root / "bin" / "kubectl"
    text = kubectl.read_text(encoding="utf-8")
    kubectl.write_text(text.replace('if state.get("apply_fails")', 'if "Deployment/order" in state["applied"]'), encoding="utf-8")
    code, printed = stage.release()
    assert code == 1
    assert "the server has refused" in printed
    assert is_as_before(stage), printed


def test_a_cluster_that_stumbles_while_going_back_is_asked_again(stage: Stage):
    stage.metrics.failing = lambda _: 0.5 if is_canary_out(stage) else 0.0
    kubectl = stage.root / "bin" / "kubectl"
    stumble = """    if words[:2] == ["rollout", "undo"] and not state.get("stumbled"):
        state["stumbled"] = True
        _keep(state)
        return 1
    try:
"""
    kubectl.write_text(kubectl.read_text(encoding="utf-8").replace("    try:\n", stumble, 1), encoding="utf-8")
    code, printed = stage.release("--watch=30")
    assert code == 1
    assert "(attempt 1 of 3)" in printed
    assert is_as_before(stage), printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_release_is_taken_back(stage: Stage, number: signal.Signals):
    with prometheus(stage.metrics) as address:
        process = stage.start(address, "--watch=60")
        deadline = time.monotonic() + 30
        assert process.stdout is not None
        while "watching" not in process.stdout.readline():
            assert time.monotonic() < deadline
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"stopped by {number.name}" in printed
    assert is_as_before(stage), printed


def test_a_service_that_prometheus_does_not_measure_is_taken_back(stage: Stage):
    stage.metrics.measured = ("order", "payment", "inventory")
    stage.metrics.rates.pop("notification")
    code, printed = stage.release()
    assert code == 1
    assert "does not measure notification" in printed
    assert is_as_before(stage), printed


def test_a_service_without_requests_has_no_errors(stage: Stage):
    stage.metrics.rates["notification"] = 0.0
    assert stage.release()[0] == 0


def test_a_service_that_is_new_has_nothing_to_compare_and_is_only_awaited(stage: Stage):
    state = stage.cluster
    del state["deployments"]["notification"]
    stage.cluster = state
    code, printed = stage.release()
    assert code == 0, printed
    assert "canary: inventory, order, payment;" in printed
    assert stage.images() == NEW_IMAGES


def test_what_is_released_already_is_left_alone(stage: Stage):
    assert stage.release()[0] == 0
    before = {name: each["revision"] for name, each in stage.cluster["deployments"].items()}
    code, printed = stage.release()
    assert code == 0
    assert "nothing has changed that pods would notice" in printed
    assert {name: each["revision"] for name, each in stage.cluster["deployments"].items()} == before


def test_the_series_of_one_environment_are_asked_for_and_probes_do_not_count(stage: Stage):
    stage.release('--selector=namespace="shop-staging"')
    assert all('namespace="shop-staging"' in query for query in stage.metrics.queries)
    rates = [query for query in stage.metrics.queries if query.startswith("sum")]
    assert rates
    assert all('http_route!~"/health.*|/metrics"' in query and "[5m]" in query for query in rates)


def test_a_prometheus_inside_of_the_cluster_is_asked_through_its_api(stage: Stage):
    with prometheus(stage.metrics) as address:
        state = stage.cluster
        state["behind"] = {"/api/v1/namespaces/monitoring/services/prometheus:9090": address}
        stage.cluster = state
        process = stage.start("kubernetes://monitoring/prometheus:9090")
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert stage.metrics.queries


def test_a_prometheus_behind_a_token_is_shown_it(stage: Stage):
    assert stage.release(PROMETHEUS_TOKEN="let-me-in")[0] == 0
    assert set(stage.metrics.tokens) == {"Bearer let-me-in"}


def test_without_an_address_of_prometheus_a_release_says_what_to_set(stage: Stage):
    process = stage.start("")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "set the variable PROMETHEUS of the environment" in printed
    assert stage.cluster["log"] == []


def test_an_image_that_is_not_there_or_not_signed_by_the_workflow_stops_everything(stage: Stage):
    code, printed = stage.release(NO_IMAGES="shop/payment")
    assert code == 1
    assert "shop/payment" in printed
    assert "is not in the registry" in printed
    code, printed = stage.release("--signed-by=https://forge.example/acme/shop/system.yml@refs/heads/main", SIGNER="somebody")
    assert code == 1
    assert "is not signed by" in printed
    assert stage.cluster["log"] == []
    assert stage.release("--signed-by=me", SIGNER="me")[0] == 0


def test_an_image_that_no_manifest_uses_is_not_released_in_silence(stage: Stage):
    overlay = stage.root / "deploy/kubernetes/overlays/staging/manifests.json"
    overlay.write_text(overlay.read_text(encoding="utf-8").replace("/shop/order:", "/workshop/order:"), encoding="utf-8")
    code, printed = stage.release()
    assert code == 1
    assert "has the image shop/order, so that" in printed
    assert is_untouched(stage)
