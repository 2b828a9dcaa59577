"""What the official conformance suite expects of every server by name, added to ours for its runs alone."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.prompts.base import Prompt, UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SamplingMessage,
    SetLevelRequestParams,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, Field, create_model
from tests.conformance import questions

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
IMAGE = ImageContent(type="image", data=PIXEL, mime_type="image/png")
SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def add(server: MCPServer) -> None:
    """Add everything that scenarios of any version ask for."""
    for each in (*CONTENTS, *CALLS, *questions.QUESTIONS):
        server.tool(description=_about(each))(each)
    server.tool(name="json_schema_2020_12_tool", description="a schema of 2020-12")(test_simple_text)
    server._tool_manager._tools["json_schema_2020_12_tool"].parameters = SCHEMA_2020_12  # noqa: SLF001 - the SDK makes schemas itself
    _add_changes(server)
    _add_resources(server)
    for prompt in PROMPTS:
        server.prompt(description=_about(prompt))(prompt)
    server._lowlevel_server.add_request_handler("logging/setLevel", SetLevelRequestParams, _set_level)  # noqa: SLF001 - deprecated, so ours has none


def _about(each: Callable[..., Any]) -> str:
    return each.__name__.replace("_", " ")


def test_simple_text() -> str:
    return "This is a simple text response for testing."


def test_image_content() -> list[ImageContent]:
    return [IMAGE]


def test_audio_content() -> list[AudioContent]:
    return [AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")]


def _embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def test_embedded_resource() -> list[EmbeddedResource]:
    return [_embedded("test://embedded-resource", "This is an embedded resource content.")]


def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    mixed = _embedded("test://mixed-content-resource", '{"test": "data", "value": 123}', "application/json")
    return [TextContent(type="text", text="Multiple content types test:"), IMAGE, mixed]


def test_error_handling() -> str:
    raise RuntimeError("This tool intentionally returns an error for testing")


async def test_tool_with_logging(ctx: Context[Any, Any]) -> str:
    for step in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(step)
        await anyio.sleep(0.05)
    return "Tool with logging executed successfully"


async def test_tool_with_progress(ctx: Context[Any, Any]) -> str:
    for step in (0, 50, 100):
        await ctx.report_progress(step, 100, f"Completed step {step} of 100")
        await anyio.sleep(0.05)
    return "done"


async def test_sampling(prompt: str, ctx: Context[Any, Any]) -> str:
    question = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    result = await ctx.session.create_message(messages=[question], max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {result.content.text if isinstance(result.content, TextContent) else '?'}"


async def _elicited(ctx: Context[Any, Any], message: str, form: type[BaseModel]) -> str:
    result = await ctx.elicit(message, form)
    return f"action={result.action}, content={result.data.model_dump_json() if result.action == 'accept' else '{}'}"


def _form(**fields: tuple[type, dict[str, Any]]) -> type[BaseModel]:
    given: dict[str, Any] = {name: (kind, Field(**keywords)) for name, (kind, keywords) in fields.items()}
    return create_model("Form", **given)


def _choices(*values: str) -> list[dict[str, str]]:
    return [{"const": value, "title": value.title()} for value in values]


STATES = {"enum": ["active", "inactive", "pending"]}
RESPONSE = _form(response=(str, {"description": "User's response"}))
DEFAULTS = _form(
    name=(str, {"default": "John Doe"}),
    age=(int, {"default": 30}),
    score=(float, {"default": 95.5}),
    status=(str, {"default": "active", "json_schema_extra": STATES}),
    verified=(bool, {"default": True}),
)
ENUMS = _form(
    untitledSingle=(str, {"json_schema_extra": STATES}),
    titledSingle=(str, {"json_schema_extra": {"oneOf": _choices("low", "medium", "high")}}),
    untitledMulti=(list[str], {"json_schema_extra": {"items": {"type": "string", "enum": ["read", "write"]}}}),
    titledMulti=(list[str], {"json_schema_extra": {"items": {"anyOf": _choices("feature", "bug", "docs")}}}),
    legacyEnum=(str, {"json_schema_extra": {"enum": ["small", "large"], "enumNames": ["Small", "Large"]}}),
)


async def test_elicitation(message: str, ctx: Context[Any, Any]) -> str:
    return f"User response: {await _elicited(ctx, message, RESPONSE)}"


async def test_elicitation_sep1034_defaults(ctx: Context[Any, Any]) -> str:
    return f"Elicitation result: {await _elicited(ctx, 'Please provide user information', DEFAULTS)}"


async def test_elicitation_sep1330_enums(ctx: Context[Any, Any]) -> str:
    return f"Elicitation completed: {await _elicited(ctx, 'Please select values', ENUMS)}"


async def test_reconnection(ctx: Context[Any, Any]) -> str:
    await ctx.close_sse_stream()
    await anyio.sleep(0.2)
    return "Reconnection test completed"


def test_x_mcp_header(region: str = Field(default="<none>", json_schema_extra={"x-mcp-header": "Region"})) -> str:  # noqa: PT028 - a parameter of a tool
    return f"region={region}"


async def test_missing_capability(ctx: Context[Any, Any]) -> str:
    if ctx.client_capabilities is None or ctx.client_capabilities.sampling is None:
        needed = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool requires the client 'sampling' capability", needed)
    return "Client declared sampling capability; proceeding."


def test_simple_prompt() -> list[UserMessage]:
    return [UserMessage("This is a simple prompt for testing.")]


def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
    return [UserMessage(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")]


def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:  # noqa: N803 - the suite's name
    return [UserMessage(_embedded(resourceUri, "Embedded resource content for testing.")), UserMessage("Please process it.")]


def test_prompt_with_image() -> list[UserMessage]:
    return [UserMessage(IMAGE), UserMessage("Please analyze the image above.")]


CONTENTS: Sequence[Callable[..., Any]] = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
)
CALLS: Sequence[Callable[..., Any]] = (
    test_tool_with_logging,
    test_tool_with_progress,
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_reconnection,
    test_x_mcp_header,
    test_missing_capability,
)
PROMPTS: Sequence[Callable[..., Any]] = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
    questions.test_input_required_result_prompt,
)


def _add_changes(server: MCPServer) -> None:
    @server.tool(description="changes the tools")
    async def test_trigger_tool_change(ctx: Context[Any, Any]) -> str:
        server.add_tool(test_simple_text, name="test_dynamic_tool")
        server.remove_tool("test_dynamic_tool")
        await ctx.notify_tools_changed()
        return "tool list changed"

    @server.tool(description="changes the prompts")
    async def test_trigger_prompt_change(ctx: Context[Any, Any]) -> str:
        server.add_prompt(Prompt.from_function(test_simple_text, name="test_dynamic_prompt"))
        server.remove_prompt("test_dynamic_prompt")
        await ctx.notify_prompts_changed()
        return "prompt list changed"


def _add_resources(server: MCPServer) -> None:
    @server.resource("test://static-text")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PIXEL)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002 - the suite's name
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.resource("test://watched-resource")
    def watched() -> str:
        return "Watched resource content"


async def _set_level(_: ServerRequestContext[Any, Any], __: SetLevelRequestParams) -> EmptyResult:
    return EmptyResult()
