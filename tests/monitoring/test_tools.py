"""What is generated before the tools that read it: promtool and amtool of the system's packages, Compose from ``make tools``."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.generated.architectures import ROOT
from tests.monitoring.samples import SYSTEMS, TELLING, files, written

pytestmark = pytest.mark.slow

PROMETHEUS = "observability/prometheus"


def tool(name: str, hint: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(ROOT / ".tools" / "python" / "bin"))
    if found is None and os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(f"{name} is not installed; {hint}")
    if found is None:
        pytest.skip(f"{name} is not installed; {hint}")
    return found


def run(folder: Path, *command: str, **environment: str) -> None:
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool(folder: Path, *arguments: str) -> None:
    run(folder, tool("promtool", "apt-get install prometheus"), *arguments)


@pytest.mark.parametrize("name", TELLING)
def test_rules_are_sound_and_fire_when_they_must(tmp_path: Path, name: str):
    folder = written(name, tmp_path) / PROMETHEUS
    promtool(folder, "check", "rules", "--lint=all", "--lint-fatal", *map(str, sorted((folder / "rules").iterdir())))
    promtool(folder, "test", "rules", *map(str, sorted((folder / "tests").iterdir())))


def test_a_rule_that_does_not_fire_is_found(tmp_path: Path):
    folder = written("alone", tmp_path) / PROMETHEUS
    rules = folder / "rules" / "billing.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("> 14.4 * 0.001", "> 144 * 0.001"), encoding="utf-8")
    with pytest.raises(AssertionError, match="AvailabilityBudgetBurnsFast"):
        promtool(folder, "test", "rules", "tests/billing.yaml")


@pytest.mark.parametrize("name", SYSTEMS)
def test_prometheus_takes_its_configuration(tmp_path: Path, name: str):
    folder = written(name, tmp_path) / PROMETHEUS
    promtool(folder, "check", "config", "prometheus.yaml")
    # Debian builds promtool without the discovery of Kubernetes: the rest of the file is checked with targets in its place
    document = yaml.safe_load((folder / "kubernetes.yaml").read_text(encoding="utf-8"))
    for job in document["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None) is not None:
            job["static_configs"] = [{"targets": ["localhost:8000"]}]
    (folder / "pods.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    promtool(folder, "check", "config", "pods.yaml")


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_query_of_a_dashboard_is_one(tmp_path: Path, name: str):
    rules = []
    for path, file in files(name).items():
        if path.startswith("observability/grafana/dashboards/"):
            for panel in json.loads(file.text)["panels"]:
                rules += [
                    {"record": f"panel:{len(rules)}", "expr": each["expr"].replace("$__rate_interval", "5m")}
                    for each in panel.get("targets", [])
                ]
    queries = tmp_path / "queries.yaml"
    queries.write_text(
        yaml.safe_dump(
            {"groups": [{"name": "panels", "rules": [each | {"record": f"panel:q{place}"} for place, each in enumerate(rules)]}]}
        )
    )
    promtool(tmp_path, "check", "rules", str(queries))


@pytest.mark.parametrize("name", SYSTEMS)
def test_alertmanager_takes_its_configuration(tmp_path: Path, name: str):
    folder = written(name, tmp_path)
    run(folder, tool("amtool", "apt-get install prometheus-alertmanager"), "check-config", "observability/alertmanager.yaml")
