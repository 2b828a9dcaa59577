"""Every rule that looks at the design, by category."""

from __future__ import annotations

from types import ModuleType

from microservices_skill.errors import SkillError
from microservices_skill.rules import (
    acceptance,
    api,
    availability,
    compositions,
    data,
    evolution_events,
    evolution_requests,
    evolution_responses,
    evolution_sagas,
    evolution_services,
    evolution_streams,
    generation,
    latency,
    lifecycles,
    messaging,
    operations,
    resilience,
    sagas,
    security,
    subscribing,
    teams,
    topology,
    views,
)
from microservices_skill.rules.rule import Rule

CATEGORIES: tuple[ModuleType, ...] = (
    topology,
    data,
    lifecycles,
    messaging,
    sagas,
    resilience,
    latency,
    availability,
    api,
    security,
    operations,
    teams,
    evolution_services,
    evolution_requests,
    evolution_responses,
    evolution_events,
    evolution_sagas,
    evolution_streams,
    generation,
    subscribing,
    views,
    compositions,
    acceptance,
)


class UnknownRuleError(SkillError):
    """A rule is asked for that does not exist."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"there is no rule {rule_id!r}; the rule catalogue lists all ids")


RULES: tuple[Rule, ...] = tuple(value for module in CATEGORIES for value in vars(module).values() if isinstance(value, Rule))
_BY_ID = {each.id: each for each in RULES}


def rule(rule_id: str) -> Rule:
    """The rule of that id.

    Raises:
        UnknownRuleError: there is none.

    """
    if rule_id not in _BY_ID:
        raise UnknownRuleError(rule_id)
    return _BY_ID[rule_id]
