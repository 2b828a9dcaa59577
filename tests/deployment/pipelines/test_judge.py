"""When a service burns, at the edges of what a promise can be."""

import importlib
import json
import sys
from types import ModuleType

import pytest
from tests.generated.architectures import ROOT


@pytest.fixture(scope="module")
def judging() -> ModuleType:
    sys.path.insert(0, str(ROOT / "templates" / "system" / "deploy" / "scripts"))
    try:
        return importlib.import_module("prometheus")
    finally:
        sys.path.pop(0)


@pytest.mark.parametrize(
    ("promise", "before", "limit"),
    [
        pytest.param(99.9, None, 0.0144, id="the usual: 14.4 times the budget"),
        pytest.param(100, None, 0, id="a promise without a budget: any error burns"),
        pytest.param(90, None, 0.5, id="a small promise: half of all requests is too many"),
        pytest.param(1, None, 0.5, id="the smallest promise"),
        pytest.param(99.9, 0.01, 0.0144, id="before the release within the limit"),
        pytest.param(99.9, 0.4, 0.5, id="burned before: a quarter more is worse"),
        pytest.param(99.9, 1.0, 0.999, id="all failed before: all failing is no better"),
    ],
)
def test_the_limit_follows_the_promise_and_what_was_before(judging: ModuleType, promise: float, before: float | None, limit: float):
    judge = judging.Judge({"order": promise}, 14.4, {} if before is None else {"order": before})
    assert judge.limit("order") == pytest.approx(limit)
    assert judge.burning({"order": limit * 0.99}) == []
    assert len(judge.burning({"order": limit + 0.001})) == 1


def test_services_of_other_systems_are_none_of_our_business(judging: ModuleType):
    assert judging.Judge({"order": 99.9}, 14.4, {}).burning({"somebody-else": 1.0}) == []


def test_the_address_of_a_query_stays_short_however_many_services_there_are(judging: ModuleType, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def get(_: object, path: str) -> bytes:
        asked.append(path)
        values = [{"metric": {"service": name}, "value": [0, "1"]} for name in ("service-1", "somebody-else")]
        return json.dumps({"data": {"result": values}}).encode()

    monkeypatch.setattr(judging.Prometheus, "_get", get)
    found = judging.Prometheus("http://prometheus.example").error_ratios([f"service-{number}" for number in range(2000)])
    assert found == {"service-1": 1.0}
    assert max(map(len, asked)) < 2000
