"""Constrained types: an identifier of these types cannot become code, a path or a keyword."""

from __future__ import annotations

import keyword
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

from microservices_skill.model.naming import snake

_TYPESCRIPT_KEYWORDS = frozenset(
    "abstract any arguments as async await boolean break case catch class const constructor continue debugger declare"
    " default delete do else enum eval export extends false finally for from function get if implements import in"
    " infer instanceof interface is keyof let module namespace never new null number object of package private"
    " protected public readonly require return set static string super switch symbol this throw true try type typeof"
    " undefined unique unknown using var void while with yield".split()
)
#: Lower-case words that are a keyword of a target language.
KEYWORDS = frozenset(word.lower() for word in keyword.kwlist) | frozenset(keyword.softkwlist) - {"_"} | _TYPESCRIPT_KEYWORDS
#: Packages that a service's own package would hide in a generated project, and folders that it contains.
_TAKEN_PACKAGES = frozenset(
    "alembic aio_pika anyio app ast asyncio click config contracts dist docs domains email fastapi fixtures http"
    " httpx httpx2 infrastructure jwt limits logging main middleware migrations node_modules opentelemetry os"
    " platform pydantic pytest random redis scripts secrets select self server services signal site socket sqlalchemy"
    " src ssl stamina starlette statistics string structlog sys test tests time tokenize token types typing uuid"
    " uvicorn".split()
)
#: Columns and attributes that every entity has, or that the frameworks own.
_TAKEN_FIELDS = frozenset(
    "id version created_at updated_at metadata registry copy dict json schema construct validate fields"
    " model_config model_fields model_extra model_dump model_validate model_copy model_construct model_computed_fields"
    " hasownproperty prototype __proto__ self cls".split()
)
#: Class names that generated modules import or define.
_TAKEN_TYPES = frozenset(
    "Amount Any Array Base BaseEntity BaseModel Big Boolean Buffer Column Date Day Decimal Depends DomainEvent Email"
    " Entity EntityManager Enum Error Event EventBus EventDefinition Exception False Function Generic IdempotencyKey"
    " InboxMessage Infinity Injectable InvariantError Iterator JSON Literal Map Mapped Math Model Module Moment Money"
    " NaN None NotImplemented Null Number Object Optional OutboxMessage Page Partial Path Pick Problem Promise Protocol"
    " Proxy Query Readonly Record Reflect Regexp Request Response Router Self Sequence Session Set Settings"
    " StateConflictError String Symbol Table True Type Undefined Union Uuid Value VersionMismatchError".split()
)
#: Names within the classes that carry operations.
_TAKEN_OPERATIONS = frozenset("idempotency repository rules service session transition unit_of_work".split())


def _refuse(taken: frozenset[str], what: str, *, fold: bool = True) -> AfterValidator:
    def check(name: str) -> str:
        if (snake(name) if fold else name) in taken:
            raise ValueError(f"{name!r} {what}; choose a more specific name")
        return name

    return AfterValidator(check)


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, max_length=maximum)


def _printable(text: str) -> str:
    for character in text:
        if (ord(character) < 32 and character not in "\n\t") or ord(character) in (0x7F, 0x85, 0x2028, 0x2029):
            raise ValueError(f"has the control character U+{ord(character):04X}; remove it")
        if 0xD800 <= ord(character) <= 0xDFFF or 0x202A <= ord(character) <= 0x202E or 0x2066 <= ord(character) <= 0x2069:
            raise ValueError(f"has the character U+{ord(character):04X}, which hides or breaks text; remove it")
    return text


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


_KEYWORD = _refuse(KEYWORDS, "is a reserved word in Python or TypeScript")

#: ``order-history``: names of systems, services, teams, stores. Short enough for a Kubernetes label.
Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40),
    _KEYWORD,
    _refuse(_TAKEN_PACKAGES, "is the name of a package or folder that a generated service uses"),
]
#: ``OrderLine``: names of entities, value types and sagas.
TypeName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=50),
    _KEYWORD,
    _refuse(_TAKEN_TYPES, "is a type that generated code already has", fold=False),
]
#: ``OrderPlaced``: an event, in the past tense.
EventName = TypeName
#: ``unit_price``: fields of entities, events and value types.
FieldName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=50),
    _KEYWORD,
    _refuse(_TAKEN_FIELDS, "is a field that every entity has or that the frameworks own", fold=False),
]
#: ``id`` and the other fields that every entity has, or a field of its own.
FieldRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=50)]
#: ``awaiting_payment``: states and transitions of a lifecycle, and the values of an enum.
StateName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40), _KEYWORD]
#: ``placeOrder``: an operation of an API.
OperationName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][A-Za-z0-9]*$", max_length=60),
    _KEYWORD,
    _refuse(_TAKEN_OPERATIONS, "is a name that generated classes already use"),
]
#: ``orders:write``: an OAuth scope.
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.:_/-]*$", max_length=80)]
#: ``shared-database``: the id of a rule.
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
#: A single line that people read.
Line = Annotated[str, _text(200), AfterValidator(_one_line)]
#: A paragraph or more that people read.
Prose = Annotated[str, _text(4000), AfterValidator(_printable)]

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"^(\d{1,9})(ms|s|m|h|d)$")


def parse_duration(value: object) -> object:
    """``300ms``, ``2s``, ``15m``, ``4h`` or ``1d`` to milliseconds."""
    if isinstance(value, str):
        match = _DURATION.match(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is not a duration; write a whole number with ms, s, m, h or d, such as 300ms")
        return int(match[1]) * _UNITS_MS[match[2]]
    if isinstance(value, int) and not isinstance(value, bool) and value == 0:
        return 0
    raise ValueError(f"{value!r} is not a duration; write a whole number with ms, s, m, h or d, such as 300ms")


def format_duration(milliseconds: int) -> str:
    """Milliseconds to the shortest exact spelling: 90000 to ``90s``."""
    for unit in ("d", "h", "m", "s"):
        if milliseconds and milliseconds % _UNITS_MS[unit] == 0:
            return f"{milliseconds // _UNITS_MS[unit]}{unit}"
    return f"{milliseconds}ms"


def _duration_or_milliseconds(value: object) -> object:
    return parse_duration(value)


#: Milliseconds, written with a unit in documents: ``300ms``, ``2s``.
Duration = Annotated[
    int,
    BeforeValidator(_duration_or_milliseconds),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(0|\d{1,9}(ms|s|m|h|d))$", "examples": ["300ms", "2s"]}),
]


class Node(BaseModel):
    """Base of everything in ``architecture.yaml``: frozen, no unknown keys, camelCase in documents."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )
