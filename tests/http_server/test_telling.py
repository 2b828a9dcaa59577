import json

import pytest
from mcp.client.streamable_http import streamable_http_client
from prometheus_client.parser import text_string_to_metric_families
from tests.contracts.samples import SHOP
from tests.http_server.kit import Team, structured

from mcp import Client
from microservices_skill.mcp_server.server import build

pytestmark = pytest.mark.anyio
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def counts(ours: Team, name: str, **labels: str) -> float:
    text = (await ours.client.get("/metrics")).text
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())


async def test_a_call_is_told_with_who_what_and_where_and_never_with_what(ours: Team):
    answers = {"answers": {"domain": "a secret shop"}}
    await ours.rpc(
        "tools/call",
        {"name": "ask_questionnaire", "arguments": answers},
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
        User_Agent="editor/1\nforged",
    )
    text = (ours.folder / "audit.log").read_text(encoding="utf-8")
    [told] = ours.audit()
    [workspace] = ours.workspaces()
    assert told.pop("time").endswith("+00:00")
    assert told.pop("worker") > 0
    assert 0 < told.pop("seconds") < 30
    assert told == {
        "event": "call",
        "caller": "ann",
        "client": "editor",
        "agent": "editor/1\nforged",
        "workspace": workspace.name,
        "method": "tools/call",
        "target": "ask_questionnaire",
        "outcome": "ok",
        "written": 1,
        "paths": ["answers.yaml"],
        "trace_id": TRACE,
    }
    assert "secret" not in text
    assert "eyJ" not in text


async def test_every_written_file_is_told_up_to_fifty(ours: Team):
    structured(await ours.tool("ask_questionnaire", {"answers": {"domain": "a shop"}}))
    (ours.workspaces()[0] / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    result = structured(await ours.tool("generate_service", {"service": "order"}))
    again = structured(await ours.tool("generate_service", {"service": "order"}))
    first, second = ours.audit()[-2:]
    assert first["written"] == result["counts"]["create"] > len(first["paths"]) == 50
    assert (second["written"], again["counts"].get("create", 0)) == (0, 0)


async def test_refused_failed_and_asking_calls_are_told_apart(ours: Team):
    ours.client.headers["Authorization"] = f"Bearer {ours.signer.token()}"

    async def never(*_: object) -> object:
        raise AssertionError

    await ours.tool("validate_architecture")
    await ours.tool("magic")
    await ours.rpc("magic")
    async with Client(streamable_http_client("http://127.0.0.1:8080/mcp", http_client=ours.client), elicitation_callback=never) as client:  # type: ignore[arg-type]
        with pytest.raises(BaseException):  # noqa: B017, PT011 - a person who is asked and does not answer
            await client.call_tool("ask_questionnaire", {})
    told = [(each["method"], each["outcome"]) for each in ours.audit()]
    assert told[:3] == [("tools/call", "refused"), ("tools/call", "refused"), ("magic", "refused")]
    assert ("tools/call", "asked") in told


async def test_calls_and_refusals_are_counted_under_few_names(ours: Team):
    before = await counts(ours, "microservices_skill_calls_total", tool="ask_questionnaire", outcome="ok")
    refused = await counts(ours, "microservices_skill_refusals_total", reason="no_token")
    unknown = await counts(ours, "microservices_skill_calls_total", tool="unknown")
    await ours.tool("ask_questionnaire")
    await ours.rpc("ping", token=None)
    for number in range(3):
        await ours.tool(f"made-up-{number}")
        await ours.rpc(f"made/up/{number}")
    assert await counts(ours, "microservices_skill_calls_total", tool="ask_questionnaire", outcome="ok") == before + 1
    assert await counts(ours, "microservices_skill_refusals_total", reason="no_token") == refused + 1
    assert await counts(ours, "microservices_skill_calls_total", tool="unknown") == unknown + 3
    assert "made" not in (await ours.client.get("/metrics")).text
    assert await counts(ours, "microservices_skill_calls_in_flight") == 0


async def test_health_says_whether_workspaces_can_be_written(ours: Team, monkeypatch: pytest.MonkeyPatch):
    assert (await ours.client.get("/health/ready")).json() == {"status": "ready", "missing": []}
    monkeypatch.setattr("os.access", lambda *_: False)
    answer = await ours.client.get("/health/ready")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["workspaces cannot be written"])
    assert (await ours.client.get("/health/live")).status_code == 200


async def test_what_tools_say_of_themselves_is_what_rights_are_made_of():
    async with Client(build()) as client:
        tools = (await client.list_tools()).tools
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is not None, tool.name
        assert tool.annotations.read_only_hint or "preview" in json.dumps(tool.input_schema["properties"]), tool.name
