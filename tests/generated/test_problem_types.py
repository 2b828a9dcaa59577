"""Each problem type on a system that people have edited, in each language and in both: what comes of it runs, and no edit is lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import ROOT
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchain, Toolchains
from tests.generated.processes import Answer, Caller, Running
from tests.generated.servers import new_database

from microservices_skill.app.changing import change_architecture
from microservices_skill.app.design import read_model
from microservices_skill.app.discovery import propose, read_draft
from microservices_skill.app.generation import Capability, generate_service, generate_system
from microservices_skill.app.migrating import plan_migration
from microservices_skill.app.writing import Manner
from microservices_skill.codegen.capabilities import files_of
from microservices_skill.files import File, FileTree
from microservices_skill.model.system import Language
from microservices_skill.regeneration.request import Choices

pytestmark = pytest.mark.slow

SETTINGS = ("typescript", "python", "both")
PEOPLE = "what people wrote stays"
FIELD = ("          - {name: title,", "          - {name: effort, type: integer, minimum: 1, required: false}\n          - {name: title,")
CLOSE = '      - {operation: closeTask, action: transition, transition: close, entity: Task, scope: "tasks:write"}\n'
CLOSING = ("      - {operation: getTask,", f"{CLOSE}      - {{operation: getTask,")


@dataclass(frozen=True)
class Code:
    """A generated service of one language, with what differs in where things are."""

    language: Language
    folder: Path

    @property
    def is_python(self) -> bool:
        return self.language is Language.PYTHON

    def path(self, python: str, typescript: str) -> Path:
        return self.folder / (python if self.is_python else typescript)

    @property
    def edited(self) -> list[Path]:
        """Where people write: rules, and files of the generator that a capability renews."""
        return [
            self.path("src/task/domains/task/rules.py", "src/domains/task/task.rules.ts"),
            self.path("src/task/infrastructure/http_client.py", "src/infrastructure/http-client/dependency-client.ts"),
            self.path("src/task/infrastructure/http_metrics.py", "src/infrastructure/observability/http-metrics.ts"),
            self.path("tests/unit/test_resilience.py", "test/unit/resilience.test.ts"),
            self.folder / "Dockerfile",
        ]

    def edit(self) -> None:
        for each in self.edited:
            comment = "//" if each.suffix == ".ts" else "#"
            each.write_text(f"{each.read_text(encoding='utf-8')}\n{comment} {PEOPLE}\n", encoding="utf-8")


@dataclass(frozen=True)
class System:
    """A system that is generated in one language or in both, and edited since."""

    root: Path
    setting: str
    toolchains: Toolchains
    issuer: Issuer

    @property
    def model(self) -> Path:
        return self.root / "architecture.yaml"

    def codes(self, service: str = "task") -> list[Code]:
        """The service in each of its languages."""
        if self.setting == "both":
            return [Code(each, self.root / f"services/{service}-{each}") for each in (Language.TYPESCRIPT, Language.PYTHON)]
        return [Code(Language(self.setting), self.root / "services" / service)]

    def change(self, *edits: tuple[str, str]) -> Path:
        """Edit the model; where the version before is."""
        before = self.root / "old.yaml"
        shutil.copy(self.model, before)
        text = self.model.read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        self.model.write_text(text, encoding="utf-8")
        return before

    def generate(self) -> None:
        assert generate_system(self.root, self.model, language=self.setting).written

    def renew(self, capability: Capability, *lost: Path) -> dict[str, int]:
        """Bring one capability up to date; files that got lost come back."""
        paths = tuple(each.relative_to(self.root).as_posix() for each in lost)
        manner = Manner(choices=Choices(theirs=paths))
        written = generate_service(self.root, self.model, service="task", capability=capability, language=self.setting, manner=manner)
        assert written.written
        return written.counts

    @contextmanager
    def running(self, code: Code, command: list[str] | None = None) -> Iterator[Running]:
        """A service of it, prepared and started on a database of its own."""
        toolchain: Toolchain = self.toolchains[code.language]
        toolchain.prepare(code.folder)
        with new_database() as database:
            found = Running(toolchain, code.folder, {"DATABASE_URL": database.url, **self.issuer.settings})
            found.migrate()
            if command is not None:
                assert found.toolchain.start_command(code.folder)[1:] == command[1:]
            try:
                yield found.start()
            finally:
                assert found.stop() == 0


@pytest.fixture(params=SETTINGS)
def system(request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path: Path) -> System:
    """The case, generated, and edited by people."""
    found = System(tmp_path, request.param, toolchains, issuer)
    shutil.copy(ROOT / "tests/generated/cases/tasks.yaml", found.model)
    found.generate()
    for each in found.codes():
        each.edit()
    return found


@pytest.fixture(autouse=True)
def _nothing_is_lost(system: System) -> Iterator[None]:
    yield
    for code in system.codes():
        for each in code.edited:
            assert PEOPLE in each.read_text(encoding="utf-8"), each


def test_architecture(system: System) -> None:
    before = system.change(FIELD)
    found = change_architecture(system.root, system.model, against=before, title="Tasks have an effort", supersedes=("ADR-001",))
    assert (found.decision, found.broken) == ("ADR-002", ())
    assert [each.service for each in found.touched] == ["task"]
    system.generate()
    assert "supersedes [ADR-001]" in (system.root / "docs/adr/ADR-002-tasks-have-an-effort.md").read_text(encoding="utf-8")
    for code in system.codes():
        with system.running(code) as running:
            assert added(system, running, effort=3).json["effort"] == 3
            assert added(system, running).json["effort"] is None


def test_implementation(system: System) -> None:
    system.change(CLOSING)
    system.generate()
    for code in system.codes():
        with system.running(code) as running:
            task = added(system, running).json["id"]
            closed = caller(system, running).change("POST", f"/v1/tasks/{task}/close")
            assert (closed.status, closed.json["status"]) == (200, "closed")
            assert caller(system, running).change("POST", f"/v1/tasks/{task}/close").status == 409


def test_resilience(system: System) -> None:
    others = contents(system, "resilience")
    system.change(("timeout: 900ms", "timeout: 350ms"))
    assert "update" in system.renew("resilience")
    assert contents(system, "resilience") == others
    for code in system.codes():
        clients = code.path("src/task/infrastructure/clients.py", "src/infrastructure/http-client/clients.ts")
        assert "0.35" in clients.read_text(encoding="utf-8")
        with system.running(code) as running:
            key, who = str(uuid4()), caller(system, running)
            made = [who.change("POST", "/v1/tasks", {"title": "once"}, Idempotency_Key=key) for _ in range(2)]
            assert [each.status for each in made] == [201, 201]
            assert made[0].json == made[1].json
        own_tests(system, code, "tests/unit/test_resilience.py", "test/unit/resilience.test.ts")


def test_observability(system: System) -> None:
    lost = [
        code.path("src/task/infrastructure/health.py", "src/infrastructure/observability/health.controller.ts") for code in system.codes()
    ]
    for each in lost:
        each.unlink()
    assert system.renew("observability", *lost)["create"] == len(lost)
    for code in system.codes():
        with system.running(code) as running:
            added(system, running)
            assert running.call("GET", "/health/ready").status == 200
            assert re.search(r"http_server_request\w*_count\{", running.call("GET", "/metrics").text)
            traced = [each for each in running.records if each.get("trace_id")]
            assert traced, "logs carry the trace"


def test_testing(system: System) -> None:
    lost = [code.path("tests/unit/test_transport.py", "test/unit/transport.test.ts") for code in system.codes()]
    for each in lost:
        each.unlink()
    assert system.renew("testing", *lost)["create"] == len(lost)
    for code in system.codes():
        system.toolchains[code.language].prepare(code.folder)
        own_tests(system, code, "tests/unit", "test/unit")


def test_deployment(system: System) -> None:
    lost = [code.folder / ".dockerignore" for code in system.codes()]
    for each in lost:
        each.unlink()
    assert system.renew("deployment", *lost)["create"] == len(lost)
    for code in system.codes():
        [command] = re.findall(r"^CMD (\[.*\])$", (code.folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
        with system.running(code, json.loads(command)) as running:
            assert added(system, running).status == 201


def test_security(system: System) -> None:
    system.change(('scope: "tasks:write", publishes', 'scope: "tasks:admin", publishes'))
    system.generate()
    for code in system.codes():
        with system.running(code) as running:
            assert running.call("POST", "/v1/tasks", {"title": "x"}, {"Idempotency-Key": str(uuid4())}).status == 401
            assert caller(system, running, "tasks:write").change("POST", "/v1/tasks", {"title": "x"}).status == 403
            assert caller(system, running, "tasks:admin").change("POST", "/v1/tasks", {"title": "x"}).status == 201


def test_migration(system: System) -> None:
    """A service that leaves a monolith answers on its paths, in every language; test_migration moves it under load."""
    folder = system.root / "monolith"
    folder.mkdir()
    source, model = folder / "monolith.yaml", folder / "architecture.yaml"
    shutil.copy(ROOT / "examples/monolith/monolith.yaml", source)
    plan_migration(folder, source)
    propose(ROOT / "examples/shop/answers.yaml", output=model, draft=read_draft(folder / "migration/draft.yaml"))
    assert generate_service(folder, model, service="review", language=system.setting).written
    left = System(folder, system.setting, system.toolchains, system.issuer)
    for code in left.codes("review"):
        with left.running(code) as running:
            who = Caller(running, {"Authorization": f"Bearer {system.issuer.token('review', scopes_of(model, 'review'))}"})
            body = {"sku": "BIKE-1", "stars": 5, "written_on": "2026-01-31", "is_shown": True}
            made = who.change("POST", "/reviews", body)
            assert made.status == 201, made.text
            assert who.get(f"/reviews/{made.json['id']}").json["stars"] == 5
            assert [each["id"] for each in who.get("/reviews").json["items"]] == [made.json["id"]]


def scopes_of(model: Path, service: str) -> str:
    return " ".join(sorted({each.scope for each in read_model(model).services_by_name[service].endpoints if each.scope}))


def caller(system: System, running: Running, scopes: str = "tasks:read tasks:write tasks:admin") -> Caller:
    return Caller(running, {"Authorization": f"Bearer {system.issuer.token('task', scopes)}"})


def added(system: System, running: Running, **values: Any) -> Answer:
    made = caller(system, running).change("POST", "/v1/tasks", {"title": "Paint the fence", **values})
    assert made.status == 201, made.text
    return made


def own_tests(system: System, code: Code, python: str, typescript: str) -> None:
    """Run some of the service's own tests."""
    toolchain = system.toolchains[code.language]
    command = ["pytest", "-q", python] if code.is_python else ["vitest", "run", typescript]
    environment = toolchain.environment(code.folder)
    program = shutil.which(command[0], path=environment["PATH"])
    assert program is not None
    done = subprocess.run(
        [program, *command[1:]],
        cwd=code.folder,
        env={**os.environ, **environment, "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def contents(system: System, capability: str) -> dict[str, bytes]:
    """Every file of the services that does not belong to a capability."""
    found: dict[str, bytes] = {}
    for code in system.codes():
        paths = [each for each in code.folder.rglob("*") if each.is_file() and not {"node_modules", "dist"} & set(each.parts)]
        tree = FileTree((each.relative_to(code.folder).as_posix(), File("")) for each in paths)
        own = files_of(tree, capability)
        found |= {f"{code.language}/{path}": (code.folder / path).read_bytes() for path in tree if path not in own}
    return found
