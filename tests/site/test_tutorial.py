"""The tutorial's commands do what it says, as far as no server is needed (``tests/generated/test_up.py`` runs the rest)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
GIT = {f"GIT_{who}_{what}": "tutorial@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after every block that is marked ``sh``, in order."""
    folder = tmp_path_factory.mktemp("tutorial")
    blocks = re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    script = "set -eu\n" + "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=os.environ | GIT | {"PATH": path}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "said").write_text(done.stdout, encoding="utf-8")
    return folder


def test_four_services_and_their_documents_are_there(shop: Path) -> None:
    assert sorted(path.name for path in (shop / "services").iterdir()) == ["inventory", "notification", "order", "payment"]
    assert len(list((shop / "docs" / "adr").glob("ADR-*.md"))) == 5
    assert (shop / "docs" / "architecture.html").is_file()


def test_the_rule_is_kept_and_the_field_is_a_migration(shop: Path) -> None:
    order = shop / "services" / "order" / "src" / "order"
    assert "orders above 5,000 go through sales" in (order / "domains" / "purchase_order" / "rules.py").read_text(encoding="utf-8")
    assert (order / "migrations" / "versions" / "0002_purchase_order_add_gift.py").is_file()


def test_it_says_what_the_page_says_that_it_says(shop: Path) -> None:
    said = (shop / "said").read_text(encoding="utf-8")
    assert "something is missing yet" in said
    assert "microservices: order, payment, inventory, notification" in said
    assert "3 accepted\nsound" in said
    assert "kept: services/order/src/order/domains/purchase_order/rules.py" in said
