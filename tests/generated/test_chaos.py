"""The proof by faults on the shop, in short: it holds, and without one of the mechanisms that keep it safe it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.generated.architectures import ROOT, in_languages, on_broker, read_case, read_example
from tests.generated.languages import Toolchains
from tests.generated.mutations import MUTATIONS, Mutation
from tests.generated.seams import SHOP, write_shop

from microservices_skill.app.generation import generate_system
from microservices_skill.chaos.links import free_port
from microservices_skill.model.dumping import dump
from microservices_skill.model.system import BrokerKind, Language

pytestmark = pytest.mark.slow

COMMAND = [str(Path(sys.executable).parent / "microservices-skill"), "chaos"]
QUICK = {"OUTBOX_LEASE_S": "5", "DELIVERY_LEASE_S": "5"}
LIMIT_S = 900.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop is installed once, with ports of its own."""
    found = tmp_path_factory.mktemp("shop")
    ports = [f"{name}_PORT={free_port()}\n" for name in ("ORDER", "PAYMENT", "INVENTORY", "NOTIFICATION")]
    (found / ".env").write_text("".join(ports), encoding="utf-8")
    return found


def prove(folder: Path, toolchains: Toolchains, *options: str) -> dict[str, Any]:
    """Run the proof; its report."""
    path = os.pathsep.join([str(toolchains.typescript.bin), str(ROOT / ".tools/python/bin"), os.environ["PATH"]])
    command = [*COMMAND, str(folder), "--json", *options]
    done = subprocess.run(command, env={**os.environ, **QUICK, "PATH": path}, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.stdout, done.stderr[-6000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if report["ok"] else 1)
    assert report == json.loads((folder / ".run" / "chaos.json").read_text(encoding="utf-8"))
    return report


def broken(report: dict[str, Any]) -> list[str]:
    """The checks that do not hold, with what was found."""
    return [f"{each['name']}: {each['found']}" for each in report["checks"] if not each["holds"]]


def test_the_shop_loses_nothing_and_does_nothing_twice(folder: Path, toolchains: Toolchains) -> None:
    write_shop(folder)
    report = prove(folder, toolchains, "--requests", "150", "--kills", "6", "--seed", "7")
    assert broken(report) == []
    assert report["requests"] == 150
    assert report["faults"].keys() == {"kill", "freeze", "slow", "cut", "partition", "crash"}
    assert report["repeated_events"] > 0
    assert report["repeated_requests"] > 0


def test_the_shop_loses_nothing_over_nats_either(toolchains: Toolchains, tmp_path: Path) -> None:
    source = tmp_path / "architecture.yaml"
    source.write_text(dump(on_broker(read_example("shop"), BrokerKind.NATS)), encoding="utf-8")
    folder = tmp_path / "shop"
    generate_system(folder, source)
    shutil.copytree(SHOP / "written", folder, dirs_exist_ok=True)
    ports = [f"{name}_PORT={free_port()}\n" for name in ("ORDER", "PAYMENT", "INVENTORY", "NOTIFICATION")]
    (folder / ".env").write_text("".join(ports), encoding="utf-8")
    report = prove(folder, toolchains, "--requests", "100", "--kills", "5", "--seed", "5")
    assert broken(report) == []
    assert report["faults"].keys() == {"kill", "freeze", "slow", "cut", "partition", "crash"}
    assert report["repeated_events"] > 0


def test_a_choreographed_saga_loses_nothing_either(toolchains: Toolchains, tmp_path: Path) -> None:
    languages = {"order": Language.TYPESCRIPT, "stock": Language.PYTHON, "payment": Language.TYPESCRIPT}
    source = tmp_path / "architecture.yaml"
    source.write_text(dump(in_languages(read_case("choreographed"), languages)), encoding="utf-8")
    folder = tmp_path / "system"
    generate_system(folder, source)
    (folder / ".env").write_text("".join(f"{name.upper()}_PORT={free_port()}\n" for name in languages), encoding="utf-8")
    (folder / "chaos" / "scenario.yaml").write_text(json.dumps(choreographed_scenario()), encoding="utf-8")
    report = prove(folder, toolchains, "--requests", "80", "--kills", "4", "--seed", "3")
    assert broken(report) == []
    assert report["requests"] == 80
    assert report["repeated_events"] > 0


def choreographed_scenario() -> dict[str, Any]:
    """Orders that succeed, that are too large for the stock, and that are too dear for the card."""

    def order(lines: int, amount: int) -> dict[str, Any]:
        line = {"sku": "BIKE-1", "quantity": 1}
        return {"customer": "ada@example.com", "lines": [line] * lines, "total": {"minor_units": amount, "currency": "EUR"}}

    wishes = [{"body": order(1, 5000), "weight": 6}, {"body": order(4, 5000)}, {"body": order(1, 100_001)}]
    return {
        "apiVersion": "microservices-skill/v1",
        "kind": "ChaosScenario",
        "sagas": [{"name": "PlaceOrderSaga", "requests": wishes}],
    }


@pytest.mark.parametrize("mutation", [each for each in MUTATIONS if each.mechanism == "compensation"], ids=lambda each: each.mechanism)
def test_the_proof_sees_a_mechanism_that_is_missing(mutation: Mutation, folder: Path, toolchains: Toolchains) -> None:
    write_shop(folder)
    mutation.apply(folder)
    report = prove(folder, toolchains, "--requests", "40", "--kills", "2", "--patience", "20")
    assert any("nothing left for a cancelled one" in each for each in broken(report)), report
