"""The lines that a person adds to files of their own, as new texts of these files; the same text where they are in it already."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from microservices_skill import syntax
from microservices_skill.adoption.errors import UnfitApplicationError
from microservices_skill.adoption.python_starter import applications
from microservices_skill.adoption.starter import Starter

_NAME_OF = re.compile(r"[\[=]")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")
_IMPORT = re.compile(r"""^import\b[^'"]*['"][^'"]+['"];?[^\n]*\n""", re.MULTILINE)


def wired_python(text: str, starter: Starter) -> str:
    """The module of the application with our call in it."""
    imported, call = f"from {starter.package}.install import install", f"install({starter.app})"
    if imported in text:
        return text
    lines = text.splitlines()
    found = next(each for each in applications(starter.main, text) if each.name == starter.app)
    at = _place_of_import(text, f"{starter.package}.install")
    return "\n".join([*lines[:at], imported, *lines[at : found.ends_at], "", call, *lines[found.ends_at :]]) + "\n"


def _place_of_import(text: str, module: str) -> int:
    """After which line an import goes: in order among those of its own package, else after the last at the top of the file."""
    end = 0
    for node in syntax.parse(text).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.Import | ast.ImportFrom) and not is_docstring:
            break
        if isinstance(node, ast.ImportFrom) and _is_later(node.module or "", module):
            return node.lineno - 1
        end = node.end_lineno or end
    return end


def _is_later(other: str, module: str) -> bool:
    return other.partition(".")[0] == module.partition(".")[0] and other > module


def wired_main(text: str, starter: Starter) -> str:
    """The file that starts a NestJS application, with our calls in it."""
    path = f"{towards(starter.main, starter.folder)}/install{starter.suffix}"
    if path in text:
        return text
    call = re.search(rf"NestFactory\.create(?:<[^(]*>)?\(\s*{starter.package}\s*(?P<next>,\s*\{{|\))", text)
    if call is None or "logger:" in text:
        what = "NestFactory.create has options that are no object here, or a logger of its own"
        raise UnfitApplicationError(starter.main, what, f"call NestFactory.create({starter.package}) or with {{ … }} and without a logger")
    is_alone = call["next"] == ")"
    given = ", { logger: await begin() })" if is_alone else ", { logger: await begin(),"
    text = text[: call.start("next")] + given + text[call.end("next") :]
    end = _end_of_call(text, text.index("(", call.start()))
    indent = re.match(r"\s*", text[text.rindex("\n", 0, call.start()) + 1 :])
    text = f"{text[:end]}\n{indent[0] if indent else ''}install({starter.app});{text[end:]}"
    return _imported(text, "begin, install", path)


def _end_of_call(text: str, start: int) -> int:
    """Where the call ends whose bracket opens at ``start``, with the semicolon after it."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1 + text.startswith(";", index + 1)
    return len(text)


def wired_module(text: str, starter: Starter) -> str:
    """The root module of a NestJS application, with our module among its imports."""
    path = f"{towards(starter.module, starter.folder)}/platform.module{starter.suffix}"
    if path in text:
        return text
    if "@Module({" not in text:
        raise UnfitApplicationError(starter.module, "has no @Module({ … })", "name the module's parts in an object there")
    found = re.compile(r"\bimports:\s*\[").search(text, text.index("@Module({"))
    if found is None:
        text = text.replace("@Module({", "@Module({\n  imports: [PlatformModule],", 1)
    else:
        rest = text[found.end() :]
        added = "\n    PlatformModule," if rest.startswith("\n") else "PlatformModule" if rest.startswith("]") else "PlatformModule, "
        text = text[: found.end()] + added + rest
    return _imported(text, "PlatformModule", path)


def _imported(text: str, names: str, path: str) -> str:
    last = [*_IMPORT.finditer(text)][-1]
    return f"{text[: last.end()]}import {{ {names} }} from '{path}';\n{text[last.end() :]}"


def towards(file: str, folder: str) -> str:
    """The folder, as a file names it in an import."""
    here, there = PurePosixPath(file).parent.parts, PurePosixPath(folder).parts
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    up = "../" * (len(here) - common) or "./"
    return up + "/".join(there[common:])


def wired_requirements(text: str, packages: Sequence[str]) -> str:
    """A list of requirements with the packages that it lacks."""
    there = {found[1].lower() for line in text.splitlines() if (found := _REQUIREMENT.match(line.strip()))}
    lacking = [each for each in packages if _NAME_OF.split(each)[0] not in there]
    return text if not lacking else text.rstrip("\n") + "\n" + "".join(f"{each}\n" for each in lacking)
