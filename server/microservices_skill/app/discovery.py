"""Asks the discovery questions, and turns their answers into an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microservices_skill.app.results import ProposalSummary, Questionnaire, QuestionSummary, Reason
from microservices_skill.files import File, FileTree
from microservices_skill.model import document as documents
from microservices_skill.model.dumping import dump
from microservices_skill.questionnaire import answers as answering
from microservices_skill.questionnaire.answers import Answers
from microservices_skill.questionnaire.questions import QUESTIONS, Question
from microservices_skill.regeneration.changes import Kind
from microservices_skill.workspace import tree
from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.reading import read_text

Given = Mapping[str, Any]
"""Answers by key: text as a person says it, or values of the right type."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to fill in."""

    key: str
    question: str
    why: str
    choices: tuple[str, ...] = ()


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
        questions=tuple(_summary(question, answers) for question in QUESTIONS),
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
            found.setdefault(question.section, []).extend(_fields(question))
    return tuple(Section(title, tuple(fields)) for title, fields in found.items())


def next_section(path: Path, *, given: Given | None = None) -> Section | None:
    """The first section that still lacks a required answer."""
    return next(iter(open_sections(path, given=given)), None)
