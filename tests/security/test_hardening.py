"""Each item of the checklist holds in what is generated, and fails once somebody breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.generated.architectures import EXAMPLES, ROOT

from microservices_skill.app.generation import generate_system
from microservices_skill.cli import main
from microservices_skill.decisions.hardening import page
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.security.hardening import harden, items

ITEMS = [each.id for each in items()]
Files = dict[str, str]


@cache
def _generated(example: str, language: str, folder: Path) -> tuple[tuple[str, str], ...]:
    generate_system(folder, ROOT / "examples" / example / "architecture.yaml", language=language)
    found = (each for each in sorted(folder.rglob("*")) if each.is_file())
    return tuple((each.relative_to(folder).as_posix(), each.read_text(encoding="utf-8")) for each in found)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Files]:
    """The files of an example in a language, generated once."""
    folders: dict[tuple[str, str], Path] = {}

    def files(example: str, language: str) -> Files:
        folder = folders.setdefault((example, language), tmp_path_factory.mktemp(example) / language)
        return dict(_generated(example, language, folder))

    return files


def model(example: str) -> Architecture:
    architecture, _ = read_architecture((ROOT / "examples" / example / "architecture.yaml").read_text(encoding="utf-8"), source=example)
    return architecture


def failing(architecture: Architecture, files: Files) -> set[str]:
    return {each.item.id for each in harden(architecture, files) if each.faults}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_item_holds_in_what_is_generated(example: str, places: Callable[[str, str], Files]):
    assert failing(model(example), places(example, "both")) == set()


BROKEN: dict[str, list[tuple[str, str, str]]] = {
    "production-needs-issuer": [
        (r"/config\.py$", r'^\s*\("AUTH_TOKEN_URL".*\n', ""),
        (r"/configuration\.ts$", r"^\s*\['AUTH_JWKS_URL'.*\n", ""),
    ],
    "transport-encrypted": [
        (r"/config\.py$", r'^\s*\("BROKER_URL", "begin.*\n', ""),
        (r"/configuration\.ts$", r"^\s*\['DATABASE_URL', 'add.*\n", ""),
        (r"/config(uration)?\.(py|ts)$", r"environment (!==?) ", "log_level \\1 "),
    ],
    "least-privilege": [
        (r"^security/clients\.yaml$", r"- vehicles:read\n", "- vehicles:read\n          - vehicles:write\n"),
        (r"^security/clients\.yaml$", r"\A[\s\S]*", "["),
        (r"^security/clients\.yaml$", r"id: dispatch", "id: stranger"),
    ],
    "sensitive-masked": [
        (r"/logger\.py$", r'^\s*"address",\n', ""),
        (r"/config/service\.ts$", r"^\s*'password',\n", ""),
    ],
    "changes-audited": [(r"/audit\.(py|ts)$", r"log\.info", "log.debug")],
    "headers-set": [(r"/security(_headers\.py|-headers\.middleware\.ts)$", r"(?i)x-content-type-options", "X-Nothing")],
    "dependencies-locked": [
        (r"/requirements\.txt$", r"--hash=sha256:\w+", ""),
        (r"/package-lock\.json$", r'^\s*"integrity": .*\n', ""),
    ],
    "images-confined": [
        (r"/Dockerfile$", r"^USER .*\n", ""),
        (r"/Dockerfile$", r"^USER .*\n", "USER 0:0\n"),
        (r"/Dockerfile$", r"^FROM (\S+):\S+", r"FROM \1:latest"),
        (r"/\.dockerignore$", r"^\*\n", ""),
        (r"/\.dockerignore$", r"\Z", "!.env\n"),
    ],
    "containers-confined": [
        (r"^docker-compose\.yml$", r"read_only: true", "read_only: false"),
        (r"^docker-compose\.yml$", r"^\s*cap_drop:\n\s*- ALL\n", ""),
        (r"^docker-compose\.yml$", r"no-new-privileges:true", "apparmor:unconfined"),
        (r"^docker-compose\.yml$", r"127\.0\.0\.1:(\d+):8000", r"\1:8000"),
    ],
    "secrets-outside": [
        (r"^docker-compose\.yml$", r"POSTGRES_PASSWORD: \$\{[^}]*\}", "POSTGRES_PASSWORD: hunter2"),
        (r"^docker-compose\.yml$", r"postgres:\$\{POSTGRES_PASSWORD:\?\}@", "postgres:hunter2@"),
        (r"^\.gitignore$", r"^\.env\n", ""),
        (r"^\.gitleaks\.toml$", r"\A[\s\S]*", ""),
    ],
}


@pytest.mark.parametrize(("identity", "path", "pattern", "instead"), [(name, *each) for name, broken in BROKEN.items() for each in broken])
def test_an_item_that_somebody_breaks_fails_and_no_other(
    identity: str, path: str, pattern: str, instead: str, places: Callable[[str, str], Files]
):
    files, touched = places("fleet", "both"), 0
    for name in [each for each in files if re.search(path, each)]:
        files[name], count = re.subn(pattern, instead, files[name], flags=re.MULTILINE)
        touched += count
    assert touched > 0, "nothing was broken"
    assert failing(model("fleet"), files) == {identity}


def test_every_item_is_broken_by_some_test():
    looked_at = {each.id for each in items() if each.folder}
    assert {*BROKEN, "operations-guarded"} == set(ITEMS) - looked_at


@pytest.mark.parametrize("change", [{"auth": False}, {"scope": None}, {"rateLimit": None}])
def test_an_operation_that_is_not_guarded_fails(change: dict[str, object], places: Callable[[str, str], Files]):
    document = model("fleet").model_dump(by_alias=True)
    endpoint = next(each for each in document["services"][0]["endpoints"] if each["action"] == "create")
    endpoint |= change
    assert "operations-guarded" in failing(Architecture.model_validate(document), places("fleet", "both"))


def test_a_fault_says_where_what_and_what_to_do(places: Callable[[str, str], Files]):
    for result in harden(model("fleet"), {}):
        for fault in result.faults:
            assert re.match(r"[\w./-]+: .+; .+|[\w./-]+: .*(set|add|remove) ", fault), fault
    assert places("fleet", "both")


def test_an_empty_folder_fails_everything_that_looks_at_files():
    assert failing(model("fleet"), {}) >= set(BROKEN) - {"containers-confined"}


def test_what_is_not_there_is_not_said_to_hold():
    """Servers have no manifests, and a team may have its workflows elsewhere; a cluster has manifests."""
    looked_at = {each.id: each.folder for each in items() if each.folder}
    found = {each.item.id: each for each in harden(model("fleet"), {}) if each.item.folder}
    assert {name: each.unseen for name, each in found.items()} == {
        name: f"there is nothing below {folder}" for name, folder in looked_at.items()
    }
    assert not any(each.faults for each in found.values())
    on_cluster = {name for name, folder in looked_at.items() if folder == "deploy/"}
    assert failing(model("shop"), {}) & set(looked_at) == on_cluster


def test_the_page_lists_every_item():
    text = page()
    assert all(f"| `{each}` |" in text for each in ITEMS)


def test_the_command_says_what_holds_and_exits_with_1_where_something_does_not(tmp_path: Path):
    source = ROOT / "examples" / "fleet" / "architecture.yaml"
    generate_system(tmp_path, source)
    arguments = ["harden", str(tmp_path), "--architecture", str(source)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0
    assert re.search(r"^\s+-\s+pods-confined .*Not looked at: there is nothing below deploy/\.$", done.output, re.MULTILINE)
    (tmp_path / ".gitignore").write_text("", encoding="utf-8")
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert ".gitignore: add .env" in done.output
    missing = CliRunner().invoke(main, ["harden", str(tmp_path / "nowhere"), "--architecture", str(source)])
    assert missing.exit_code == 1
    assert "there is no such folder" in missing.output
