import json
from itertools import combinations
from typing import Any

import pytest
from tests.monitoring.samples import SYSTEMS, files, system

FOLDER = "observability/grafana/dashboards/"


def dashboards(name: str) -> dict[str, dict[str, Any]]:
    tree = files(name)
    return {
        path.removeprefix(FOLDER).removesuffix(".json"): json.loads(file.text) for path, file in tree.items() if path.startswith(FOLDER)
    }


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or below)


@pytest.mark.parametrize("name", SYSTEMS)
def test_panels_have_ids_of_their_own_and_a_place_of_their_own(name: str):
    for dashboard in dashboards(name).values():
        panels = dashboard["panels"]
        assert panels
        assert len({panel["id"] for panel in panels}) == len(panels)
        places = [panel["gridPos"] for panel in panels]
        assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
        assert not [pair for pair in combinations(places, 2) if overlap(*pair)]
        for panel in panels:
            references = [target["refId"] for target in panel.get("targets", [])]
            assert len(set(references)) == len(references)
            assert panel["type"] == "row" or references, panel["title"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_dashboards_have_ids_that_grafana_takes(name: str):
    ids = [each["uid"] for each in dashboards(name).values()]
    assert len(set(ids)) == len(ids)
    assert all(len(each) <= 40 for each in ids)
    titles = [each["title"] for each in dashboards(name).values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_service_has_a_dashboard_and_there_are_others_where_there_is_something_to_show(name: str):
    found, own = system(name), set(dashboards(name))
    assert own >= {"overview", *(f"service-{each.name}" for each in found.services)}
    assert ("sagas" in own) == bool(found.running_sagas)
    assert ("broker" in own) == bool(found.messages)
    assert "business" in dashboards("shop")
    assert "business" not in dashboards("alone")


def test_each_panel_asks_the_source_that_is_provisioned():
    sources = files("shop")["observability/grafana/provisioning/datasources/sources.yaml"].text
    assert "uid: prometheus" in sources
    for dashboard in dashboards("shop").values():
        asked = {panel["datasource"]["uid"] for panel in dashboard["panels"] if panel["type"] != "row"}
        assert asked == {"prometheus"}


def test_a_service_is_shown_with_what_it_has():
    titles = {panel["title"] for panel in dashboards("composition")["service-details"]["panels"]}
    assert {"OrderDetails: parts that are missing", "Circuit breakers that are open"} <= titles
    assert "OrderHistory: behind its events" in {panel["title"] for panel in dashboards("views")["service-history"]["panels"]}
    assert "Oldest that waits" not in {panel["title"] for panel in dashboards("shop")["service-notification"]["panels"]}
