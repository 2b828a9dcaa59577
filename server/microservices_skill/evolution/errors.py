"""Changes of a schema that are refused, and records of one that cannot be read: each says where, what and what to do."""

from __future__ import annotations

from microservices_skill.errors import SkillError

FLAG = "--allow-destructive"


class EvolutionError(SkillError):
    """A change of the model that no safe migration follows from."""


class LosesDataError(EvolutionError):
    """A change that would cut values."""

    def __init__(self, table: str, column: str, before: str, after: str) -> None:
        super().__init__(
            f"{table}.{column}: {before} becomes {after}, and what does not fit would be cut; keep the wider limit in the model and check"
            f" the narrower one in the service's rules, or accept the loss with {FLAG} (allow_destructive over MCP)"
        )


class ChangesTypeError(EvolutionError):
    """Another type under the same name."""

    def __init__(self, table: str, column: str, before: str, after: str) -> None:
        super().__init__(
            f"{table}.{column}: {before} becomes {after} under the same name, which the version that runs could not read; give the field"
            f" a new name and say formerly: {column}, then both versions run side by side, or convert in place with {FLAG}"
            " (allow_destructive over MCP): the table is rewritten, and the version before must be stopped first"
        )


class UnconvertibleError(EvolutionError):
    """A type whose values do not become those of another one."""

    def __init__(self, table: str, column: str, before: str, after: str) -> None:
        super().__init__(
            f"{table}.{column}: values do not convert from {before} to {after}; give the field a new name without formerly, fill it in the"
            " service's code, and take the old field out once it is no longer read"
        )


class NoValueError(EvolutionError):
    """A required column for which rows that are there have no value."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"{table}.{column}: it is required, but rows that are there have no value for it and its type (unique, a pattern, a reference,"
            " an object, an email, a money in a list) has no neutral one; set required: false, and let the service's rules demand it"
        )


class UnfinishedError(EvolutionError):
    """A change on top of one that still waits to be contracted."""

    def __init__(self, table: str, what: str) -> None:
        super().__init__(
            f"{table}: {what} still waits for its end; once only the newest version runs, take its formerly out of the model and generate"
            f" with {FLAG} (allow_destructive over MCP), deploy that, and make this change after it"
        )


class KeyChangedError(EvolutionError):
    """Another primary key."""

    def __init__(self, table: str, before: str, after: str) -> None:
        super().__init__(
            f"{table}: its key ({before}) would become ({after}), which no running version survives; give the view a new name with the new"
            " key, rebuild it, and take the old one out of the model"
        )


class InapplicableError(SkillError):
    """An operation that does not fit the schema before it."""

    def __init__(self, operation: str, where: str) -> None:
        super().__init__(f"{operation} of {where} does not follow from the migrations before it")


class RecordError(SkillError):
    """A history that cannot be read."""

    def __init__(self, source: str, what: str, fix: str) -> None:
        super().__init__(f"{source}: {what}; {fix}")


class UnrecordedError(SkillError):
    """Migrations of a time before the history was recorded, and a model that has changed since."""

    def __init__(self, folder: str, path: str) -> None:
        super().__init__(
            f"{folder}: {path} was made before histories were recorded, and the model has changed since; generate once from the"
            " architecture.yaml that it was made from (see version control), commit the schema-history.json that this writes, and then"
            " generate from the changed model. Where no database was ever migrated, delete that migration instead"
        )
