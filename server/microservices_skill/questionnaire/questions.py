"""The discovery: 17 questions in five sections, each with why it is asked and what it decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """What an answer's value is."""

    TEXT = "text"
    NAME = "name"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    PERCENT = "percent"
    CHOICE = "choice"
    CHOICES = "choices"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One value that a question asks for; ``key`` is its name in answers.yaml."""

    key: str
    kind: FieldKind
    title: str
    required: bool = True
    choices: tuple[str, ...] = ()
    unit: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the discovery."""

    id: str
    section: str
    text: str
    why: str
    decides: str
    fields: tuple[AnswerField, ...]

    @property
    def required(self) -> bool:
        """Whether a proposal needs its answer."""
        return any(field.required for field in self.fields)


_SCOPE = "Domain and scope"
_DATA = "Latency and consistency"
_TEAM = "Team structure"
_OPERATIONS = "Operational constraints"
_QUALITIES = "Non-functional requirements"
REGULATIONS = ("none", "gdpr", "pci-dss", "hipaa", "sox", "ccpa")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "domain", _SCOPE, "What business is the system for?",
        "Boundaries follow the business, not the technology.", "Which bounded contexts and known patterns the proposal starts from",
        (
            AnswerField("domain", FieldKind.TEXT, "The business, in a sentence", example="an online shop for bicycles"),
            AnswerField("name", FieldKind.NAME, "A short name for the system", required=False, example="bike-shop"),
        ),
    ),
    Question(
        "features", _SCOPE, "What can its users do?",
        "A service owns a capability; the features name the capabilities.", "Which services there are, and what each is responsible for",
        (AnswerField("features", FieldKind.LIST, "Features, separated by commas", example="place orders, pay by card, track stock"),),
    ),
    Question(
        "scale", _SCOPE, "How many users, requests and how much data at the busiest time?",
        "Services pay off with scale and cost without it.", "Monolith or services, replicas, data stores",
        (
            AnswerField("users", FieldKind.INTEGER, "Users", unit="people", example="about 20k"),
            AnswerField("peakRps", FieldKind.NUMBER, "Requests per second at the peak", unit="requests/s", example="150"),
            AnswerField("dataGb", FieldKind.NUMBER, "Data after a year", required=False, unit="GB", example="50 GB"),
        ),
    ),
    Question(
        "latency", _DATA, "How quickly must 99 of 100 requests be answered?",
        "Every synchronous hop spends some of it.", "Latency budget and timeout of each hop, what must be asynchronous",
        (AnswerField("latencyP99", FieldKind.DURATION, "p99 latency", unit="ms", example="300 ms"),),
    ),
    Question(
        "strong-consistency", _DATA, "Which data must agree the moment a request ends?",
        "Agreement across services needs a saga, or one service.", "Sagas with compensations, or a shared boundary",
        (AnswerField("strongConsistency", FieldKind.LIST, "Such data, or none", example="orders and payments"),),
    ),
    Question(
        "eventual-consistency", _DATA, "Which data may lag by seconds?",
        "What may lag can travel as an event and fail alone.", "Events in place of calls",
        (AnswerField("eventualConsistency", FieldKind.LIST, "Such data, or none", example="notifications, reports"),),
    ),
    Question(
        "regulation", _DATA, "Which law governs the data?",
        "Regulated data is kept in as few places as possible.", "Isolation of card, health and personal data",
        (AnswerField("regulations", FieldKind.CHOICES, "Regulations, or none", choices=REGULATIONS, example="gdpr, pci-dss"),),
    ),
    Question(
        "teams", _TEAM, "How many teams will own services?",
        "A service has one owner; a team can run only so many (Conway's law).", "Monolith or services, and who owns which",
        (
            AnswerField("teams", FieldKind.INTEGER, "Teams", unit="teams", example="3"),
            AnswerField("developers", FieldKind.INTEGER, "Developers in all", required=False, unit="people", example="18"),
        ),
    ),
    Question(
        "distribution", _TEAM, "Do they sit together?",
        "Teams apart need contracts rather than conversations.", "How much is agreed by contract tests",
        (AnswerField("distribution", FieldKind.CHOICE, "Where teams work", required=False, choices=("together", "distributed")),),
    ),
    Question(
        "skills", _TEAM, "What do they write well?",
        "A service is written in a language that its owners know.", "The language of each service",
        (AnswerField("skills", FieldKind.CHOICES, "Languages", choices=("typescript", "python", "other"), example="python"),),
    ),
    Question(
        "runtime", _OPERATIONS, "Where will it run?",
        "An orchestrator restarts and scales; servers need it done by hand.", "Deployment model",
        (AnswerField("runtime", FieldKind.CHOICE, "Kubernetes or servers", choices=("kubernetes", "servers")),),
    ),
    Question(
        "databases", _OPERATIONS, "What is the plan for databases?",
        "A shared schema couples every release.", "One store for each service, and how many servers carry them",
        (
            AnswerField(
                "databaseStrategy", FieldKind.CHOICE, "Strategy", required=False,
                choices=("database-per-service", "schema-per-service", "shared", "undecided"),
            ),
        ),
    ),
    Question(
        "observability", _OPERATIONS, "What can you see of a running system today?",
        "What cannot be seen cannot be run; services need traces.", "Logging, metrics, tracing",
        (AnswerField("observability", FieldKind.CHOICES, "In place", required=False, choices=("logs", "metrics", "traces", "none")),),
    ),
    Question(
        "delivery", _OPERATIONS, "How does a change reach production, and how often?",
        "Services without automated delivery are a distributed monolith.", "Monolith or services, release strategy",
        (
            AnswerField(
                "delivery", FieldKind.CHOICE, "Maturity", required=False,
                choices=("manual", "continuous-integration", "continuous-delivery")
            ),
            AnswerField("deploysPerWeek", FieldKind.NUMBER, "Deployments a week", required=False, unit="deployments", example="10"),
        ),
    ),
    Question(
        "recovery", _QUALITIES, "How long may it be down, and how much data may be lost?",
        "RTO and RPO decide what redundancy is worth.", "Replication, backups, replicas, the SLO",
        (
            AnswerField("rto", FieldKind.DURATION, "Recovery time objective", example="1h"),
            AnswerField("rpo", FieldKind.DURATION, "Recovery point objective", example="5m"),
            AnswerField("availability", FieldKind.PERCENT, "Availability", required=False, unit="%", example="99.9%"),
        ),
    ),
    Question(
        "security", _QUALITIES, "Who may reach it?",
        "What the public reaches needs authentication, limits and a gateway.", "Exposure, gateway, authentication",
        (AnswerField("exposure", FieldKind.CHOICE, "Public or internal", choices=("public", "internal")),),
    ),
    Question(
        "compliance", _QUALITIES, "Which audits must it pass?",
        "Audits ask for evidence that must be designed in.", "Audit trails, encryption, retention",
        (AnswerField("compliance", FieldKind.CHOICES, "Audits, or none", required=False, choices=("none", "soc2", "iso27001", "sox")),),
    ),
)  # fmt: skip
"""In the order in which they are asked."""

FIELDS: dict[str, AnswerField] = {field.key: field for question in QUESTIONS for field in question.fields}
"""Every value that is asked for, by its key."""
