"""What the suite asks of servers that ask in the answer of a call: tools and a prompt that need more before they can go on."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)

Asked = str | InputRequiredResult


def _ask(message: str, key: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {key: {"type": kind}}, "required": [key]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=50))


def _said(ctx: Context[Any, Any], question: str, key: str) -> str | None:
    answer = (ctx.input_responses or {}).get(question)
    return str((answer.content or {}).get(key)) if isinstance(answer, ElicitResult) else None


async def test_input_required_result_elicitation(ctx: Context[Any, Any]) -> Asked:
    name = _said(ctx, "user_name", "name")
    return f"Hello, {name}!" if name else InputRequiredResult(input_requests={"user_name": _ask("What is your name?", "name")})


async def test_input_required_result_sampling(ctx: Context[Any, Any]) -> Asked:
    if "capital_question" in (ctx.input_responses or {}):
        return "Model answered."
    return InputRequiredResult(input_requests={"capital_question": _sample("What is the capital of France?")})


async def test_input_required_result_list_roots(ctx: Context[Any, Any]) -> Asked:
    if "client_roots" in (ctx.input_responses or {}):
        return "Client exposed its roots."
    return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


async def test_input_required_result_request_state(ctx: Context[Any, Any]) -> Asked:
    if _said(ctx, "confirm", "ok") and ctx.request_state == "nonce":
        return "state-ok: confirmation received"
    return InputRequiredResult(input_requests={"confirm": _ask("Please confirm", "ok", "boolean")}, request_state="nonce")


async def test_input_required_result_tampered_state(ctx: Context[Any, Any]) -> Asked:
    if ctx.request_state is not None:
        return f"state-ok: {ctx.request_state}"
    return InputRequiredResult(input_requests={"confirm": _ask("Please confirm", "ok", "boolean")}, request_state="round-1")


async def test_input_required_result_multiple_inputs(ctx: Context[Any, Any]) -> Asked:
    if {"user_name", "greeting", "client_roots"} <= (ctx.input_responses or {}).keys():
        return "All inputs received."
    asked = {
        "user_name": _ask("What is your name?", "name"),
        "greeting": _sample("Generate a greeting"),
        "client_roots": ListRootsRequest(),
    }
    return InputRequiredResult(input_requests=asked, request_state="multiple-inputs")


async def test_input_required_result_multi_round(ctx: Context[Any, Any]) -> Asked:
    state = json.loads(ctx.request_state or '{"round": 0}')
    name, colour = _said(ctx, "step1", "name"), _said(ctx, "step2", "color")
    if state["round"] == 2 and colour:
        return f"{state['name']} likes {colour}."
    if state["round"] == 1 and name:
        asked = {"step2": _ask("Step 2: What is your favorite color?", "color")}
        return InputRequiredResult(input_requests=asked, request_state=json.dumps({"round": 2, "name": name}))
    return InputRequiredResult(input_requests={"step1": _ask("Step 1: What is your name?", "name")}, request_state=json.dumps({"round": 1}))


async def test_input_required_result_capabilities(ctx: Context[Any, Any]) -> InputRequiredResult:
    has = ctx.client_capabilities
    asked: dict[str, Any] = {}
    if has is None or has.sampling is not None:
        asked["sample"] = _sample("Say hello")
    if has is None or has.elicitation is not None:
        asked["ask"] = _ask("What is your name?", "name")
    return InputRequiredResult(input_requests=asked, request_state="capability-gated")


async def test_input_required_result_prompt(ctx: Context[Any, Any]) -> list[UserMessage] | InputRequiredResult:
    said = _said(ctx, "user_context", "context")
    if said:
        return [UserMessage(f"Use the following context: {said}")]
    return InputRequiredResult(input_requests={"user_context": _ask("What context should the prompt use?", "context")})


QUESTIONS: Sequence[Callable[..., Any]] = (
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
)
