"""What adding a capability writes, refuses and leaves alone; that it works is for ``test_running``."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.adoption.starters import FOLDERS, SOURCES, STARTERS

from microservices_skill.adoption.packages import runtime_packages
from microservices_skill.adoption.parts import CAPABILITIES, PARTS, RUNTIME, SHARED
from microservices_skill.adoption.starter import Wishes
from microservices_skill.app.adding import add
from microservices_skill.app.generation import Capability
from microservices_skill.app.writing import Manner
from microservices_skill.errors import SkillError
from microservices_skill.model.system import Language
from microservices_skill.rendering import templates_root

LANGUAGES = pytest.mark.parametrize("language", [Language.PYTHON, Language.TYPESCRIPT])
EACH: tuple[Capability, ...] = ("resilience", "observability", "testing", "deployment", "security")


def copied(language: Language, folder: Path) -> Path:
    shutil.copytree(STARTERS / SOURCES[language], folder, dirs_exist_ok=True)
    return folder


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def theirs(folder: Path, language: Language) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in contents(STARTERS / SOURCES[language])}


def applied(folder: Path, language: Language) -> None:
    subprocess.run(["git", "apply", f"{FOLDERS[language]}/wiring.patch"], cwd=folder, check=True)


@LANGUAGES
@pytest.mark.parametrize("capability", EACH)
def test_no_file_of_theirs_is_touched(language: Language, capability: Capability, tmp_path: Path):
    folder = copied(language, tmp_path)
    result = add(folder, capability)
    assert result.written
    assert theirs(folder, language) == contents(STARTERS / SOURCES[language])


@LANGUAGES
@pytest.mark.parametrize("capability", EACH)
def test_adding_again_changes_nothing_wired_or_not(language: Language, capability: Capability, tmp_path: Path):
    folder = copied(language, tmp_path)
    add(folder, capability)
    before = contents(folder)
    assert set(add(folder, capability).counts) == {"unchanged"}
    assert contents(folder) == before
    if capability in RUNTIME or capability == "deployment":
        applied(folder, language)
        before = contents(folder)
        again = add(folder, capability)
        assert (set(again.counts), again.patch) == ({"unchanged"}, "")
        assert contents(folder) == before


@LANGUAGES
def test_a_second_capability_joins_the_first_and_asks_for_no_line_twice(language: Language, tmp_path: Path):
    folder = copied(language, tmp_path)
    add(folder, "observability")
    applied(folder, language)
    result = add(folder, "security")
    assert result.capabilities == ("observability", "security")
    record = json.loads((folder / FOLDERS[language] / "wiring.json").read_text(encoding="utf-8"))
    assert record["capabilities"] == ["observability", "security"]
    if result.patch:
        applied(folder, language)
    main = (folder / ("app/main.py" if language is Language.PYTHON else "src/main.ts")).read_text(encoding="utf-8")
    assert main.count("install(app)") == 1


@LANGUAGES
def test_what_was_added_before_stays_also_where_its_record_is_gone(language: Language, tmp_path: Path):
    folder = copied(language, tmp_path)
    add(folder, "observability")
    (folder / FOLDERS[language] / "wiring.json").write_text("{", encoding="utf-8")
    assert add(folder, "security").capabilities == ("observability", "security")


@LANGUAGES
def test_what_people_change_in_a_module_stays(language: Language, tmp_path: Path):
    folder = copied(language, tmp_path)
    add(folder, "resilience")
    module = folder / FOLDERS[language] / f"dependencies.{'py' if language is Language.PYTHON else 'ts'}"
    text = module.read_text(encoding="utf-8")
    changed = re.sub(r"timeout_s([=:]) ?2(\.0)?", r"timeout_s\g<1> 7", text)
    assert changed != text
    module.write_text(changed, encoding="utf-8")
    assert add(folder, "security").written
    assert module.read_text(encoding="utf-8") == changed


@LANGUAGES
def test_a_preview_writes_nothing(language: Language, tmp_path: Path):
    folder = copied(language, tmp_path)
    result = add(folder, "security", manner=Manner(preview=True, diff=True))
    assert not result.written
    assert "+++ " in result.diff
    assert contents(folder) == contents(STARTERS / SOURCES[language])


@LANGUAGES
def test_a_folder_of_theirs_is_not_taken_and_another_can_be_named(language: Language, tmp_path: Path):
    folder = written(copied(language, tmp_path), {f"{FOLDERS[language]}/own.txt": "mine\n"})
    before = contents(folder)
    with pytest.raises(SkillError, match=r"platform: is there already and not ours.*--into"):
        add(folder, "resilience")
    assert contents(folder) == before
    other = FOLDERS[language].replace("service_platform", "hardening").replace("platform", "hardening")
    assert add(folder, "resilience", wishes=Wishes(into=other)).written
    assert set(add(folder, "resilience").counts) == {"unchanged"}, "the place is remembered"


FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
NEST = json.dumps({"name": "one", "type": "module", "dependencies": {"@nestjs/core": "12"}})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"main.go": "package main"}, "no service here; looked for fastapi in requirements.txt"),
        ({"requirements.txt": "fastapi\n", "main.py": FASTAPI, "package.json": NEST}, "has both fastapi and @nestjs/core; say which"),
        ({"package.json": json.dumps({"workspaces": ["a"]})}, "workspace of many packages .workspaces in package.json"),
        ({"pnpm-workspace.yaml": "packages: [a]"}, "workspace of many packages .pnpm-workspace.yaml"),
        ({"pyproject.toml": "[tool.uv.workspace]\nmembers = []\n"}, "workspace of many packages .tool.uv.workspace"),
        ({"requirements.txt": "fastapi\n", "main.py": "x = 1\n"}, "no application found; looked for a statement such as app = FastAPI"),
        ({"requirements.txt": "fastapi\n", "a.py": FASTAPI, "b.py": FASTAPI}, "more than one application .a:app, b:app.; choose one"),
        ({"package.json": NEST, "src/main.ts": "x();"}, r"no application found; looked for NestFactory.create.*--app src/main.ts"),
        ({"package.json": NEST, "src/main.ts": "const app = await NestFactory.create(AppModule);"}, "AppModule is not imported from"),
        ({"package.json": NEST, "src/main.ts": "(await NestFactory.create(AppModule)).listen(1);"}, "does not hold the application"),
    ],
)  # fmt: skip
def test_what_is_no_service_is_refused_with_what_was_looked_for(files: dict[str, str], message: str, tmp_path: Path):
    folder = written(tmp_path, files)
    with pytest.raises(SkillError, match=message):
        add(folder, "resilience")
    assert contents(folder) == files


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(SkillError, match="is no folder"):
        add(tmp_path / "nothing", "resilience")
    assert not (tmp_path / "nothing").exists()


def test_of_many_applications_one_is_named(tmp_path: Path):
    folder = written(tmp_path, {"requirements.txt": "fastapi\n", "a.py": FASTAPI, "b.py": FASTAPI})
    add(folder, "resilience", wishes=Wishes(app="b:app"))
    assert "+++ b/b.py" in (folder / "service_platform/wiring.patch").read_text(encoding="utf-8")


def test_nothing_hides_the_platform_module_of_python(tmp_path: Path):
    folder = written(tmp_path, {"requirements.txt": "fastapi\n", "main.py": FASTAPI})
    add(folder, "observability")
    assert not list(folder.glob("platform*"))
    assert (folder / "service_platform/install.py").is_file()
    assert "python -m service_platform" in (folder / "service_platform/WIRING.md").read_text(encoding="utf-8")


def test_a_package_below_src_is_found(tmp_path: Path):
    files = {"pyproject.toml": '[project]\nname = "My.Shop"\ndependencies = ["fastapi"]\n', "uv.lock": ""}
    folder = written(tmp_path, files | {"src/shop/__init__.py": "", "src/shop/main.py": FASTAPI})
    result = add(folder, "observability")
    assert (result.service, result.start) == ("my-shop", "PYTHONPATH=src python -m shop.service_platform")
    assert result.install[0].startswith("uv add ")
    assert "from shop.service_platform.config import" in (folder / "src/shop/service_platform/install.py").read_text(encoding="utf-8")


def test_our_import_stands_in_order_among_those_of_its_package(tmp_path: Path):
    main = f"from fastapi import FastAPI\n\nfrom shop.alerts import a\nfrom shop.stock import b\n\n{FASTAPI.splitlines()[-1]}\n"
    folder = written(tmp_path, {"requirements.txt": "fastapi\n", "shop/__init__.py": "", "shop/main.py": main})
    add(folder, "observability")
    subprocess.run(["git", "apply", "shop/service_platform/wiring.patch"], cwd=folder, check=True)
    lines = (folder / "shop/main.py").read_text(encoding="utf-8").splitlines()
    assert lines[2:5] == ["from shop.alerts import a", "from shop.service_platform.install import install", "from shop.stock import b"]


@pytest.mark.parametrize(
    ("main", "module", "expected"),
    [
        ("NestFactory.create(AppModule);", "@Module({\n  controllers: [],\n})", "  imports: [PlatformModule],\n  controllers"),
        ("NestFactory.create<X>(AppModule, { cors: true });", "@Module({\n  imports: [A, B],\n})", "imports: [PlatformModule, A, B]"),
        ("NestFactory.create(AppModule);", "@Module({\n  imports: [\n    A,\n  ],\n})", "imports: [\n    PlatformModule,\n    A,"),
    ],
)
def test_a_nest_application_is_wired_as_it_is_written(main: str, module: str, expected: str, tmp_path: Path):
    files = {
        "package.json": NEST,
        "src/main.ts": f"import {{ AppModule }} from './app.module.js';\nconst app = await {main}\nawait app.listen(3000);\n",
        "src/app.module.ts": f"import {{ Module }} from '@nestjs/common';\n\n{module}\nexport class AppModule {{}}\n",
    }
    folder = written(tmp_path, files)
    add(folder, "observability")
    applied(folder, Language.TYPESCRIPT)
    text = (folder / "src/main.ts").read_text(encoding="utf-8")
    assert "{ logger: await begin()" in text
    assert "\ninstall(app);\nawait app.listen" in text
    assert expected in (folder / "src/app.module.ts").read_text(encoding="utf-8")


def test_a_nest_application_without_semicolons_and_with_other_quotes_is_wired(tmp_path: Path):
    files = {
        "package.json": NEST,
        "src/main.ts": 'import { AppModule } from "./app.module.js"\n\n'
        "const app: X<Y> = await NestFactory.create(AppModule, { cors: f() })\nawait app.listen(3000)\n",
        "src/app.module.ts": 'import { Module } from "@nestjs/common"\n\n@Module({ providers: [A] })\nexport class AppModule {}\n',
    }
    folder = written(tmp_path, files)
    add(folder, "observability")
    applied(folder, Language.TYPESCRIPT)
    lines = (folder / "src/main.ts").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "import { begin, install } from './platform/install.js';"
    assert lines[3:6] == [
        "const app: X<Y> = await NestFactory.create(AppModule, { logger: await begin(), cors: f() })",
        "install(app);",
        "await app.listen(3000)",
    ]
    assert "@Module({\n  imports: [PlatformModule], providers" in (folder / "src/app.module.ts").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", ["{ logger: mine }", "options"])
def test_an_application_with_a_logger_of_its_own_is_not_wired_by_guess(options: str, tmp_path: Path):
    files = {
        "package.json": NEST,
        "src/main.ts": f"import {{ AppModule }} from './app.module.js';\nconst app = await NestFactory.create(AppModule, {options});\n",
        "src/app.module.ts": "import { Module } from '@nestjs/common';\n\n@Module({})\nexport class AppModule {}\n",
    }
    folder = written(tmp_path, files)
    with pytest.raises(SkillError, match=r"src/main\.ts: NestFactory\.create has options"):
        add(folder, "security")
    assert contents(folder) == files


@LANGUAGES
def test_what_is_remembered_is_nothing_that_a_test_runner_would_run(language: Language, tmp_path: Path):
    folder = copied(language, tmp_path)
    add(folder, "testing")
    remembered = [path for path in (folder / ".microservices-skill/platform").rglob("*") if path.is_file()]
    assert len(remembered) >= 4
    assert {path.suffix for path in remembered} == {".kept"}


@LANGUAGES
def test_every_shared_part_is_a_template_of_generated_services(language: Language):
    shared = [part for part in PARTS[language] if part.is_shared]
    assert len(shared) > len(PARTS[language]) / 2
    assert [part.template for part in shared if not (templates_root() / SHARED[language] / part.template).is_file()] == []
    names = [part.name for part in PARTS[language]]
    assert len(set(names)) == len(names)


@LANGUAGES
@pytest.mark.parametrize("capability", RUNTIME)
def test_every_package_has_one_version(language: Language, capability: str):
    sign = "==" if language is Language.PYTHON else "@"
    found = runtime_packages(language, frozenset({capability}))
    assert len(found) >= 5
    assert all(re.search(rf"[\w\]]{sign}\d", each) for each in found)


def test_the_capabilities_are_those_of_generated_services():
    assert set(CAPABILITIES) == set(EACH)
