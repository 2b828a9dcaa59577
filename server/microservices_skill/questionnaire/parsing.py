"""Reads what people write: ``about 20k users``, ``300 ms``, ``99.9 %``. Deterministic; what it cannot read, it refuses."""

from __future__ import annotations

import re
from typing import assert_never

from microservices_skill.model.types import parse_duration
from microservices_skill.questionnaire.questions import AnswerField, FieldKind

Value = str | int | float | tuple[str, ...]
"""What an answer comes down to. Durations are milliseconds."""

_NUMBER = re.compile(r"(\d{1,3}(?:[,' _]\d{3})+|\d+)(\.\d+)?\s*(k|thousand|m|mio|million|bn|billion|tb|gb|mb)?\b", re.IGNORECASE)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "tb": 1024, "gb": 1, "mb": 1 / 1024}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b", re.IGNORECASE)
_TIME_MS = {"ms": 1, "mi": 60_000, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_NONE = frozenset({"none", "no", "nothing", "n/a", "-", ""})
_SPLIT = re.compile(r"[,;\n]|\band\b(?=\s)", re.IGNORECASE)
MAX_ITEMS = 60
MAX_WORDS = 200


def read(field: AnswerField, raw: object) -> Value:  # noqa: PLR0911 - one for each kind
    """The value of an answer, from a person's words or from a value of the right type.

    Raises:
        ValueError: it cannot be read as what the field asks for; the message says what would be.
    """
    match field.kind:
        case FieldKind.TEXT:
            return _text(field, raw)
        case FieldKind.NAME:
            return _name(field, raw)
        case FieldKind.INTEGER:
            return round(_number(field, raw))
        case FieldKind.NUMBER:
            return _number(field, raw)
        case FieldKind.PERCENT:
            return _percent(field, raw)
        case FieldKind.DURATION:
            return _duration(field, raw)
        case FieldKind.CHOICE:
            return _choice(field, raw)
        case FieldKind.CHOICES:
            return _choices(field, raw)
        case FieldKind.LIST:
            return _list(field, raw)
        case _:
            assert_never(field.kind)


def _refuse(field: AnswerField, raw: object, wanted: str) -> ValueError:
    shown = repr(raw)
    example = f", such as {field.example!r}" if field.example else ""
    return ValueError(f"{field.key}: {shown if len(shown) <= 60 else shown[:57] + '…'} is not {wanted}{example}")


def _text(field: AnswerField, raw: object) -> str:
    words = " ".join(str(raw).split()) if isinstance(raw, str) else ""
    if not words or len(words) > MAX_WORDS or not words.isprintable():
        raise _refuse(field, raw, f"a sentence of at most {MAX_WORDS} characters")
    return words


def _name(field: AnswerField, raw: object) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", raw.lower()).strip("-") if isinstance(raw, str) else ""
    if not re.match(r"^[a-z][a-z0-9-]{1,38}$", name):
        raise _refuse(field, raw, "a name of letters, digits and dashes that starts with a letter")
    return name


def _number(field: AnswerField, raw: object) -> float:
    if isinstance(raw, bool):
        raise _refuse(field, raw, "a number")
    if isinstance(raw, int | float):
        value = float(raw)
    else:
        found = _NUMBER.search(raw) if isinstance(raw, str) else None
        if found is None:
            raise _refuse(field, raw, "a number")
        whole = re.sub(r"[^0-9]", "", found[1]) + (found[2] or "")
        value = float(whole) * _SCALE.get((found[3] or "").lower(), 1)
    if not 0 <= value <= 1e15:
        raise _refuse(field, raw, "a number from 0 to 10^15")
    return value


def _percent(field: AnswerField, raw: object) -> float:
    value = _number(field, raw)
    if not 50 <= value <= 100:
        raise _refuse(field, raw, "a percentage from 50 to 100")
    return value


def _duration(field: AnswerField, raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw == 0:
        return 0
    if not isinstance(raw, str):
        raise _refuse(field, raw, "a duration with a unit")
    if raw.strip().lower() in ("0", "none", "zero"):
        return 0
    found = _TIME.search(raw)
    if found is None:
        raise _refuse(field, raw, "a duration with a unit")
    unit = found[2].lower()
    scale = _TIME_MS["ms"] if unit.startswith(("ms", "milli")) else _TIME_MS[unit[0]]
    value = round(float(found[1]) * scale)
    return int(str(parse_duration(f"{value}ms"))) if value < 10**9 else value


def _choice(field: AnswerField, raw: object) -> str:
    words = raw.strip().lower() if isinstance(raw, str) else ""
    exact = [choice for choice in field.choices if words == choice]
    named = exact or [
        choice for choice in field.choices if re.search(rf"\b{re.escape(choice)}\b", words.replace(" ", "-")) or choice in words
    ]
    if len(named) != 1:
        raise _refuse(field, raw, f"one of {', '.join(field.choices)}")
    return named[0]


def _choices(field: AnswerField, raw: object) -> tuple[str, ...]:
    items = _list(field, raw)
    if not items:
        return ("none",) if "none" in field.choices else ()
    found: list[str] = []
    for item in items:
        words = item.lower().replace(" ", "-")
        named = [choice for choice in field.choices if choice in words]
        if not named:
            raise _refuse(field, item, f"among {', '.join(field.choices)}")
        found += [choice for choice in named if choice not in found]
    return tuple(sorted(found))


def _list(field: AnswerField, raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        raw = _SPLIT.split(raw)
    if not isinstance(raw, list | tuple):
        raise _refuse(field, raw, "a list")
    items = [" ".join(each.split()) for each in raw if isinstance(each, str)]
    if len(items) != len(raw) or len(items) > MAX_ITEMS or any(len(item) > MAX_WORDS or not item.isprintable() for item in items):
        raise _refuse(field, raw, f"a list of at most {MAX_ITEMS} short texts")
    kept = [item for item in items if item.lower() not in _NONE]
    return tuple(dict.fromkeys(kept))
