"""The reference pages that are made from the code: commands, tools, the model's schema, the questionnaire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import click

from microservices_skill.app.checking import schema
from microservices_skill.cli import main
from microservices_skill.markdown import table
from microservices_skill.mcp_server.server import INSTRUCTIONS, build
from microservices_skill.questionnaire.questions import QUESTIONS, AnswerField

WIDTH = {"max_content_width": 100, "terminal_width": 100}  # of any terminal


def pages() -> dict[str, str]:
    """The text of every page by its path."""
    return {
        "reference/cli.md": commands(),
        "reference/mcp.md": asyncio.run(server()),
        "reference/schema.md": model(schema()),
        "reference/questionnaire.md": questionnaire(),
    }


def commands() -> str:
    """Every command as its --help shows it."""
    root = click.Context(main, info_name="microservices-skill", **(main.context_settings | WIDTH))
    parts = [f"# Commands\n\n{_block(main.get_help(root))}"]
    for name in main.list_commands(root):
        command = main.get_command(root, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=root, **(command.context_settings | WIDTH))
        parts.append(f"## {name}\n\n{_block(command.get_help(context))}")
    return "\n".join(parts)


async def server() -> str:
    """What the MCP server offers, as it says so itself."""
    offered = build()
    parts = [f"# MCP server\n\n`microservices-skill serve` starts it. What it tells every client:\n\n> {INSTRUCTIONS}\n\n## Tools\n"]
    parts += [
        f"### {tool.name}\n\n{_prose(tool.description)}\n\n{_keys('argument', tool.input_schema)}" for tool in await offered.list_tools()
    ]
    prompts = [
        (_code(each.name), each.description, ", ".join(_code(argument.name) for argument in each.arguments or ()))
        for each in await offered.list_prompts()
    ]
    parts.append(f"## Prompts\n\n{_table(('prompt', 'gives', 'arguments'), prompts)}")
    resources = [(each.uri, each.description, each.mime_type) for each in await offered.list_resources()]
    templates = [(each.uri_template, each.description, each.mime_type) for each in await offered.list_resource_templates()]
    rows = [(_code(uri), description, _code(kind)) for uri, description, kind in resources + templates]
    parts.append(f"## Resources\n\n{_table(('resource', 'is', 'type'), rows)}")
    return "\n".join(parts)


def model(of: dict[str, Any]) -> str:
    """Each part of architecture.yaml with its keys."""
    opening = (
        "# Schema of architecture.yaml\n\nMade from the JSON Schema that `microservices-skill schema` prints; any editor that knows JSON"
        " Schema can check by that. [The model](model.md) explains it with examples.\n"
    )
    parts = [opening, _part("Architecture", of)]
    return "\n".join(parts + [_part(name, part) for name, part in sorted(of["$defs"].items())])


def questionnaire() -> str:
    """Every question, why it is asked and what it decides."""
    parts = [f"# Questionnaire\n\n{len(QUESTIONS)} questions. Answers may be free text: what was understood is kept beside the words.\n"]
    section = ""
    for question in QUESTIONS:
        if question.section != section:
            section = question.section
            parts.append(f"## {section}\n")
        rows = [(_code(each.key), each.title, _answer(each), "yes" if each.required else "no") for each in question.fields]
        keys = _table(("key", "asks for", "takes", "required"), rows)
        parts.append(f"### {question.text}\n\n{question.why} *It decides:* {question.decides}.\n\n{keys}")
    return "\n".join(parts)


def _answer(field: AnswerField) -> str:
    taken = " or ".join(map(_code, field.choices)) if field.choices else str(field.kind)
    unit = f" ({field.unit})" if field.unit else ""
    return f"{taken}{unit}" + (f", such as {_code(field.example)}" if field.example else "")


def _part(name: str, part: dict[str, Any]) -> str:
    opening = f"## {name}\n\n{_prose(part.get('description'))}\n"
    if "enum" in part:
        return f"{opening}\nOne of {', '.join(map(_code, part['enum']))}.\n"
    if "properties" not in part:
        return f"{opening}\n{_kind(part)}.\n"
    return f"{opening}\n{_keys('key', part)}"


def _keys(what: str, of: dict[str, Any]) -> str:
    """The keys of an object, one a row."""
    required = set(of.get("required", ()))
    parts = of.get("properties", {})
    rows = [
        (_code(key), _kind(part), "yes" if key in required else _default(part), part.get("description", "")) for key, part in parts.items()
    ]
    head = (what, "type", "required or default", "meaning")
    columns = len(head) if any(row[-1] for row in rows) else len(head) - 1
    return _table(head[:columns], [row[:columns] for row in rows])


def _kind(of: dict[str, Any]) -> str:
    """A schema's type in words; parts that have a section are linked."""
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in of:
            return " or ".join(dict.fromkeys(_kind(each) for each in of[several] if each.get("type") != "null"))
    if "const" in of:
        return _code(of["const"])
    if "enum" in of:
        return " or ".join(map(_code, of["enum"]))
    if of.get("type") == "array":
        return f"list of {_kind(of['items'])}" if of.get("items") else "list"
    if of.get("type") == "object" and isinstance(of.get("additionalProperties"), dict):
        return f"map to {_kind(of['additionalProperties'])}"
    limits = [
        f"{word} {of[key]}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("exclusiveMaximum", "below"),
            ("maxLength", "at most"),
        )
        if key in of
    ]
    return " ".join([str(of.get("type", "any")), *limits, *([_code(of["pattern"])] if "pattern" in of else [])])


def _default(of: dict[str, Any]) -> str:
    """What holds where a key is left out."""
    default = of.get("default")
    return "" if default in (None, "", [], {}) else _code(default if isinstance(default, str) else json.dumps(default))


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    return table(head, [[_cell(each) for each in row] for row in rows]) + "\n"


def _cell(text: object) -> str:
    return _prose(text).replace("|", "\\|")


def _prose(text: object) -> str:
    """Text of a docstring in one line, its code marked as Markdown does."""
    return " ".join(str(text or "").replace("``", "`").split())


def _code(text: object) -> str:
    return f"`{text}`"


def _block(text: str) -> str:
    return f"```text\n{text}\n```\n"
