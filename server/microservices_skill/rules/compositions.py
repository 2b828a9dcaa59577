"""Whether each composition can be put together from what others answer, in the time that it has."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.composing import Asked, asked_of, attribute_for
from microservices_skill.model.composition import Composition
from microservices_skill.model.service import Service
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.origins import misfit
from microservices_skill.rules.rule import rule


@rule("incompatible-composition-part", Severity.ERROR)
def incompatible_composition_part(analysis: Analysis) -> Iterator[Violation]:
    """A field of a part is not in what the asked service answers, or its values do not fit.

    Why: the part would be missing in every answer, or in those with such a value.
    Fix: show a field that the operation answers, with the same type, values and required.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: API composition
    """
    for at, service, composition in _compositions(analysis.architecture):
        for asked in asked_of(analysis.architecture, service, composition):
            where = f"{at}/parts/{composition.parts.index(asked.part)}/shows"
            for field in asked.shown.fields:
                source = attribute_for(field, asked.operation.entity)
                if source is None:
                    yield Violation(where, f"{asked.operation.id} of {asked.provider.name} answers no {field.name} for {asked.part.name}")
                elif (reason := misfit(source, field)) is not None:
                    yield Violation(where, f"{field.name} of {asked.part.name}: {reason}")


@rule("composition-over-budget", Severity.WARNING)
def composition_over_budget(analysis: Analysis) -> Iterator[Violation]:
    """A composition's time budget is shorter than its parts promise to take.

    Why: a part that comes after another one waits for it; a slow but healthy service would be shown as missing.
    Fix: raise budget, ask for the part by a key that is known at once, or promise a shorter p99 of the asked service.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: API composition
    """
    for at, service, composition in _compositions(analysis.architecture):
        ends: dict[str, int] = {}
        for asked in asked_of(analysis.architecture, service, composition):
            part = asked.part
            ends[part.name] = ends.get(part.after or "", 0) + _p99(asked)
            if ends[part.name] > composition.budget:
                after = f" after {part.after}" if part.after is not None else ""
                said = f"{part.name} of {composition.name} may take {ends[part.name]} ms{after}; the budget is {composition.budget} ms"
                yield Violation(f"{at}/parts/{composition.parts.index(part)}", said)


@rule("composition-slower-than-promise", Severity.WARNING)
def composition_slower_than_promise(analysis: Analysis) -> Iterator[Violation]:
    """A composition may wait longer than its endpoint or its service promises to take.

    Why: one frozen service behind it is enough to break the promise.
    Fix: lower budget, or promise a larger p99.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 4
    """
    for at, service, composition in _compositions(analysis.architecture):
        promises = [endpoint.p99 or service.slo.p99 for endpoint in service.endpoints if endpoint.entity == composition.name]
        if promises and composition.budget > min(promises):
            said = f"{composition.name} waits up to {composition.budget} ms, and {min(promises)} ms are promised"
            yield Violation(f"{at}/budget", said)


@rule("contradicting-part", Severity.WARNING)
def contradicting_part(analysis: Analysis) -> Iterator[Violation]:
    """A part is required of a dependency that is said not to be critical, or the other way round.

    Why: what the service's availability is worked out from is not what it does.
    Fix: set critical: false where no part of the dependency is required, and true where one is.
    Source: Treynor et al., The Calculus of Service Availability (ACM Queue, 2017)
    """
    for index, service in enumerate(analysis.architecture.services):
        parts = [part for composition in service.compositions for part in composition.parts]
        for call in analysis.calls[index]:
            of_call = [part for part in parts if part.service == call.dependency.to]
            required = [part.name for part in of_call if part.required]
            if required and not call.dependency.critical:
                yield Violation(f"{call.at}/critical", f"{', '.join(required)} of {call.dependency.to} must be there, so it is critical")
            if of_call and not required and call.is_hard and analysis.is_composed(call):
                yield Violation(f"{call.at}/critical", f"no answer stands or falls with {call.dependency.to}, so it is not critical")


@rule("single-part-composition", Severity.INFO)
def single_part_composition(analysis: Analysis) -> Iterator[Violation]:
    """A composition shows one part.

    Why: it adds a hop and a failure to what its callers could ask themselves.
    Fix: let callers ask that service, or add what belongs to the answer.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: API composition
    """
    for at, _, composition in _compositions(analysis.architecture):
        if len(composition.parts) == 1:
            yield Violation(f"{at}/parts", f"{composition.name} only repeats what {composition.parts[0].service} answers")


def _compositions(architecture: Architecture) -> Iterator[tuple[str, Service, Composition]]:
    for index, service in enumerate(architecture.services):
        for place, composition in enumerate(service.compositions):
            yield f"/services/{index}/compositions/{place}", service, composition


def _p99(asked: Asked) -> int:
    return asked.operation.endpoint.p99 or asked.provider.slo.p99
