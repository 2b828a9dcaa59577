"""Documents say what is true of this system, with its numbers, and hostile words stay words."""

from __future__ import annotations

import re
from pathlib import Path

from microservices_skill.capacity.report import capacity
from microservices_skill.decisions.figures import Figures
from microservices_skill.decisions.render import render
from microservices_skill.diagrams.escaping import label
from microservices_skill.diagrams.render import diagrams
from microservices_skill.markdown import md_text
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate

SHOP = (Path(__file__).parents[2] / "examples/shop/architecture.yaml").read_text(encoding="utf-8")
HOSTILE = """| <script>alert(1)</script> [x](javascript:x) "; end ``` {{7*7}} #"""
CHAIN = """
system: {name: chain, domain: chains, platform: {runtime: servers}}
teams: [{name: crew}]
services:
  - {name: first, responsibility: A, owners: [crew], slo: {availability: 99, p99: 100ms}, dependencies: [{to: second, timeout: 50ms}]}
  - {name: second, responsibility: B, owners: [crew], slo: {availability: 98, p99: 40ms}}
"""


def read(text: str) -> Architecture:
    return read_architecture(text)[0]


def documents(architecture: Architecture) -> dict[str, str]:
    tree = render(architecture, findings=validate(architecture), diagrams=diagrams(architecture), capacity=capacity(architecture))
    return {path: file.text for path, file in tree.items()}


def first_record(architecture: Architecture) -> str:
    return next(text for path, text in documents(architecture).items() if "/ADR-001" in path)


def test_the_first_record_has_every_section() -> None:
    headings = re.findall(r"^## (.*)$", first_record(read(SHOP)), re.MULTILINE)
    assert headings == [
        "Status", "Context", "Decision", "Service boundaries", "Communication matrix", "Saga flows", "Data consistency model",
        "Deployment model", "Capacity", "Tradeoffs", "Risks and mitigations", "Next steps", "Sources",
    ]  # fmt: skip


def test_every_service_and_event_stands_in_it() -> None:
    architecture, text = read(SHOP), first_record(read(SHOP))
    assert all(service.name in text for service in architecture.services)
    assert all(event.name in text for event in architecture.events)


def test_alternatives_are_judged_with_computed_numbers() -> None:
    architecture = read(CHAIN)
    figures = Figures(architecture)
    assert figures.longest_chain == ("first", "second")
    assert round(figures.chain_availability(), 4) == 97.02
    assert figures.chain_latency() == 140
    text = first_record(architecture)
    assert "first → second, promises 97.02 % together" in text
    assert "up to 140 ms" in text


def test_findings_become_risks_with_their_mitigation() -> None:
    text = first_record(read(CHAIN))
    assert "missing-circuit-breaker" in text
    accepted = (
        CHAIN + "acceptedRisks: [{rule: missing-circuit-breaker, at: /services/0/dependencies/0, reason: The second never fails alone}]\n"
    )
    assert "accepted: The second never fails alone" in first_record(read(accepted))


def test_a_superseded_decision_is_kept_and_linked_both_ways() -> None:
    text = CHAIN + (
        "decisions:\n"
        "  - {id: ADR-002, title: Kafka, choice: We use Kafka, status: superseded, supersededBy: ADR-003}\n"
        "  - {id: ADR-003, title: RabbitMQ, choice: We use RabbitMQ}\n"
    )
    found = documents(read(text))
    assert "[ADR-003](ADR-003-rabbitmq.md)" in found["docs/adr/ADR-002-kafka.md"]
    assert "supersedes [ADR-002](ADR-002-kafka.md)" in found["docs/adr/ADR-003-rabbitmq.md"]


def test_two_systems_share_no_page() -> None:
    shared = set(first_record(read(SHOP)).splitlines()) & set(first_record(read(CHAIN)).splitlines())
    sentences = {line for line in shared if len(line.split()) > 6 and not line.startswith(("|", "#", "- Newman", "- Evans"))}
    assert sentences == set()


def test_hostile_words_break_neither_tables_nor_diagrams() -> None:
    architecture = read(
        SHOP.replace("Takes orders from customers", repr(HOSTILE)[1:-1].replace("'", "")).replace(
            "responsibility: ", "responsibility: >-\n      "
        )
    )
    for path, text in documents(architecture).items():
        assert "<script>" not in text, path
        assert text.count("```") % 2 == 0, path
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, (path, block)


def test_quoted_words_hold_no_markup() -> None:
    assert md_text("a | b\n<c>") == r"a \| b \<c\>"
    assert not set(label(HOSTILE)) & set('"`#;<>{}[]()|')


def test_every_link_in_the_documents_leads_to_a_page() -> None:
    found = documents(read(SHOP))
    for path, text in found.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            parts = [*path.split("/")[:-1]]
            for part in target.split("/"):
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert "/".join(parts) in found, (path, target)


def test_a_service_s_page_says_what_it_puts_together_and_from_whom() -> None:
    case = Path(__file__).parents[1] / "generated" / "cases" / "composition.yaml"
    page = next(text for path, text in documents(read(case.read_text(encoding="utf-8"))).items() if path.endswith("services/details.md"))
    assert "## Puts together" in page
    assert "| `payments` | list of ShownPayment | - | `listPayments` of payment, by order_id |" in page
    assert "Within 1200ms." in page
