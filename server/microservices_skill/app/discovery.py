"""Asks the discovery questions, and turns their answers into an architecture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microservices_skill.app.results import ProposalSummary, Questionnaire, QuestionSummary, Reason
from microservices_skill.errors import DocumentError
from microservices_skill.files import File, FileTree
from microservices_skill.model import document as documents
from microservices_skill.model.dumping import dump
from microservices_skill.questionnaire import answers as answering
from microservices_skill.questionnaire.answers import Answers
from microservices_skill.questionnaire.questions import QUESTIONS, AnswerField, FieldKind, Question
from microservices_skill.regeneration.changes import Kind
from microservices_skill.regeneration.request import Choices, Request
from microservices_skill.workspace import tree
from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.reading import read_text

Given = Mapping[str, Any]
"""Answers by key: text as a person says it, or values of the right type."""


_HEADER = "The one source of the system: edit it, validate it, generate from it."
_NEXT = "Read the reasons, then validate the architecture and mend what it finds."


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to fill in."""

    key: str
    question: str
    why: str
    decides: str
    required: bool
    choices: tuple[str, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The open questions of one section."""

    title: str
    fields: tuple[FormField, ...]


def ask(path: Path, *, given: Given, preview: bool = False) -> Questionnaire:
    """Add what was answered to the answers at ``path`` and say what is still missing.

    Raises:
        SkillError: an answer has an unknown key or cannot be understood, or the disk refuses.

    """
    answers = _merged(path, given)
    missing = {question.id for question in answering.missing(answers)}
    written = bool(given) and not preview
    if written:
        write_document(path, answering.to_yaml(answers))
    return Questionnaire(
        status="needs_answers" if missing else "complete",
        path=str(path),
        written=written,
        missing=tuple(question.id for question in QUESTIONS if question.id in missing),
        questions=tuple(_summary(question, missing) for question in QUESTIONS),
        next=(
            "Ask the person the open questions and call again with their answers by key."
            if missing
            else "Draft services from the domain and propose an architecture."
        ),
    )


def open_sections(path: Path, *, given: Given | None = None) -> tuple[Section, ...]:
    """What is still to be asked, by section."""
    answers = _merged(path, given or {})
    missing = {question.id for question in answering.missing(answers)}
    found: dict[str, list[FormField]] = {}
    for question in QUESTIONS:
        if question.id in missing:
            found.setdefault(question.section, []).extend(_fields(question, answers))
    return tuple(Section(title, tuple(fields)) for title, fields in found.items())


def objection(key: str, text: str) -> str:
    """Why a text does not answer a question; nothing where it does."""
    try:
        answering.merge(Answers(), {key: text})
    except DocumentError as error:
        return error.problems[0].message
    return ""


def next_section(path: Path, *, given: Given | None = None) -> Section | None:
    """The first section that still lacks a required answer."""
    return next(iter(open_sections(path, given=given)), None)


def propose(path: Path, *, output: Path, draft: Given | None = None, preview: bool = False) -> ProposalSummary:
    """Turn the answers at ``path``, and a draft if there is one, into an architecture at ``output``.

    What people wrote into the architecture since the last proposal is merged with this one; where both changed the
    same lines, it stays as it is.

    Raises:
        SkillError: required answers are missing, the draft is broken, or the disk refuses.

    """
    answers = _read(path)
    answering.demand_complete(answers)
    from microservices_skill.proposal import propose as proposing  # noqa: PLC0415 - asking needs no proposal
    from microservices_skill.rules import engine  # noqa: PLC0415 - as above

    proposal = proposing.propose(answers, draft or None)
    architecture = proposal.architecture
    files = FileTree([(output.name, File(dump(architecture, header=_HEADER)))])
    again = Choices() if output.exists() else Choices(theirs=(output.name,))
    request = Request(files, scope=(output.name,), choices=again, memory="proposal")
    changes = (tree.preview if preview else tree.apply)(output.parent, request)
    stayed = bool(changes.paths(Kind.CONFLICT))
    findings = [finding for finding in engine.validate(architecture) if finding.accepted is None]
    return ProposalSummary(
        path=str(output),
        written=not preview and not stayed,
        style=str(architecture.system.style),
        services=tuple(service.name for service in architecture.services),
        events=len(architecture.events),
        sagas=tuple(saga.name for saga in architecture.sagas),
        reasons=tuple(Reason(choice=each.choice, because=each.because, answer=each.answer) for each in proposal.reasons),
        counts=dict(sorted(Counter(str(finding.severity) for finding in findings).items())),
        next=f"{output.name} was edited and stays as it is; give another output to see the proposal." if stayed else _NEXT,
    )


def read_draft(path: Path) -> Given:
    """A draft of services from a document.

    Raises:
        DocumentError: it is not YAML, or not a mapping.

    """
    document = documents.parse(read_text(path), source=str(path))
    if not isinstance(document.data, dict):
        raise DocumentError(str(path), [document.problem("", "a draft is a mapping in the shape of architecture.yaml")])
    return document.data


def _read(path: Path) -> Answers:
    return answering.read_answers(read_text(path), source=str(path))


def _merged(path: Path, given: Given) -> Answers:
    answers = _read(path) if path.exists() else Answers()
    return answering.merge(answers, given) if given else answers


def _summary(question: Question, missing: Collection[str]) -> QuestionSummary:
    return QuestionSummary(
        id=question.id,
        section=question.section,
        question=question.text,
        why=question.why,
        required=question.required,
        answered=question.id not in missing,
        keys=tuple(field.key for field in question.fields),
        examples=tuple(f"{field.key}: {_hint(field)}" for field in question.fields),
    )


def _fields(question: Question, answers: Answers) -> Iterator[FormField]:
    for field in question.fields:
        if answers.value(field.key) is None:
            why = f"{question.why} For example: {_hint(field)}"
            yield FormField(
                key=field.key,
                question=f"{question.text} {field.title}",
                why=why,
                decides=question.decides,
                required=field.required,
                choices=field.choices,
                several=field.kind is FieldKind.CHOICES,
            )


def _hint(field: AnswerField) -> str:
    return " | ".join(field.choices) if field.choices else field.example or str(field.kind)
