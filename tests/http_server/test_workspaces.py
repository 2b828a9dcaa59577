import json
from pathlib import Path

import anyio
import pytest
from filelock import FileLock
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ListRootsResult, Root
from tests.contracts.samples import SHOP
from tests.http_server.kit import Team, structured, team

from mcp import Client
from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.exclusive import exclusive
from microservices_skill.workspace.journal import stage
from microservices_skill.workspace.lockfile import dump_lock
from microservices_skill.workspace.tree import preview

pytestmark = pytest.mark.anyio
ASK = {"answers": {"domain": "a shop"}}
WICKED = ["../bob", "/etc", "..", ".", "a/../../b", "x\0y", "", "caller-", "\u202e", "n" * 1000, "*", "bob\n", "\ud800"]


async def test_two_callers_never_see_each_others_files(ours: Team):
    ann, bob = (ours.signer.token(sub=name) for name in ("ann", "bob"))
    structured(await ours.tool("ask_questionnaire", ASK, token=ann))
    [hers] = ours.workspaces()
    (hers / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    (hers / "docs/adr").mkdir(parents=True)
    (hers / "docs/adr/ADR-001.md").write_text("hers", encoding="utf-8")
    asked = structured(await ours.tool("ask_questionnaire", token=bob))
    assert "domain" in json.dumps(asked["missing"]), "nobody answered in his"
    for uri in ("microservices://architecture", "microservices://adr/ADR-001"):
        assert "error" in (await ours.rpc("resources/read", {"uri": uri}, token=bob)).json()
        assert "error" not in (await ours.rpc("resources/read", {"uri": uri}, token=ann)).json()
    for path in (f"../{hers.name}/architecture.yaml", str(hers / "architecture.yaml")):
        answer = await ours.tool("validate_architecture", {"architecture": path}, token=bob)
        assert "not inside the workspace" in answer.json()["result"]["content"][0]["text"]
    for name in (f"../../../{hers.name}/docs/adr/ADR-001", "..%2F..%2Fanswers"):
        assert "error" in (await ours.rpc("resources/read", {"uri": f"microservices://adr/{name}"}, token=bob)).json()
    assert len(ours.workspaces()) == 2


async def test_no_subject_leads_out_of_the_base(ours: Team):
    for name in WICKED:
        token = ours.signer.token(sub=name)
        answer = await ours.tool("ask_questionnaire", ASK, token=token)
        assert answer.status_code == (200 if name else 401), repr(name)
    found = ours.workspaces()
    assert len(found) == len(WICKED) - 1
    assert all(each.name.startswith("caller-") and len(each.name) == 47 for each in found)
    assert sorted(each.name for each in ours.folder.iterdir()) == ["audit.log", "base", "jwks.json"]


async def test_a_link_in_place_of_a_workspace_is_refused(ours: Team):
    structured(await ours.tool("ask_questionnaire", ASK))
    [workspace] = ours.workspaces()
    elsewhere = workspace.rename(ours.folder / "elsewhere")
    workspace.symlink_to(elsewhere)
    answer = await ours.tool("ask_questionnaire", {"answers": {"domain": "other"}})
    assert (answer.status_code, answer.json()["error"]) == (403, "no_workspace")
    assert "other" not in (elsewhere / "answers.yaml").read_text(encoding="utf-8")


async def test_links_inside_a_workspace_do_not_lead_out_of_it(ours: Team):
    structured(await ours.tool("ask_questionnaire", ASK))
    [workspace] = ours.workspaces()
    secret = ours.folder / "secret.yaml"
    secret.write_text(SHOP, encoding="utf-8")
    (workspace / "architecture.yaml").symlink_to(secret)
    (workspace / "docs").mkdir()
    (workspace / "docs/adr").mkdir()
    (workspace / "docs/adr/ADR-001.md").symlink_to(secret)
    (workspace / "out").symlink_to(ours.folder)
    for uri in ("microservices://architecture", "microservices://adr/ADR-001"):
        assert "error" in (await ours.rpc("resources/read", {"uri": uri})).json(), uri
    for name, arguments in (
        ("validate_architecture", {}),
        ("ask_questionnaire", ASK | {"path": "out/answers.yaml"}),
        ("render_adr", {"architecture": "answers.yaml", "output": "out"}),
    ):
        answer = (await ours.tool(name, arguments)).json()["result"]
        assert answer["isError"], name
    assert not (ours.folder / "answers.yaml").exists()


async def test_the_roots_of_a_client_and_of_the_environment_mean_nothing(ours: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(theirs))
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(theirs))
    monkeypatch.chdir(theirs)

    async def roots(_: object) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=theirs.as_uri())])

    ours.client.headers["Authorization"] = f"Bearer {ours.signer.token()}"
    for mode in ("auto", "legacy"):
        transport = streamable_http_client("http://127.0.0.1:8080/mcp", http_client=ours.client)
        async with Client(transport, mode=mode, list_roots_callback=roots) as client:
            answer = await client.call_tool("validate_architecture", {})
            assert answer.is_error
            assert "there is no such file" in answer.content[0].text
            written = await client.call_tool("ask_questionnaire", ASK)
            assert not written.is_error
    assert [each.name for each in theirs.iterdir()] == ["architecture.yaml"]


