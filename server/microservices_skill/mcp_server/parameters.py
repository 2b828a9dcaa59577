"""What tools take alike, and what their work is watched by while it runs."""

# ruff: noqa: PLC0415 - our own modules are imported when a tool is called, so that the server starts at once

from __future__ import annotations

import concurrent.futures
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio.from_thread
from mcp.server.mcpserver import Context
from pydantic import Field

if TYPE_CHECKING:
    from microservices_skill.app.writing import Manner, Progress

Document = Annotated[str, Field(description="Path of the architecture", max_length=500)]
Answers = Annotated[str, Field(description="Path of the answers", max_length=500)]
Output = Annotated[str, Field(description="Folder to write into", max_length=500)]
Preview = Annotated[bool, Field(description="Only say what would be written")]
Language = Annotated[
    Literal["", "typescript", "python", "both"],
    Field(description="Generate in this language, whatever the model says; empty: as the model says; both: side by side"),
]
Destructive = Annotated[bool, Field(description="Also make migrations that drop what is left behind, or cut values")]

Conflicts = Annotated[
    Literal["stop", "markers"],
    Field(description="Where both a person and the generator changed lines: write nothing, or both between markers"),
]
Ours = Annotated[list[str], Field(description="Paths whose conflicts the person's lines win", max_length=100)]
Theirs = Annotated[list[str], Field(description="Paths whose conflicts the generated lines win", max_length=100)]


def manner(*, preview: bool, conflicts: str = "stop", ours: list[str] | tuple[()] = (), theirs: list[str] | tuple[()] = ()) -> Manner:
    """How a tool writes: until everything is promised, a call that is cancelled stops and leaves nothing."""
    from microservices_skill.app.writing import Manner
    from microservices_skill.regeneration.request import Choices

    choices = Choices(markers=conflicts == "markers", ours=tuple(ours), theirs=tuple(theirs))
    return Manner(preview=preview, choices=choices, checkpoint=anyio.from_thread.check_cancelled)


def progress(ctx: Context[Any, Any]) -> Progress:
    """Tell the client of each step, from the thread that works; one who has left is told nothing."""
    return partial(_report, ctx)


def _report(ctx: Context[Any, Any], done: int, steps: int, what: str) -> None:
    with suppress(concurrent.futures.CancelledError):
        anyio.from_thread.run(ctx.report_progress, done, steps, what)
