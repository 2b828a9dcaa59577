"""A call that is cancelled leaves the workspace as it was, or wholly new, and nothing that stops the next run."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contracts.samples import SHOP
from tests.mcp.pipe import Pipe, modern

from microservices_skill.app.generation import generate_system
from microservices_skill.app.writing import Manner
from microservices_skill.files import FileTree
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace import journal, tree

STATE = ".microservices-skill"


class Left(Exception):  # noqa: N818 - nobody calls it an error
    """Whoever asked has left."""


def leaving_at(moment: int) -> Callable[[], None]:
    """A checkpoint that lets so many pass."""
    passed = iter(range(moment))

    def checkpoint() -> None:
        if next(passed, None) is None:
            raise Left

    return checkpoint


def contents(root: Path) -> dict[str, bytes]:
    """What stands in a workspace; of the tool's own folder only what would be rubbish or a promise."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    kept = (f"{STATE}/journal.json", f"{STATE}/staging/")
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(STATE) or name.startswith(kept)}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 10, 200])
def test_until_the_promise_nothing_stands_and_the_next_run_is_clean(workspace: Path, moment: int):
    before = contents(workspace)
    with pytest.raises(Left):
        generate_system(workspace, workspace / "architecture.yaml", manner=Manner(checkpoint=leaving_at(moment)))
    assert contents(workspace) == before
    assert generate_system(workspace, workspace / "architecture.yaml").written


def test_the_last_checkpoint_stands_before_the_promise_and_none_after_it(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    passed = 0
    promised = []

    def checkpoint() -> None:
        nonlocal passed
        passed += 1
        assert not (workspace / STATE / "journal.json").exists()

    def finish(root: Path) -> bool:
        promised.append((passed, (root / STATE / "journal.json").exists()))
        return journal.finish(root)

    monkeypatch.setattr(tree, "finish", finish)
    generate_system(workspace, workspace / "architecture.yaml", manner=Manner(checkpoint=checkpoint))
    assert promised[-1] == (passed, True)


def test_a_promise_of_before_is_kept_by_a_run_that_is_cancelled(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    source = workspace / "architecture.yaml"
    monkeypatch.setattr(tree, "finish", lambda _: False)
    generate_system(workspace, source)
    monkeypatch.undo()
    assert (workspace / STATE / "journal.json").exists()
    with pytest.raises(Left):
        tree.apply(workspace, Request(FileTree(()), scope=("docs/",)), checkpoint=leaving_at(0))
    assert (workspace / "services/order/README.md").is_file()


MOMENTS = [0.1, 0.8, 1.6]


@pytest.mark.slow
@pytest.mark.parametrize("era", ["2026-07-28", "2025-11-25"])
def test_a_call_that_is_cancelled_over_stdio_at_any_moment_leaves_all_or_nothing(workspace: Path, era: str):
    extra = modern() if era == "2026-07-28" else {}
    generate, preview = ({"name": "generate_system", "arguments": {"preview": each}} | extra for each in (False, True))
    before = contents(workspace)
    outcomes = set()
    with Pipe(workspace) as pipe:
        if not extra:
            pipe.shake_hands()
        for number, moment in enumerate(MOMENTS, start=500):
            pipe.send("tools/call", generate, number=number)
            threading.Event().wait(moment)
            pipe.send("notifications/cancelled", {"requestId": number, "reason": "a test"})
            assert pipe.ask("tools/list", extra)["result"]["tools"]
            counts = pipe.ask("tools/call", preview)["result"]["structuredContent"]["counts"]
            outcomes.add("before" if counts.get("create") else "new")
            assert not counts.get("create") or contents(workspace) == before
        done = pipe.ask("tools/call", generate)["result"]
        assert done["structuredContent"]["written"] is True, json.dumps(done)
        assert "before" in outcomes
        assert pipe.end()[:2] == (0, "")
