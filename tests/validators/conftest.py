"""The systems that validators look at: whole, as a team gets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generated.architectures import EXAMPLES, ROOT

from microservices_skill.app.generation import generate_system


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each example, generated; what runs on servers of its own is moved to Kubernetes, to see that too."""
    found = {}
    for name in EXAMPLES:
        found[name] = tmp_path_factory.mktemp(name)
        text = (ROOT / "examples" / name / "architecture.yaml").read_text(encoding="utf-8")
        source = found[name] / "architecture.yaml"
        source.write_text(text.replace("runtime: servers", "runtime: kubernetes"), encoding="utf-8")
        generate_system(found[name], source)
    return found