async def test_a_file_of_workspaces_lets_callers_share_one_and_shuts_out_others(tmp_path: Path):
    (tmp_path / "workspaces.yaml").write_text("ann: shop\nbob: shop\ncid: other\n", encoding="utf-8")
    async with team(tmp_path, workspaces=tmp_path / "workspaces.yaml") as ours:
        structured(await ours.tool("ask_questionnaire", ASK, token=ours.signer.token(sub="ann")))
        seen = structured(await ours.tool("ask_questionnaire", token=ours.signer.token(sub="bob")))
        apart = structured(await ours.tool("ask_questionnaire", token=ours.signer.token(sub="cid")))
        refused = await ours.tool("ask_questionnaire", token=ours.signer.token(sub="dan"))
    assert "domain" not in json.dumps(seen["missing"])
    assert "domain" in json.dumps(apart["missing"])
    assert (refused.status_code, refused.json()["error"]) == (403, "no_workspace")
    assert [each.name for each in ours.workspaces()] == ["other", "shop"]


async def test_another_claim_tells_callers_apart(tmp_path: Path):
    async with team(tmp_path, caller_claim="team") as ours:
        for subject in ("ann", "bob"):
            structured(await ours.tool("ask_questionnaire", ASK, token=ours.signer.token(sub=subject, team="shop")))
        assert (await ours.rpc("ping")).status_code == 401
    assert len(ours.workspaces()) == 1


async def test_answers_that_come_at_once_are_all_kept(ours: Team):
    given = {"domain": "a shop", "team_size": "12", "teams": "3", "budget": "small", "compliance": "none"}
    keys = [each for question in structured(await ours.tool("ask_questionnaire"))["questions"] for each in question["keys"]]
    answers = [{key: value} for key, value in given.items() if key in keys]
    assert len(answers) > 1, keys
    async with anyio.create_task_group() as group:
        for each in answers:
            group.start_soon(ours.tool, "ask_questionnaire", {"answers": each})
    [workspace] = ours.workspaces()
    text = (workspace / "answers.yaml").read_text(encoding="utf-8")
    assert all(key in text for each in answers for key in each), text
    assert [each.name for each in workspace.iterdir()] == ["answers.yaml"]


async def test_a_writer_waits_for_another_and_says_so_in_the_end(tmp_path: Path):
    async with team(tmp_path, lock_timeout_s=0.2) as ours:
        structured(await ours.tool("ask_questionnaire", ASK))
        [workspace] = ours.workspaces()
        with FileLock(tmp_path / "base/.locks" / f"{workspace.name}.lock", preserve_lock_file=True):
            busy = (await ours.tool("ask_questionnaire", ASK)).json()["result"]
            looked = await ours.tool("ask_questionnaire", ASK | {"preview": True})
        assert busy["isError"]
        assert "still writing" in busy["content"][0]["text"]
        structured(looked)
        structured(await ours.tool("ask_questionnaire", ASK))


async def test_what_a_killed_worker_promised_is_there_before_the_next_call_looks(ours: Team):
    structured(await ours.tool("ask_questionnaire", ASK))
    [workspace] = ours.workspaces()
    request = Request(FileTree([("architecture.yaml", File(SHOP))]))
    with exclusive(workspace):
        stage(workspace, preview(workspace, request), base={}, memory=request.memory, lock=dump_lock({}, tool="x"))
    assert not (workspace / "architecture.yaml").exists()
    assert structured(await ours.tool("validate_architecture"))["ok"] is True
    assert not (workspace / ".microservices-skill/journal.json").exists()
