from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from mcp.client.session import ElicitationFnT
from mcp_types import ElicitResult, ErrorData, TextContent

from mcp import Client
from microservices_skill.mcp_server import elicitation
from microservices_skill.mcp_server.server import build

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    return tmp_path


async def accept(_: object, __: object) -> ElicitResult:
    given = {"domain": "an online shop", "features": "place orders, pay", "users": "about 20k", "peakRps": "150"}
    return ElicitResult(action="accept", content=given)


async def decline(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="decline")


async def decline_slowly(_: object, __: object) -> ElicitResult:
    await anyio.sleep(0.6)
    return ElicitResult(action="decline")


async def cancel(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="cancel")


async def never_answer(_: object, __: object) -> ElicitResult:
    await anyio.sleep_forever()
    raise AssertionError


async def answer_with_wrong_types(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="accept", content={"domain": 7, "features": ["pay"]})


async def answer_with_unknown_keys(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="accept", content={"colour": "green"})


async def accept_with_nothing(_: object, __: object) -> ElicitResult:
    return ElicitResult(action="accept")


async def fail(_: object, __: object) -> ErrorData:
    return ErrorData(code=-32603, message="the form is broken")


@MODES
async def test_a_person_who_accepts_answers_the_first_section(workspace: Path, mode: str):
    async with Client(build(), mode=mode, elicitation_callback=accept) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None, result.content
    assert result.structured_content["written"]
    assert not {"domain", "features", "scale"} & set(result.structured_content["missing"])
    assert "about 20k" in (workspace / "answers.yaml").read_text(encoding="utf-8")


@MODES
@pytest.mark.parametrize("reply", [decline, decline_slowly, cancel, answer_with_wrong_types, answer_with_unknown_keys])
async def test_where_a_person_gives_no_answer_the_questions_come_back_as_data(workspace: Path, mode: str, reply: ElicitationFnT):
    async with Client(build(), mode=mode, elicitation_callback=reply) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None, result.content
    assert result.structured_content["status"] == "needs_answers"
    assert {"domain", "features"} <= {each["id"] for each in result.structured_content["questions"]}
    assert not (workspace / "answers.yaml").exists()


@pytest.mark.parametrize("reply", [accept_with_nothing, fail])
async def test_a_reply_that_breaks_the_protocol_counts_as_not_asked(workspace: Path, reply: ElicitationFnT):
    async with Client(build(), mode="legacy", elicitation_callback=reply) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.structured_content is not None, result.content
    assert result.structured_content["status"] == "needs_answers"
    assert not (workspace / "answers.yaml").exists()


async def test_a_reply_that_breaks_the_protocol_in_the_second_round_is_an_error_and_writes_nothing(workspace: Path):
    async with Client(build(), elicitation_callback=accept_with_nothing) as client:
        result = await client.call_tool("ask_questionnaire", {})
    assert result.is_error
    assert not (workspace / "answers.yaml").exists()


async def test_a_client_that_never_answers_is_not_waited_for_longer_than_it_has_patience(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(elicitation, "PATIENCE_S", 0.2)
    with anyio.fail_after(10):
        async with Client(build(), mode="legacy", elicitation_callback=never_answer) as client:
            result = await client.call_tool("ask_questionnaire", {"answers": {"users": "about 20k"}})
    assert result.structured_content is not None, result.content
    assert result.structured_content["status"] == "needs_answers"
    assert "about 20k" in (workspace / "answers.yaml").read_text(encoding="utf-8")


async def test_a_modern_client_that_never_answers_has_its_questions_and_can_call_with_answers(workspace: Path):
    async with Client(build(), elicitation_callback=never_answer) as client:
        with anyio.move_on_after(0.5):
            await client.call_tool("ask_questionnaire", {})
    async with Client(build()) as client:
        result = await client.call_tool("ask_questionnaire", {"answers": {"domain": "an online shop"}})
    assert result.structured_content is not None
    assert "an online shop" in (workspace / "answers.yaml").read_text(encoding="utf-8")


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
