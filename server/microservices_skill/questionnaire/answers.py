"""The answers of a team: each value beside the words that it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, create_model

from microservices_skill.errors import DocumentError, Problem, SkillError
from microservices_skill.model import document as documents
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.loading import interpret
from microservices_skill.model.naming import snake
from microservices_skill.model.types import Line, Node, format_duration
from microservices_skill.questionnaire.parsing import Value, read
from microservices_skill.questionnaire.questions import FIELDS, QUESTIONS, AnswerField, FieldKind, Question

HEADER = "What the team answered. Edit it, or answer again; then propose."


class Answer(Node):
    """A value, and the words of the person who gave it."""

    text: Line = ""
    value: Value

    model_config = ConfigDict(arbitrary_types_allowed=False)


class MissingAnswersError(SkillError):
    """Required answers are missing, so nothing can be proposed."""

    def __init__(self, missing: tuple[Question, ...]) -> None:
        self.missing = missing
        listed = "\n".join(f"- {question.id}: {question.text} ({_keys(question)})" for question in missing)
        super().__init__(f"answers.yaml lacks {len(missing)} required answers; ask the person, then answer by key:\n{listed}")


def _keys(question: Question) -> str:
    return ", ".join(field.key for field in question.fields if field.required)


def _answer(field: AnswerField, raw: object) -> object:
    if raw is None or isinstance(raw, Answer):
        return raw
    text = ""
    if isinstance(raw, Mapping):
        unknown = sorted(set(raw) - {"text", "value"})
        if unknown:
            raise ValueError(f"{field.key} takes text and value, not {', '.join(map(str, unknown))}")
        text = str(raw.get("text", ""))
        raw = raw.get("value", text)
    elif isinstance(raw, str):
        text = raw
    value = read(field, raw)
    is_plain = isinstance(value, str) and value == " ".join(text.split())
    return Answer(text="" if is_plain else text, value=value)


_AnswerSet = create_model(  # type: ignore[call-overload] # the fields are those of the questionnaire
    "AnswerSet",
    __base__=Node,
    **{snake(key): (Annotated[Answer | None, BeforeValidator(partial(_answer, field))], None) for key, field in FIELDS.items()},
)


class Answers(Node):
    """``answers.yaml``: what was asked and answered so far."""

    api_version: Literal["microservices-skill/v1"] = "microservices-skill/v1"
    kind: Literal["Answers"] = "Answers"
    answers: _AnswerSet = _AnswerSet()

    def value(self, key: str) -> Value | None:
        """The value of an answer, if it was given."""
        found: Answer | None = getattr(self.answers, snake(key))
        return None if found is None else found.value

    def words(self, key: str) -> str:
        """An answer as a person would say it: their own words, else the value."""
        found: Answer | None = getattr(self.answers, snake(key))
        if found is None:
            return "not answered"
        return found.text or _said(FIELDS[key], found.value)

    def number(self, key: str) -> float | None:
        """A numeric answer; durations in milliseconds."""
        value = self.value(key)
        return float(value) if isinstance(value, int | float) else None

    def items(self, key: str) -> tuple[str, ...]:
        """The items of a list; none where it was not answered, or answered by none."""
        value = self.value(key)
        return tuple(item for item in value if item != "none") if isinstance(value, tuple) else ()

    def choice(self, key: str) -> str:
        """A text or a choice; empty where it was not answered."""
        value = self.value(key)
        return value if isinstance(value, str) else ""


def read_answers(text: str, *, source: str = "answers.yaml") -> Answers:
    """Read ``answers.yaml``.

    Raises:
        DocumentError: with every fault, its line and how to mend it.
    """
    return interpret(documents.parse(text, source=source), Answers)


def missing(answers: Answers) -> tuple[Question, ...]:
    """The questions that still lack a required answer."""
    return tuple(
        question for question in QUESTIONS if any(field.required and answers.value(field.key) is None for field in question.fields)
    )


def demand_complete(answers: Answers) -> None:
    """Refuse answers that are not complete.

    Raises:
        MissingAnswersError: naming every required answer that is missing.
    """
    open_questions = missing(answers)
    if open_questions:
        raise MissingAnswersError(open_questions)


def merge(answers: Answers, given: Mapping[str, Any]) -> Answers:
    """The answers with new ones in place of old ones.

    Raises:
        DocumentError: a key is unknown, or a value cannot be read.
    """
    problems, read_ones = [], {}
    for key, raw in given.items():
        field = FIELDS.get(key)
        if field is None:
            problems.append(Problem(f"/answers/{documents.escape(key)}", f"unknown key; known keys: {', '.join(FIELDS)}"))
            continue
        try:
            read_ones[snake(key)] = _answer(field, raw)
        except ValueError as error:
            problems.append(Problem(f"/answers/{key}", str(error)))
    if problems:
        raise DocumentError("answers", problems)
    return Answers(answers=answers.answers.model_copy(update=read_ones))


def to_plain(answers: Answers) -> dict[str, Any]:
    """The answers as JSON-like data, in the order of the questions."""
    found: dict[str, Any] = {}
    for key, field in FIELDS.items():
        answer: Answer | None = getattr(answers.answers, snake(key))
        if answer is not None:
            value = _written(field, answer.value)
            found[key] = {"text": answer.text, "value": value} if answer.text else value
    return {"apiVersion": answers.api_version, "kind": answers.kind, "answers": found}


def to_yaml(answers: Answers) -> str:
    """The answers as ``answers.yaml``."""
    return f"# {HEADER}\n{dump_plain(to_plain(answers))}"


def _written(field: AnswerField, value: Value) -> object:
    if field.kind is FieldKind.DURATION and isinstance(value, int):
        return format_duration(value)
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _said(field: AnswerField, value: Value) -> str:
    written = _written(field, value)
    if isinstance(written, list):
        return ", ".join(written) or "none"
    return f"{written} {field.unit}".strip() if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.PERCENT) else str(written)
