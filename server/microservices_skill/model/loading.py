"""From a document to a model: validation errors become problems with a line and a way to mend them."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from microservices_skill.errors import DocumentError, Problem
from microservices_skill.model import document as documents
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.document import Document
from microservices_skill.model.references import check

M = TypeVar("M", bound=BaseModel)


def read_architecture(text: str, *, source: str = "architecture.yaml") -> tuple[Architecture, Document]:
    """Read, validate and resolve an architecture.

    Raises:
        DocumentError: with every fault, its line and how to mend it.

    """
    document = documents.parse(text, source=source)
    architecture = interpret(document, Architecture)
    problems = [document.problem(pointer, message) for pointer, message in check(architecture)]
    if problems:
        raise DocumentError(source, problems)
    return architecture, document


def interpret(document: Document, model: type[M]) -> M:
    """Validate a document against a model.

    Raises:
        DocumentError: with every fault that pydantic finds, in the order of the document.

    """
    if not isinstance(document.data, dict):
        found = "nothing" if document.data is None else f"a {type(document.data).__name__}"
        raise DocumentError(document.source, [document.problem("", f"the document must be a mapping of keys to values, not {found}")])
    try:
        return model.model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = [_problem(document, model, detail) for detail in error.errors(include_url=False)]
        raise DocumentError(document.source, sorted(problems, key=_order)) from error


def _order(problem: Problem) -> tuple[int, int, str]:
    return problem.line or 0, problem.column or 0, problem.pointer


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    pointer = "".join(f"/{documents.escape(str(part))}" for part in detail["loc"])
    return document.problem(pointer, _message(model, detail))


def _message(model: type[BaseModel], detail: ErrorDetails) -> str:
    given = _shorten(detail.get("input"))
    match detail["type"]:
        case "extra_forbidden":
            key = str(detail["loc"][-1])
            known = sorted(_keys_at(model, detail["loc"][:-1]))
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
            return f"unknown key {_shorten(key)}; {hint}"
        case "missing":
            return f"{detail['loc'][-1]} is required; add it"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "string_pattern_mismatch":
            return f"{given} does not match {detail['ctx']['pattern']}"
        case _:
            return f"{detail['msg']}, got {given}"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The keys that the node at ``loc`` takes."""
    nodes = {model}
    for part in loc:
        if isinstance(part, int):
            continue
        nodes = {
            found for node in nodes for field in node.model_fields.values() if field.alias == part for found in _models_in(field.annotation)
        }
    return {field.alias or "" for node in nodes for field in node.model_fields.values()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - an annotation has no narrower type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
