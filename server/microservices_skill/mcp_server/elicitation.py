"""Asks a person for one section of the questionnaire, where the client can; else the questions go back as data.

Some clients say that they can and never answer, others decline at once without showing anything: both count as not
asked. ``MICROSERVICES_SKILL_ELICITATION=off`` turns asking off.
"""

# ruff: noqa: PLC0415 - our own modules are imported when a tool is called, so that the server starts at once

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import anyio
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, Field, ModelWrapValidatorHandler, ValidationError, create_model, model_validator

from microservices_skill.errors import SkillError
from microservices_skill.mcp_server.root import Root, can_ask, folder, is_modern

PATIENCE_S = 50
"""Most clients give a tool call a minute; the wait for a person counts."""
_REFLEX_S = 0.5


class Unasked(BaseModel):
    """Nobody was asked, and why."""

    why: str


class _Form(BaseModel):
    """Every field may be left out; what a client sends that does not fit the form counts as nothing filled in."""

    @model_validator(mode="wrap")
    @classmethod
    def _fitting(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError:
            return handler({})


class Said(BaseModel):
    """What a person answered on a connection that asks in the middle of a call."""

    data: dict[str, Any]


async def ask_section(ctx: Context[Any, Any], root: Root, answers: dict[str, Any], path: str) -> Elicit[BaseModel] | Unasked | Said:
    """Ask for the first section that still lacks an answer."""
    if os.environ.get("MICROSERVICES_SKILL_ELICITATION", "").lower() in ("off", "0", "false", "no") or not _can_ask(ctx):
        return Unasked(why="the client shows no forms")
    from microservices_skill.app import discovery
    from microservices_skill.workspace.paths import inside

    try:
        section = discovery.next_section(inside(folder(root), path), given=answers)
    except SkillError:
        return Unasked(why="the tool itself says what is wrong")
    if section is None:
        return Unasked(why="complete")
    message, form = section.title, _form(section)
    if is_modern(ctx):
        return Elicit(message, form)
    return await _ask_now(ctx, message, form)


def answered(asked: object) -> dict[str, Any]:
    """The answers of a person, by key."""
    match asked:
        case AcceptedElicitation(data=Said(data=data)):
            found: Mapping[str, Any] = data
        case AcceptedElicitation(data=Unasked()):
            found = {}
        case AcceptedElicitation(data=BaseModel() as form):
            found = form.model_dump()
        case _:
            found = {}
    return {key: value for key, value in found.items() if value not in (None, "")}


Asked = Annotated[ElicitationResult[BaseModel], Resolve(ask_section)]
"""A parameter that the server fills in: never part of the tool's input."""


async def _ask_now(ctx: Context[Any, Any], message: str, form: type[BaseModel]) -> Unasked | Said:
    began = time.monotonic()
    try:
        with anyio.move_on_after(PATIENCE_S):
            reply = await ctx.elicit(message, form)
            if reply.action == "accept":
                return Said(data=reply.data.model_dump())
            at_once = time.monotonic() - began < _REFLEX_S
            return Unasked(why="the client declined by itself" if at_once else "the person declined")
    except (MCPError, ValueError) as error:
        return Unasked(why=str(error))
    return Unasked(why="the client did not answer in time")


def _form(section: Any) -> type[BaseModel]:  # noqa: ANN401 - imported when needed
    fields: dict[str, Any] = {}
    for each in section.fields:
        kind = Literal[each.choices] if each.choices and not each.several else str
        fields[each.key] = (kind | None, Field(default=None, title=each.question, description=each.why))
    return create_model("Answers", __base__=_Form, **fields)


def _can_ask(ctx: Context[Any, Any]) -> bool:
    offered = ctx.client_capabilities.elicitation if ctx.client_capabilities is not None else None
    if offered is None or (offered.form is None and offered.url is not None):
        return False
    return can_ask(ctx)
