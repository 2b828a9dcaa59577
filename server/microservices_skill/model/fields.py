"""Typed fields of entities, value types and events."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field as Spec
from pydantic import StringConstraints, model_validator

from microservices_skill.model.types import FieldName, FieldRef, Line, Node, StateName, TypeName

#: The largest integer that every target language holds exactly (2^53 - 1).
MAX_SAFE_INTEGER = 2**53 - 1
MAX_STRING = 255
MAX_TEXT = 10_000
MAX_ITEMS = 100


class FieldType(StrEnum):
    """What a field holds. Money is minor units and a currency, a decimal is exact; neither is ever a float."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    UUID = "uuid"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"
    ENUM = "enum"
    OBJECT = "object"
    LIST = "list"


class Classification(StrEnum):
    """How carefully a value must be handled, mildest first."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    HEALTH = "health"
    CARD = "card"
    SECRET = "secret"  # noqa: S105 - the name of a class of data

    @property
    def is_sensitive(self) -> bool:
        """Whether the value must stay out of logs."""
        return self not in (Classification.PUBLIC, Classification.INTERNAL)


_ALLOWED: dict[FieldType, frozenset[str]] = {
    FieldType.STRING: frozenset({"min_length", "max_length", "pattern"}),
    FieldType.TEXT: frozenset({"min_length", "max_length"}),
    FieldType.INTEGER: frozenset({"minimum", "maximum"}),
    FieldType.NUMBER: frozenset({"minimum", "maximum"}),
    FieldType.DECIMAL: frozenset({"minimum", "maximum", "precision", "scale"}),
    FieldType.MONEY: frozenset({"minimum"}),
    FieldType.BOOLEAN: frozenset(),
    FieldType.UUID: frozenset(),
    FieldType.DATE: frozenset(),
    FieldType.DATETIME: frozenset(),
    FieldType.EMAIL: frozenset(),
    FieldType.ENUM: frozenset({"values"}),
    FieldType.OBJECT: frozenset({"object"}),
    FieldType.LIST: frozenset({"items", "max_items", "min_items"}),
}
_DETAILS = (
    "min_length",
    "max_length",
    "pattern",
    "minimum",
    "maximum",
    "precision",
    "scale",
    "values",
    "object",
    "items",
    "min_items",
    "max_items",
)
_PORTABLE_PATTERN = re.compile(r"^\^[ -~]*\$$")
_UNPORTABLE = re.compile(r"\(\?|\\[1-9bBAZzGKkpPdDwWsS]|[*+?}]\+")


class Shape(Node):
    """The type of a value and its limits; limits that a type does not have are refused."""

    type: FieldType
    min_length: Annotated[int, Spec(ge=0, le=MAX_TEXT)] | None = None
    max_length: Annotated[int, Spec(ge=1, le=MAX_TEXT)] | None = None
    pattern: Annotated[str, StringConstraints(max_length=200)] | None = None
    minimum: Annotated[int, Spec(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)] | None = None
    maximum: Annotated[int, Spec(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)] | None = None
    precision: Annotated[int, Spec(ge=1, le=38)] | None = None
    scale: Annotated[int, Spec(ge=0, le=12)] | None = None
    values: Annotated[tuple[StateName, ...], Spec(max_length=50)] = ()
    object: TypeName | None = None
    items: Shape | None = None
    min_items: Annotated[int, Spec(ge=0, le=1000)] | None = None
    max_items: Annotated[int, Spec(ge=1, le=1000)] | None = None

    @model_validator(mode="after")
    def _details_fit_the_type(self) -> Self:
        for detail in _DETAILS:
            if getattr(self, detail) not in (None, ()) and detail not in _ALLOWED[self.type]:
                fitting = ", ".join(sorted(_ALLOWED[self.type])) or "no limits"
                raise ValueError(f"{detail} does not apply to type {self.type}; it takes {fitting}")
        if self.type is FieldType.ENUM and not self.values:
            raise ValueError("type enum needs values, such as values: [small, large]")
        if len(set(self.values)) != len(self.values):
            raise ValueError("values names one value twice; remove the repetition")
        if self.type is FieldType.MONEY and self.minimum not in (None, 0):
            raise ValueError("minimum of money is 0 or not set; say other bounds as an invariant of the entity")
        if self.type is FieldType.OBJECT and self.object is None:
            raise ValueError("type object needs object: the name of one of the service's valueTypes")
        if self.type is FieldType.LIST and self.items is None:
            raise ValueError("type list needs items, such as items: {type: string}")
        if self.items is not None and self.items.type is FieldType.LIST:
            raise ValueError("a list of lists is not supported; give the inner list a value type of its own")
        for low, high in (("min_length", "max_length"), ("minimum", "maximum"), ("min_items", "max_items"), ("scale", "precision")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} {least} is greater than {high} {most}")
        return self._pattern_is_portable()

    def _pattern_is_portable(self) -> Self:
        if self.pattern is None:
            return self
        if not _PORTABLE_PATTERN.match(self.pattern) or _UNPORTABLE.search(self.pattern):
            raise ValueError(
                "pattern must start with ^ and end with $, be ASCII, and use no look-around, back-reference or class escape"
                " such as \\d (write [0-9]), so that every language reads it alike"
            )
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern is not a regular expression: {error}") from error
        return self

    @property
    def length_limit(self) -> int:
        """Most characters that the text may have."""
        default = MAX_TEXT if self.type is FieldType.TEXT else 320 if self.type is FieldType.EMAIL else MAX_STRING
        return self.max_length or default

    @property
    def digits(self) -> tuple[int, int]:
        """Precision and scale of a decimal."""
        return self.precision or 19, 4 if self.scale is None else self.scale

    @property
    def item_limit(self) -> int:
        """Most items that a list may have."""
        return self.max_items or MAX_ITEMS


class Field(Shape):
    """A named value of an entity, value type or event; ``formerly`` is the name that it had before a rename.

    ``keptBy`` names the law that keeps personal data when its person asks for erasure.
    """

    name: FieldName
    formerly: FieldName | None = None
    description: Line = ""
    required: bool = True
    unique: bool = False
    immutable: bool = False
    references: TypeName | None = None
    classification: Classification = Classification.INTERNAL
    kept_by: Line = ""

    @model_validator(mode="after")
    def _flags_fit_the_type(self) -> Self:
        if self.kept_by and not self.classification.is_sensitive:
            raise ValueError("keptBy says why personal data outlives an erasure; classify the field, or remove keptBy")
        if self.references is not None and self.type is not FieldType.UUID:
            raise ValueError("references needs type uuid: an entity is referred to by its id")
        if self.unique and self.type in (FieldType.OBJECT, FieldType.LIST, FieldType.MONEY, FieldType.TEXT):
            raise ValueError(f"unique does not apply to type {self.type}")
        return self


class PayloadField(Field):
    """A value that an event carries, and the entity's field that it is taken from."""

    source: FieldRef | None = None
