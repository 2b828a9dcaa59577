"""People answer in their own words; the values are read from them, and what cannot be read is said."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microservices_skill.errors import DocumentError
from microservices_skill.questionnaire.answers import Answers, MissingAnswersError, demand_complete, merge, missing, read_answers, to_yaml
from microservices_skill.questionnaire.parsing import read
from microservices_skill.questionnaire.questions import FIELDS, QUESTIONS


def test_there_are_seventeen_questions_in_five_sections_each_with_its_reason() -> None:
    assert list(Counter(question.section for question in QUESTIONS).values()) == [3, 4, 3, 4, 3]
    assert all(question.why and question.decides and question.fields for question in QUESTIONS)
    assert len({question.id for question in QUESTIONS}) == 17


@pytest.mark.parametrize(
    ("key", "words", "value"),
    [
        ("users", "about 20k users, peaks on Black Friday", 20_000),
        ("users", "1.5 million", 1_500_000),
        ("users", "12,000", 12_000),
        ("peakRps", "150 rps", 150),
        ("dataGb", "2 TB", 2048),
        ("latencyP99", "p99 under 300 ms", 300),
        ("latencyP99", "1.5 seconds", 1500),
        ("rpo", "5 minutes", 300_000),
        ("rpo", "zero", 0),
        ("rto", "4h", 14_400_000),
        ("availability", "99.95 %", 99.95),
        ("regulations", "GDPR and PCI DSS", ("gdpr", "pci-dss")),
        ("regulations", "none", ("none",)),
        ("skills", "TypeScript, some Python", ("python", "typescript")),
        ("runtime", "on Kubernetes", "kubernetes"),
        ("delivery", "continuous delivery", "continuous-delivery"),
        ("features", "place orders, pay; track stock", ("place orders", "pay", "track stock")),
        ("name", "My Shop!", "my-shop"),
    ],
)
def test_words_become_values(key: str, words: str, value: object) -> None:
    assert read(FIELDS[key], words) == value


@pytest.mark.parametrize(
    ("key", "words"),
    [("users", "lots"), ("users", True), ("latencyP99", "fast"), ("availability", "12"), ("runtime", "somewhere"), ("name", "../../etc"),
     ("domain", ""), ("domain", "x" * 10_000), ("features", ["a\x00b"]), ("regulations", "the usual"), ("rto", 5)],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_an_example(key: str, words: object) -> None:
    if key == "name":
        assert read(FIELDS[key], words) == "etc"
        return
    with pytest.raises(ValueError, match=key):
        read(FIELDS[key], words)


def test_the_words_are_kept_beside_the_value() -> None:
    answers = merge(Answers(), {"users": "about 20k users"})
    assert (answers.value("users"), answers.words("users")) == (20_000, "about 20k users")
    assert read_answers(to_yaml(answers)) == answers


def test_nothing_goes_on_without_the_required_answers_and_the_error_lists_them() -> None:
    some = merge(Answers(), {"domain": "a shop"})
    assert "domain" not in {question.id for question in missing(some)}
    with pytest.raises(MissingAnswersError, match=r"features.*\n.*scale") as caught:
        demand_complete(some)
    assert len(caught.value.missing) == 11


def test_a_bad_answer_is_named_with_its_line() -> None:
    with pytest.raises(DocumentError) as caught:
        read_answers("apiVersion: microservices-skill/v1\nanswers:\n  users: lots\n  usres: 5\n", source="a.yaml")
    assert [(problem.line, problem.pointer) for problem in caught.value.problems] == [(3, "/answers/users"), (4, "/answers/usres")]
    with pytest.raises(DocumentError, match="known keys"):
        merge(Answers(), {"usres": 5})


@given(
    st.sampled_from(sorted(FIELDS)),
    st.one_of(st.text(max_size=80), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text(max_size=9))),
)
def test_any_answer_is_either_read_or_refused(key: str, raw: object) -> None:
    try:
        value = read(FIELDS[key], raw)
    except ValueError as error:
        assert key in str(error)  # noqa: PT017 - either outcome is fine, a third is not
    else:
        assert isinstance(value, str | int | float | tuple)
