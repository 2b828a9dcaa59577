"""Reads what the generated ``Procfile`` and ``.env`` say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.running.errors import MalformedLineError, MissingVariableError

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>cd (?P<folder>[A-Za-z0-9_./-]+) && "
    r"PORT=\$(?P<port>\w+) DATABASE_URL=\$(?P<database>\w+) .+)"
)
_SHAPE = "NAME: cd FOLDER && PORT=$… DATABASE_URL=$… exec COMMAND"
_VARIABLE = re.compile(r"(?:export )?([A-Za-z_]\w*)=(.*)")


@dataclass(frozen=True, slots=True)
class Process:
    """A line of the ``Procfile``: a service, its folder, the shell command that becomes it, and the variables of its place."""

    name: str
    folder: str
    command: str
    port_variable: str
    database_variable: str

    def port(self, variables: Mapping[str, str]) -> int:
        """Where it listens.

        Raises:
            SkillError: nothing says so.

        """
        value = self._value(variables, self.port_variable)
        if not value.isdigit():
            raise MissingVariableError(self.name, self.port_variable)
        return int(value)

    def database_url(self, variables: Mapping[str, str]) -> str:
        """Where it keeps its data.

        Raises:
            SkillError: nothing says so.

        """
        return self._value(variables, self.database_variable)

    def _value(self, variables: Mapping[str, str], name: str) -> str:
        if not variables.get(name):
            raise MissingVariableError(self.name, name)
        return variables[name]


def parse_procfile(text: str) -> tuple[Process, ...]:
    """The processes, in their order.

    Raises:
        MalformedLineError: a line is not of the shape that is generated.

    """
    found = []
    for number, line in _lines(text):
        match = _LINE.fullmatch(line)
        if match is None:
            raise MalformedLineError("Procfile", number, _SHAPE)
        found.append(Process(match["name"], match["folder"], match["command"], match["port"], match["database"]))
    return tuple(found)


def parse_variables(text: str, name: str) -> dict[str, str]:
    """The variables of an ``.env`` file; quotes around a value are not part of it.

    Raises:
        MalformedLineError: a line is no assignment.

    """
    found = {}
    for number, line in _lines(text):
        match = _VARIABLE.fullmatch(line)
        if match is None:
            raise MalformedLineError(name, number, "NAME=VALUE")
        value = match[2].strip()
        is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[match[1]] = value[1:-1] if is_quoted else value
    return found


def _lines(text: str) -> list[tuple[int, str]]:
    numbered = enumerate((line.strip() for line in text.splitlines()), start=1)
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]
