"""Schemathesis, which reads the contract that a service serves, finds nothing wrong with the service."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.generated.architectures import LANGUAGES, ROOT, in_language, own_name, read_example, write_service
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Running
from tests.generated.servers import new_database

from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

HOOKS = ROOT / "templates" / "service-python" / "tests" / "contract"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("example", "name"), [("shop", "order"), ("shop", "inventory"), ("clinic", None), ("fleet", None)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_schemathesis_finds_nothing(
    language: Language, example: str, name: str | None, database: str, tmp_path: Path, toolchains: Toolchains, issuer: Issuer
) -> None:
    architecture = in_language(read_example(example, system=own_name(example)), language)
    richest = max(architecture.services, key=lambda each: len(each.endpoints))
    service = architecture.services_by_name[name] if name else richest
    scopes = " ".join(sorted({endpoint.scope for endpoint in service.endpoints if endpoint.scope}))
    folder = write_service(architecture, service, tmp_path)
    toolchain = toolchains[language]
    toolchain.prepare(folder)
    with ExitStack() as stack:
        settings = {**issuer.settings, "LOG_LEVEL": "WARNING"}
        if database == "postgresql":
            settings["DATABASE_URL"] = stack.enter_context(new_database()).url
        running = Running(toolchain, folder, settings).migrate().start()
        stack.callback(running.kill)
        fuzz = subprocess.run(
            [
                toolchains.python.home / "bin" / "schemathesis", "run", f"http://127.0.0.1:{running.port}/openapi.json", "--checks", "all",
                "--seed", "7", "--max-examples", "40", "--header", f"Authorization: Bearer {issuer.token(service.name, scopes)}",
            ],
            cwd=folder,
            env={**toolchains.python.environment(folder), "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HOOKS)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert fuzz.returncode == 0, fuzz.stdout[-6000:]
        assert running.is_alive
