"""A prompt for each of the eight problem types."""

from __future__ import annotations

from collections.abc import Callable

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts.base import Prompt

_STEPS = {
    "architecture": (
        "Design the system",
        (
            "Run ask_questionnaire until its status is complete, draft services from the domain, run propose_architecture with it,"
            " then validate_architecture. Mend each finding in architecture.yaml or accept it with a reason. End with render_adr; explain"
            " the boundaries, the data ownership and the tradeoffs."
        ),
    ),
    "implementation": (
        "Implement a service",
        (
            "Run validate_architecture, then generate_service for the service. Read its README.md, put the business rules into the files"
            " that belong to people, and run its tests."
        ),
    ),
    "resilience": (
        "Make calls survive failure",
        (
            "Run validate_architecture and look at timeouts, retries, circuit breakers, bulkheads and sagas. Set them in architecture.yaml"
            " so that every timeout fits inside its caller's, then run generate_service with capability resilience."
        ),
    ),
    "observability": (
        "Make the system observable",
        (
            "Check SLOs, logging and tracing in architecture.yaml with validate_architecture, then run generate_service with capability"
            " observability and show logs, metrics and traces of one request."
        ),
    ),
    "testing": (
        "Test the system",
        "Run generate_service with capability testing. Run unit, integration and contract tests, and say what each level proves.",
    ),
    "deployment": (
        "Deploy the system",
        (
            "Check replicas, probes, RTO and RPO with validate_architecture, then run generate_service with capability deployment. Build"
            " the image, start it and check its health."
        ),
    ),
    "migration": (
        "Move a monolith to services",
        (
            "Read the monolith's code, find modules by coupling and data, draft services along business capabilities, and run"
            " propose_architecture with the draft. Plan a strangler migration: one capability at a time, data last, each step reversible."
        ),
    ),
    "security": (
        "Secure the system",
        (
            "Check exposure, scopes, rate limits, data classification and compliance with validate_architecture, then run generate_service"
            " with capability security."
        ),
    ),
}


def register(server: MCPServer) -> None:
    """Offer every prompt."""
    for name, (title, steps) in _STEPS.items():
        prompt = Prompt.from_function(_prompt(name, steps), name=name, title=title, description=f"{title}: the steps and the tools")
        server.add_prompt(prompt)


def _prompt(name: str, steps: str) -> Callable[[str], str]:
    def text(task: str = "") -> str:
        wanted = f"Task: {task}\n\n" if task else ""
        return f"{wanted}{steps}\n\nRead the resource microservices://skill/{name} for the details before you start."

    return text
