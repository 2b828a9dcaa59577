import re

import pytest
from tests.monitoring.samples import SYSTEMS, files

FOLDER = "docs/runbooks/"
SECTIONS = ["What it means", "Who is hit", "How to look", "How to mend", "How to be sure", "When it fires"]


def pages(name: str) -> dict[str, str]:
    return {path.removeprefix(FOLDER): file.text for path, file in files(name).items() if path.startswith(FOLDER)}


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_page_says_what_who_how_and_when(name: str):
    for page, text in pages(name).items():
        if page != "README.md":
            assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS, page


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_index_names_every_page_and_each_link_leads_somewhere(name: str):
    found = pages(name)
    linked = {page: set(re.findall(r"\]\(([^)#]+)\)", text)) for page, text in found.items()}
    assert linked["README.md"] == set(found) - {"README.md"}


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_link_is_broken(name: str):
    found = pages(name)
    for page, text in found.items():
        assert set(re.findall(r"\]\(([^)#]+)\)", text)) <= set(found), page


def test_a_page_says_who_is_hit_by_the_model():
    text = pages("shop")["events-dead-lettered.md"]
    assert "| order | team-1 | the public | - | inventory, notification, payment |" in text
    assert "notification hears `shop.OrderConfirmed.v1` from order, in `shop.notification`." in text


def test_a_page_names_commands_that_the_service_has():
    assert "`python -m history.rebuild OrderHistory`" in pages("views")["view-behind.md"]
    assert "`npm run rebuild OrderHistory`" in pages("typescript")["view-behind.md"]
    assert "`POST /sagas/ID/retry`" in pages("shop")["saga-stuck.md"]


def test_where_one_service_is_meant_its_names_stand_in_the_text():
    text = pages("names-of-servers")["service-down.md"]
    assert "| prometheus | prometheus-service | 127.0.0.1:8001 |" in text
    alone = pages("alone")["service-down.md"]
    assert "docker compose up -d billing" in alone
    assert "curl 127.0.0.1:8001/health/live" in alone
    assert not re.search(r"\b(SERVICE|CONTAINER|ADDRESS)\b", alone)
