"""A proposal is complete, explained, the same every time, and says so when services are not worth it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microservices_skill.errors import SkillError
from microservices_skill.model.system import Style
from microservices_skill.proposal.domains import domains
from microservices_skill.proposal.propose import propose
from microservices_skill.proposal.selection import DraftError
from microservices_skill.questionnaire.answers import Answers, MissingAnswersError, merge, read_answers
from microservices_skill.questionnaire.questions import FIELDS
from microservices_skill.rules.engine import blocks, validate

SHOP = read_answers((Path(__file__).parents[2] / "examples/shop/answers.yaml").read_text(encoding="utf-8"))


def shop(**more: Any) -> Answers:
    return merge(SHOP, more)


def test_the_shop_gets_its_four_services_a_saga_and_a_reason_for_each_choice() -> None:
    proposal = propose(SHOP)
    architecture = proposal.architecture
    assert [service.name for service in architecture.services] == ["order", "payment", "inventory", "notification"]
    assert [saga.name for saga in architecture.sagas] == ["PlaceOrderSaga"]
    assert all(reason.because and reason.answer in {*FIELDS, "features"} for reason in proposal.reasons)
    assert len(architecture.decisions) == 5
    assert all(decision.sources for decision in architecture.decisions)


CLINIC = read_answers((Path(__file__).parents[2] / "examples/clinic/answers.yaml").read_text(encoding="utf-8"))


def test_a_law_of_erasure_brings_a_saga_to_everybody_who_keeps_data_of_a_patient() -> None:
    proposal = propose(CLINIC)
    [saga] = proposal.architecture.orchestrations
    assert (saga.saga.name, saga.coordinator.name, saga.saga.starts_with) == ("ErasePatientSaga", "patient", "requestPatientErasure")
    assert [(part.service.name, part.operation.entity.name, part.key) for part in saga.parts] == [
        ("patient", "Patient", "patient_id"),
        ("appointment", "Appointment", "patient_id"),
        ("reminder", "Contact", "patient_id"),
    ]
    starting = saga.coordinator.endpoint("requestPatientErasure")
    assert starting is not None
    assert (starting.scope, starting.auth, starting.idempotent) == ("patients:erase", True, True)
    assert any(reason.answer == "regulations" and "GDPR lets a person ask for erasure" in reason.because for reason in proposal.reasons)
    assert [finding for finding in validate(proposal.architecture) if finding.rule == "personal-data-without-erasure"] == []


def test_what_no_saga_reaches_is_a_risk_that_names_the_way_by_hand() -> None:
    architecture = propose(SHOP).architecture
    accepted = [each for each in architecture.accepted_risks if each.rule == "personal-data-without-erasure"]
    named = {found.location for found in validate(architecture.model_copy(update={"accepted_risks": ()})) if found.rule == accepted[0].rule}
    assert {each.at for each in accepted} == named
    assert all("erase by hand" in each.reason for each in accepted)
    without = propose(merge(SHOP, {"regulations": []})).architecture
    assert not [each for each in without.accepted_risks if each.rule == accepted[0].rule]


@pytest.mark.parametrize("regulations", [["hipaa"], []])
def test_without_such_a_law_nobody_can_ask_for_erasure(regulations: list[str]) -> None:
    architecture = propose(merge(CLINIC, {"regulations": regulations})).architecture
    assert architecture.sagas == ()


def test_every_service_owns_its_store_and_has_one_owner() -> None:
    architecture = propose(SHOP).architecture
    assert len({store for service in architecture.services for store in service.stores}) == len(architecture.services)
    assert all(len(service.owners) == 1 for service in architecture.services)


def test_each_team_writes_a_language_that_it_knows() -> None:
    both = propose(shop(skills=["python", "typescript"], teams=2)).architecture
    assert [team.languages for team in both.teams] == [("typescript",), ("python",)]
    assert {(service.owners[0], service.language) for service in both.services} == {("team-1", "typescript"), ("team-2", "python")}
    alone = propose(shop(skills=["python", "typescript"], teams=1)).architecture
    assert {service.language for service in alone.services} == {"typescript"}
    unsaid = propose(shop(skills=["other"])).architecture
    assert {service.language for service in unsaid.services} == {"typescript"}


def test_features_bring_more_services_and_unknown_ones_get_a_service_of_their_own() -> None:
    names = [each.name for each in propose(shop(features="place orders, product catalog, loyalty points")).architecture.services]
    assert {"catalog", "loyalty-points"} <= set(names)


def test_one_small_team_is_told_to_keep_the_monolith() -> None:
    proposal = propose(shop(teams=1, developers=4, peakRps=5, deploysPerWeek=1))
    assert proposal.architecture.system.style is Style.MODULAR_MONOLITH
    assert len(proposal.architecture.services) == 1
    assert len(proposal.architecture.services[0].entities) == 5
    assert "monolith" in proposal.architecture.decisions[0].title
    assert any("monolith" in reason.choice and "one team" in reason.because for reason in proposal.reasons)


def test_no_data_may_be_lost_means_synchronous_replication() -> None:
    assert {str(store.replication) for store in propose(shop(rpo="0")).architecture.stores} == {"sync"}


def test_an_internal_system_exposes_nothing() -> None:
    assert {str(service.exposure) for service in propose(shop(exposure="internal")).architecture.services} == {"internal"}


def test_missing_answers_stop_everything() -> None:
    with pytest.raises(MissingAnswersError):
        propose(merge(Answers(), {"domain": "a shop"}))


def test_a_draft_is_completed_and_corrected() -> None:
    draft = {"services": [{"name": "order", "owners": ["a", "b"]}, {"name": "gift-cards", "responsibility": "Sells gift cards"}]}
    architecture = propose(SHOP, draft).architecture
    order, gifts = architecture.services
    assert (len(order.owners), len(order.entities)) == (1, 1)
    assert (gifts.name, len(gifts.endpoints), gifts.stores) == ("gift-cards", 5, ("gift-cards-db",))
    assert not blocks(validate(architecture))


@pytest.mark.parametrize(
    "draft", [{"services": []}, {"services": "order"}, {"services": [{"nam": "x"}]}, {"services": [{"name": "order"}], "events": 5}]
)
def test_a_draft_in_another_shape_is_refused_with_its_place(draft: dict[str, Any]) -> None:
    with pytest.raises(DraftError, match="draft /"):
        propose(SHOP, draft)


def test_a_draft_with_faults_of_its_own_names_them() -> None:
    with pytest.raises(DraftError, match="/services/0/ownerz"):
        propose(SHOP, {"services": [{"name": "order", "ownerz": ["a"]}]})


@pytest.mark.parametrize("domain", [domain.name for domain in domains()])
def test_each_domain_of_the_catalogue_gives_an_architecture_without_errors(domain: str) -> None:
    found = next(each for each in domains() if each.name == domain)
    features = ", ".join(service.features[0] for service in found.services)
    proposal = propose(shop(domain=f"{found.keywords[0]} business", features=features))
    assert {service.name for service in found.services} <= {service.name for service in proposal.architecture.services}
    assert not blocks(validate(proposal.architecture))


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30).filter(lambda text: text.strip())


@given(
    st.lists(WORDS, min_size=1, max_size=8), st.integers(1, 12), st.integers(1, 100), st.sampled_from([1, 50, 5000]),
    st.sampled_from(["0", "5m", "1d"]), st.sampled_from(["python", "typescript", "other"]), st.sampled_from(["public", "internal"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_complete_answers_give_an_architecture_without_errors(
    features: list[str], teams: int, developers: int, rate: int, rpo: str, skills: str, exposure: str
) -> None:
    answers = shop(
        domain=features[0], features=features, teams=teams, developers=developers, peakRps=rate, rpo=rpo, skills=skills, exposure=exposure
    )
    try:
        architecture = propose(answers).architecture
    except SkillError as error:
        assert isinstance(error, MissingAnswersError)  # noqa: PT017 - features that are all "none"
        return
    assert [finding for finding in validate(architecture) if finding.severity == "error"] == []
    assert architecture == propose(answers).architecture
