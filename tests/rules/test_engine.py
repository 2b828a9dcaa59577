"""Findings: their order, their places, and the risks that a team accepts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.references import check
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.catalogue import RULES, UnknownRuleError, rule
from microservices_skill.rules.engine import blocks, validate
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.locations import order
from microservices_skill.rules.rule import RuleDefinitionError
from microservices_skill.rules.rule import rule as define

NAMES = ("alpha", "beta", "gamma", "delta")


def system(**changes: object) -> Architecture:
    services = [
        {"name": "alpha", "responsibility": "A", "dependencies": [{"to": "beta"}]},
        {"name": "beta", "responsibility": "B"},
    ]
    return Architecture.model_validate({"system": {"name": "shop", "domain": "Retail"}, "services": services} | changes)


def test_a_missing_timeout_stands_at_the_dependency_and_blocks() -> None:
    found = validate(system())
    assert [(each.rule, each.location) for each in found if each.severity is Severity.ERROR] == [
        ("missing-timeout", "/services/0/dependencies/0")
    ]
    assert blocks(found)


@pytest.mark.parametrize("at", ["/services/0/dependencies/0", "/services/0/dependencies/0/timeout", "/services/0", ""])
def test_an_accepted_risk_at_the_place_or_above_it_carries_its_reason_and_unblocks(at: str) -> None:
    found = validate(system(acceptedRisks=[{"rule": "missing-timeout", "at": at, "reason": "Agreed for the pilot"}]))
    assert [each.accepted for each in found if each.rule == "missing-timeout"] == ["Agreed for the pilot"]
    assert not blocks(found)
    assert "unmatched-accepted-risk" not in {each.rule for each in found}


def test_an_accepted_risk_beyond_the_end_of_a_list_accepts_nothing() -> None:
    found = validate(system(acceptedRisks=[{"rule": "missing-timeout", "at": "/services/9", "reason": "Agreed for the pilot"}]))
    assert blocks(found)
    assert "unmatched-accepted-risk" in {each.rule for each in found}


def test_findings_come_worst_first_then_in_the_order_of_the_document() -> None:
    found = validate(system())
    keys = [(list(Severity).index(each.severity), order(each.location), each.rule) for each in found]
    assert keys == sorted(keys)
    assert order("/services/2") < order("/services/10") < order("/events/0")


def test_the_same_architecture_gives_the_same_findings() -> None:
    assert validate(system()) == validate(system())


def test_a_rule_is_found_by_its_id_and_an_unknown_one_is_refused() -> None:
    assert all(rule(each.id) is each for each in RULES)
    with pytest.raises(UnknownRuleError, match="no-such-rule"):
        rule("no-such-rule")


def test_a_rule_whose_docstring_lacks_a_section_is_refused_when_it_is_defined() -> None:
    def check(analysis: Analysis) -> Iterator[Violation]:
        """Something is wrong.

        Why: it is.
        Fix: mend it.
        """
        yield Violation("", str(analysis))

    with pytest.raises(RuleDefinitionError, match="Source"):
        define("some-rule", Severity.INFO)(check)


@pytest.mark.parametrize("closed", [False, True])
def test_a_chain_of_5_000_services_is_validated(closed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    count = 5000
    services = [
        {"name": f"s{index}", "responsibility": "Calls", "dependencies": [{"to": f"s{(index + 1) % count}", "retries": {"attempts": 10}}]}
        for index in range(count)
    ]
    if not closed:
        del services[-1]["dependencies"]
    found = {each.rule for each in validate(system(services=services))}
    assert ("synchronous-cycle" in found) is closed
    assert ("deep-call-chain" in found) is not closed


DEPENDENCY = st.fixed_dictionaries(
    {"to": st.sampled_from([*NAMES, "bank"])},
    optional={
        "timeout": st.sampled_from(["0ms", "1ms", "2s"]),
        "retries": st.fixed_dictionaries({"attempts": st.integers(1, 10)}),
        "critical": st.booleans(),
        "fallback": st.sampled_from(["fail", "cache"]),
        "circuitBreaker": st.just({"reset": "1ms"}),
    },
)
FIELD = st.fixed_dictionaries(
    {"name": st.sampled_from(["total", "note", "thing_id"]), "type": st.sampled_from(["string", "integer", "uuid", "email"])},
    optional={"required": st.booleans(), "classification": st.sampled_from(["public", "personal", "card", "secret"])},
)
FIELDS = st.lists(FIELD, max_size=3, unique_by=lambda field: field["name"])
LIFECYCLE = st.fixed_dictionaries(
    {
        "initial": st.just("one"),
        "states": st.just(["one", "two"]),
        "transitions": st.just([{"name": "step", "from": ["one"], "to": "two", "publishes": []}]),
    }
)
STEP = st.fixed_dictionaries({"service": st.sampled_from(NAMES), "pivot": st.booleans(), "idempotent": st.booleans()})


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    services = []
    for name in NAMES:
        targets = draw(st.lists(DEPENDENCY, max_size=4, unique_by=lambda each: each["to"]))
        entity = {"name": "Thing", "fields": draw(FIELDS)} | draw(st.fixed_dictionaries({}, optional={"lifecycle": LIFECYCLE}))
        publishes = draw(st.lists(st.just(f"{name.capitalize()}Added"), max_size=1))
        subscription = st.fixed_dictionaries(
            {"event": st.sampled_from([f"{each.capitalize()}Added" for each in NAMES]), "action": st.sampled_from(["create", "update"])}
        )
        heard = draw(st.lists(subscription, max_size=2, unique_by=lambda each: each["event"]))
        services.append(
            {
                "name": name,
                "responsibility": "Does",
                "dependencies": [target for target in targets if target["to"] != name],
                "entities": [entity],
                "endpoints": [{"operation": "addThing", "action": "create", "entity": "Thing", "publishes": publishes}],
                "subscriptions": [each | {"entity": "Thing"} for each in heard],
                "exposure": draw(st.sampled_from(["public", "internal"])),
            }
        )
    events = [{"name": f"{name.capitalize()}Added", "publisher": name, "payload": draw(FIELDS)} for name in NAMES]
    steps = [step | {"name": f"step_{index}"} for index, step in enumerate(draw(st.lists(STEP, min_size=1, max_size=4)))]
    return system(
        services=services, events=events, externals=[{"name": "bank"}], sagas=[{"name": "Flow", "coordinator": "alpha", "steps": steps}]
    )


@given(architectures(), architectures())
@settings(max_examples=60, deadline=None)
def test_no_architecture_that_resolves_makes_a_rule_fail(architecture: Architecture, previous: Architecture) -> None:
    assert check(architecture) == []
    found = validate(architecture, previous=previous)
    assert all(each.message and each.why and each.fix for each in found)
