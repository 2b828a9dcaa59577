"""Where decisions come from: books by chapter, by topic."""

from __future__ import annotations

_BY_WORD = (
    (("monolith", "services"), "Newman, Building Microservices, 2nd ed., ch. 1-3; Newman, Monolith to Microservices, ch. 1"),
    (
        ("saga", "consisten", "transaction"),
        "Richardson, Microservices Patterns, ch. 4; Kleppmann, Designing Data-Intensive Applications, ch. 9",
    ),
    (
        ("event", "broker", "queue", "messag"),
        "Richardson, Microservices Patterns, ch. 3; Kleppmann, Designing Data-Intensive Applications, ch. 11",
    ),
    (
        ("data", "store", "database", "schema"),
        "Richardson, Microservices Patterns, ch. 2; Kleppmann, Designing Data-Intensive Applications, ch. 5",
    ),
    (("auth", "token", "security", "access"), "Newman, Building Microservices, 2nd ed., ch. 11"),
    (("timeout", "retry", "circuit", "resilien"), "Nygard, Release It!, 2nd ed., ch. 4-5"),
    (("slo", "availab", "alert", "observab"), "Beyer et al., Site Reliability Engineering, ch. 3-4"),
    (("deploy", "kubernetes", "release"), "Newman, Building Microservices, 2nd ed., ch. 8"),
)
_OTHERWISE = "Evans, Domain-Driven Design, ch. 14"


def sources_for(topic: str) -> tuple[str, ...]:
    """What to read on a topic, where a decision names nothing itself."""
    words = topic.lower()
    found = tuple(source for keys, source in _BY_WORD if any(key in words for key in keys))
    return found or (_OTHERWISE,)
