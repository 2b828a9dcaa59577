"""No secret is generated, and none is in this repository: two scanners look, and each exception says what it is instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.security.scanning import scanned, write_example, write_repository

from microservices_skill.deployment.secret_scan import CONFIGURATION

pytestmark = pytest.mark.slow

HASHES = r"(package-lock\.json|requirements[a-z-]*\.txt)(\.jinja)?$|^(\./)?requirements/|elk\.bundled\.js$"
"""Hashes of packages by the thousand, and another's code in few lines: gitleaks reads these."""
REPOSITORY = "repository"
BOTH = "fleet"
"""The system that is written anew, in both languages; the shop stands in the repository."""


@dataclass(frozen=True)
class Harmless:
    """Lines that look like a secret and are none."""

    what: str
    path: str
    line: str

    def covers(self, path: str, line: str) -> bool:
        """Whether a finding is this."""
        return re.search(self.path, path) is not None and re.search(self.line, line) is not None


GENERATED = (
    Harmless(
        "names of secrets, never their values", r"(^|/)deploy/.*\.yaml$", r"^\s*(- secretKey: [A-Z_]+|automountServiceAccountToken: false)$"
    ),
    Harmless("hashes of generated files", r"\.microservices-skill/lock\.json$", r'^\s*"[^"]+": "[0-9a-f]{64}",?$'),
    Harmless(
        "what RabbitMQ has everywhere, for this machine alone",
        r"(^|/)(\.env\.example|\.github/workflows/\w+\.yml)$",
        r"amqp://guest:guest@127\.0\.0\.1",
    ),
    Harmless("an example of a trace id (W3C)", r"test/integration/tracing\.test\.ts$", "4bf92f3577b34da6a3ce929d0e0e4736"),
    Harmless("made up for a test", r"tests/unit/test_service_tokens\.py(\.jinja)?$", r"s3:cr%t|Bearer|theirs|a client"),
    Harmless("made up for a test", r"test/unit/service-tokens\.test\.ts$", r"s3:cr%t|Bearer|theirs|access_token: 'x'"),
)
OWN = (
    Harmless("servers of this machine", r"\.py$|^\.ci/run$", r"(guest:guest@127\.0\.0\.1|(me|user):(secret|pass\w*)@)"),
    Harmless(
        "names of what is secret",
        r"^server/microservices_skill/(model/fields|running/issuer)\.py$",
        r"# noqa: S105|\"token_type\": \"Bearer\"",
    ),
    Harmless("rights of a job", r"deployment/pipelines/\w+\.py$", r'"id-token": "write"'),
    Harmless("commits of actions", r"deployment/pipelines/actions\.py$", r'^\s*"[\w./-]+": \("[0-9a-f]{40}", "v[\d.]+"\),$'),
    Harmless("paths of files", r"^server/microservices_skill/security/safeguards\.py$", r'tokens=f?"'),
    Harmless("these exceptions", r"^tests/security/test_secrets\.py$", r"Harmless\(|guest:guest|s3:cr|_KEY|ghp_|api_key|token_type|Bearer"),
    Harmless("what a rule refuses", r"^tests/rules/secret-literal/violates\.yaml$", "."),
    Harmless("what the issuer refuses", r"^tests/running/test_issuer\.py$", '"guess"'),
    Harmless("made up for a test", r"^tests/deployment/pipelines/test_release\.py$", '"let-me-in"'),
    Harmless("made up for a test", r"^tests/security/test_deployed\.py$", "hunter2"),
    Harmless("made up for a test", r"^tests/generated/test_service_tokens\.py$", '"(a secret: of|of a person)'),
    Harmless("made up for a test", r"^tests/adoption/test_(running|shipping)\.py$", '"hidden(-[bc])?"'),
    Harmless("an example of a trace id (W3C)", r"^tests/adoption/test_running\.py$", "4bf92f3577b34da6a3ce929d0e0e4736"),
    Harmless("an example of a trace id (W3C)", r"^tests/http_server/test_telling\.py$", "0af7651916cd43dd8448eb211c80319c"),
    Harmless("made up for a test", r"^tests/mcp/test_safety\.py$", '^SECRET = "only its owner reads this"$'),
    Harmless("a reason", r"^tests/validators/test_server_deployment\.py$", '^ +"manifests-without-secrets": "a team brings'),
    Harmless("a test's name", r"^tests/migration/test_plan\.py$", "^def test_a_foreign_writer_"),
)


@pytest.fixture(scope="module", params=[BOTH, REPOSITORY])
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    return write_repository(folder) if request.param == REPOSITORY else write_example(request.param, folder)


def detected(folder: Path) -> Iterator[tuple[str, str, str]]:
    """What detect-secrets finds: the path, the line, the kind."""
    scan = ("detect-secrets", "scan", "--all-files", "--no-verify", "--exclude-files", HASHES, ".")
    found = json.loads(scanned(folder, *scan).stdout)["results"]
    for path, findings in found.items():
        lines = (folder / path).read_text(encoding="utf-8").splitlines()
        for each in findings:
            yield path.removeprefix("./"), lines[each["line_number"] - 1], each["type"]


def leaked(folder: Path) -> list[dict[str, str]]:
    """What gitleaks finds, with the exceptions that a generated system tells it."""
    configuration = folder / ".gitleaks.toml"
    if not configuration.exists():
        configuration.write_text(CONFIGURATION, encoding="utf-8")
    report = folder / "gitleaks.json"
    scanned(folder, "gitleaks", "dir", ".", "--no-banner", "--report-format", "json", "--report-path", str(report))
    found: list[dict[str, str]] = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    return found


def test_gitleaks_finds_nothing_that_is_not_explained(tree: Path):
    assert leaked(tree) == []


def test_detect_secrets_finds_nothing_that_is_not_explained(tree: Path):
    unexplained = [each for each in detected(tree) if not any(known.covers(*each[:2]) for known in (*GENERATED, *OWN))]
    assert unexplained == []


def test_a_secret_that_somebody_writes_into_a_generated_system_is_found(tmp_path: Path):
    folder = write_example("fleet", tmp_path)
    planted = {
        "services/trip-python/src/trip/config.py": f'\nAWS_KEY = "AKIA{"Q3EGR7ZQ2XVJ5KTN"}"\n',
        "contracts/pacts/trip--vehicle.json": f'\n"key": "ghp_{"x9K2mV7qL4pR8sT1wY6zB3nC5dF0gH2jK4lM"}"\n',
        ".microservices-skill/lock.json": f'\n"api_key": "sk_live_{"4eC39HqLyjWDarjtT1zdp7dc"}"\n',
    }
    for path, text in planted.items():
        with (folder / path).open("a", encoding="utf-8") as file:
            file.write(text)
    assert {each["File"] for each in leaked(folder)} == planted.keys()
    found = {
        path for path, line, _ in detected(folder / "services/trip-python") if not any(known.covers(path, line) for known in GENERATED)
    }
    assert "src/trip/config.py" in found
