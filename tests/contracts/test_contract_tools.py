"""The contracts before the validators that their readers use; ``make tools`` installs them below ``.tools``."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.contracts.samples import shop
from tests.generated.architectures import on_broker

from microservices_skill.contracts.render import render
from microservices_skill.model.system import BrokerKind

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".tools" / "node_modules"
_PARSE = """
const { Parser, fromFile } = require('@asyncapi/parser');
fromFile(new Parser(), process.argv[1]).parse().then(({ document, diagnostics }) => {
  const faults = diagnostics.filter((each) => each.severity === 0);
  faults.forEach((each) => console.error(each.code, each.path.join('/'), each.message));
  process.exit(document && faults.length === 0 ? 0 : 1);
});
"""


def needs(package: str) -> None:
    if (MODULES / package).exists():
        return
    if os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(f"{package} is not installed; run make tools")
    pytest.skip(f"{package} is not installed; run make tools")


def written(folder: Path, broker: BrokerKind = BrokerKind.RABBITMQ) -> Path:
    for path, file in render(on_broker(shop(), broker)).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    return folder / "contracts"


def run(*command: str) -> None:
    environment = os.environ | {"NODE_PATH": str(MODULES), "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", ["order", "payment"])
def test_redocly_accepts_the_openapi_documents(tmp_path: Path, service: str):
    needs("@redocly/cli")
    document = written(tmp_path) / "openapi" / f"{service}.json"
    run("node", str(MODULES / "@redocly" / "cli" / "bin" / "cli.js"), "lint", "--extends=spec", str(document))


@pytest.mark.parametrize("broker", BrokerKind)
def test_the_asyncapi_parser_accepts_the_events(tmp_path: Path, broker: BrokerKind):
    needs("@asyncapi/parser")
    run("node", "-e", _PARSE, str(written(tmp_path, broker) / "asyncapi.json"))
