from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp_types import ElicitResult, TextContent

from mcp import Client
from microservices_skill.mcp_server.server import build

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    return tmp_path


async def accept(_: object, __: object) -> ElicitResult:
    given = {"domain": "an online shop", "features": "place orders, pay", "users": "about 20k", "peakRps": "150"}
    return ElicitResult(action="accept", content=given)


async def decline(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="decline")


@MODES
async def test_a_person_who_accepts_answers_the_first_section(workspace: Path, mode: str):
    async with Client(build(), mode=mode, elicitation_callback=accept) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None, result.content
    assert result.structured_content["written"]
    assert not {"domain", "features", "scale"} & set(result.structured_content["missing"])
    assert "about 20k" in (workspace / "answers.yaml").read_text(encoding="utf-8")


@MODES
async def test_after_a_refusal_the_questions_come_back_as_data(workspace: Path, mode: str):
    async with Client(build(), mode=mode, elicitation_callback=decline) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None, result.content
    assert result.structured_content["status"] == "needs_answers"
    assert not (workspace / "answers.yaml").exists()


@MODES
async def test_a_client_without_forms_gets_the_open_questions_as_data(workspace: Path, mode: str):
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("ask_questionnaire", {"answers": {"users": "about 20k"}})
    assert result.structured_content is not None, result.content
    assert {"domain", "features"} <= {each["id"] for each in result.structured_content["questions"]}
    assert (workspace / "answers.yaml").is_file()


@MODES
async def test_asking_can_be_turned_off(workspace: Path, monkeypatch: pytest.MonkeyPatch, mode: str):
    monkeypatch.setenv("MICROSERVICES_SKILL_ELICITATION", "off")
    async with Client(build(), mode=mode, elicitation_callback=accept) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None
    assert not result.structured_content["written"]
    assert not (workspace / "answers.yaml").exists()


@MODES
@pytest.mark.usefixtures("workspace")
async def test_an_unknown_key_names_the_known_ones(mode: str):
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("ask_questionnaire", {"answers": {"usrs": 7}})
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    assert "known keys: domain" in result.content[0].text
