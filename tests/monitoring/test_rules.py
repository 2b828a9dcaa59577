import re
from collections import Counter
from typing import Any

import pytest
import yaml
from tests.generated.architectures import changed
from tests.monitoring.samples import SYSTEMS, files, rendered, system

from microservices_skill.model.naming import kebab
from microservices_skill.model.system import Metrics

RULES, TESTS = "observability/prometheus/rules/", "observability/prometheus/tests/"


def groups(name: str, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(files(name)[f"{RULES}{service}.yaml"].text)["groups"]
    return found


def alerts(name: str, service: str) -> list[dict[str, Any]]:
    return [rule for group in groups(name, service) for rule in group["rules"] if "alert" in rule]


def names(name: str, service: str) -> set[str]:
    return {rule["alert"] for rule in alerts(name, service)}


def judged(name: str) -> list[str]:
    return [path.removeprefix(RULES).removesuffix(".yaml") for path in files(name) if path.startswith(RULES)]


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_alert_says_whom_it_concerns_and_where_to_read_on(name: str):
    tree, found = files(name), system(name)
    owners = {each.name: each.owners[0] if each.owners else "unowned" for each in found.services}
    for service in judged(name):
        for rule in alerts(name, service):
            assert rule["labels"]["severity"] in ("page", "ticket")
            if service != "platform":
                assert (rule["labels"]["service"], rule["labels"]["owner"]) == (service, owners[service])
            assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
            assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{kebab(rule['alert'])}.md"
            assert rule["annotations"]["runbook_url"] in tree


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_alert_is_proven_to_fire_and_not_to_fire(name: str):
    for service in judged(name):
        document = yaml.safe_load(files(name)[f"{TESTS}{service}.yaml"].text)
        assert document["rule_files"] == [f"../rules/{service}.yaml"]
        asked = [each for test in document["tests"] for each in test["alert_rule_test"]]
        fires = {each["alertname"] for each in asked if each["exp_alerts"]}
        is_quiet = {each["alertname"] for each in asked if not each["exp_alerts"]}
        assert fires == names(name, service)
        # the lowest threshold of a promise is proven by the alert that waits, all others by a case of their own
        assert names(name, service) - is_quiet <= {"AvailabilityBudgetBurnsFast", "LatencyBudgetBurnsFast"} - is_quiet


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_two_rules_of_a_file_are_the_same(name: str):
    for service in judged(name):
        keys = Counter(str((rule["alert"], rule["labels"])) for rule in alerts(name, service))
        assert [key for key, count in keys.items() if count > 1] == []


def test_only_what_a_service_has_can_fire():
    assert {each for each in names("shop", "order") if "Saga" in each} == {"SagaStuck", "SagaDoesNotEnd", "SagasTakenBack"}
    assert not {each for each in names("shop", "payment") if "Saga" in each}
    assert "CircuitBreakerOpen" in names("shop", "payment")
    assert "CircuitBreakerOpen" not in names("shop", "order")
    assert {"OutboxLags", "EventsDeadLettered"} <= names("shop", "inventory")
    assert "OutboxLags" not in names("shop", "notification")
    assert not names("alone", "billing") & {"OutboxLags", "EventsDeadLettered", "SagaStuck", "DependencyFails"}
    assert "EventLoopBlocked" in names("shop", "order")
    assert "EventLoopBlocked" not in names("shop", "inventory")
    assert "ViewBehind" in names("views", "history")
    assert "AnswersIncomplete" in names("composition", "details")


def test_a_promise_of_100_percent_divides_by_nothing_and_alerts_on_every_failure():
    assert "RequestsFail" in names("perfect", "order")
    assert not {each for each in names("perfect", "order") if each.startswith("AvailabilityBudget")}
    assert "LatencyBudgetBurnsFast" in names("perfect", "order")
    assert not re.search(r"[/*] 0(?![.0-9])", "".join(file.text for file in files("perfect").values()).replace("or 0 * sum", ""))


def test_a_window_that_no_failure_can_exceed_has_no_alert():
    windows = {rule["labels"]["window"] for rule in alerts("loose", "order") if rule["alert"].startswith("AvailabilityBudget")}
    assert windows == {"3d"}, "of half of all requests only one and a half times the budget can fail"
    careless = [rule for rule in alerts("careless", "order") if rule["alert"].startswith("AvailabilityBudget")]
    assert [rule["expr"].count("> 1 * 0.99") for rule in careless] == [2]


def test_burn_rates_are_those_of_the_workbook():
    found = {
        rule["labels"]["window"]: (rule["labels"]["severity"], rule["expr"])
        for rule in alerts("shop", "order")
        if rule["alert"].startswith("AvailabilityBudget")
    }
    expected = {"1h": ("page", "14.4", "5m"), "6h": ("page", "6", "30m"), "1d": ("ticket", "3", "2h"), "3d": ("ticket", "1", "6h")}
    for long, (severity, factor, short) in expected.items():
        lines = [f'service:http_requests_failed:ratio_rate{window}{{service="order"}} > {factor} * 0.001' for window in (long, short)]
        assert found[long] == (severity, f"{lines[0]}\nand\n{lines[1]}")


@pytest.mark.parametrize(("name", "matcher"), [("shop", 'le="0.3"'), ("nearly-perfect", 'le=~"1([.]0)?"'), ("loose", 'le=~"90([.]0)?"')])
def test_latency_is_judged_by_the_bucket_of_the_promise_itself(name: str, matcher: str):
    slow = [rule["expr"] for group in groups(name, "order") for rule in group["rules"] if "slow" in rule.get("record", "")]
    assert len(slow) == 7
    assert all(matcher in expr for expr in slow)


def test_a_breaker_before_what_a_service_cannot_do_without_wakes_somebody():
    found = {
        rule["labels"]["dependency"]: rule["labels"]["severity"]
        for rule in alerts("composition", "details")
        if rule["alert"] == "CircuitBreakerOpen"
    }
    assert found == {"order": "page", "customer": "ticket", "payment": "ticket"}


def test_who_is_not_measured_is_not_judged():
    found = system("shop")
    platform = found.system.platform
    observability = platform.observability.model_copy(update={"metrics": Metrics.NONE})
    unmeasured = found.system.model_copy(update={"platform": platform.model_copy(update={"observability": observability})})
    assert not rendered(changed(found, system=unmeasured))
