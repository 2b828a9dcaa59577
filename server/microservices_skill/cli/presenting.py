"""Shows results: as text for people, as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence

import click

from microservices_skill.app.existing_results import Addition, ArchitectureChange, Diagnosis, Installation, MigrationPlan
from microservices_skill.app.results import (
    ChaosReport,
    Exploration,
    FindingSummary,
    Hardening,
    ProposalSummary,
    Questionnaire,
    RuleSummary,
    Validation,
    Writing,
)
from microservices_skill.capacity.figures import number
from microservices_skill.capacity.report import Capacity
from microservices_skill.cli.excerpts import excerpt

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


def show_json(result: object) -> None:
    """A result as one JSON document."""
    click.echo(json.dumps(result, default=_plain, indent=2, ensure_ascii=False))


def show_questionnaire(result: Questionnaire) -> None:
    """Where the discovery stands, and the open questions with the keys of their answers."""
    section = ""
    for each in result.questions:
        if each.section != section:
            section = each.section
            click.secho(f"\n{section}", bold=True)
        mark = click.style("done", fg="green") if each.answered else click.style("open", fg="yellow" if each.required else None)
        click.echo(f"  [{mark}] {each.question}")
        if not each.answered:
            click.echo(f"         why: {each.why}\n         answer by: {'; '.join(each.examples)}")
    click.echo(f"\n{result.status}: {result.path}{'' if result.written else ' (not written)'}")
    click.echo(result.next)


def show_proposal(result: ProposalSummary) -> None:
    """A proposed architecture and its reasons."""
    click.secho(f"{result.style}: {', '.join(result.services)}", bold=True)
    for reason in result.reasons:
        click.echo(f"- {reason.choice}\n    because {reason.because}" + (f"\n    answer: {reason.answer}" if reason.answer else ""))
    click.echo(_counts(result.counts, "findings"))
    click.echo(f"{'wrote' if result.written else 'would write'} {result.path}\n{result.next}")


def show_validation(result: Validation) -> None:
    """Every finding with its place and its fix."""
    for finding in result.findings:
        show_finding(result.source, finding)
    if result.omitted:
        click.echo(f"… and {result.omitted} more; --json shows all")
    show_verdict(result)


def show_verdict(result: Validation) -> None:
    """How many findings there are, and whether the design may be generated."""
    click.echo(_counts(result.counts, "findings"))
    click.secho("sound" if result.ok else "not sound: errors stop generation", fg="green" if result.ok else "red", bold=True)


def show_writing(result: Writing) -> None:
    """What was written, what stayed, and what to do next."""
    for path in result.paths:
        click.echo(f"  {path}")
    told = (
        ("merged with your edits", result.merged),
        ("moved", result.moved),
        ("kept", result.kept),
        ("edited, no longer generated", result.orphans),
        ("deleted by you", result.deleted),
    )
    for what, paths in told:
        for path in paths:
            click.echo(f"  {what}: {path}")
    if result.diff:
        click.echo(result.diff, nl=False)
    for said in result.migrations:
        click.secho(f"  migration {said}", fg="yellow" if "DESTRUCTIVE" in said else None)
    for said in result.pending:
        click.echo(f"  pending {said}")
    _show_end(result)


def _show_end(result: Writing | MigrationPlan) -> None:
    for each in result.conflicts:
        click.secho(f"  conflict: {each.path}{f':{each.lines}' if each.lines else ''}: {each.why}", fg="yellow")
    click.echo(f"{'wrote' if result.written else 'would write'} below {result.root}: {_counts(result.counts, 'files')}")
    if result.next:
        click.echo(result.next)


def show_change(result: ArchitectureChange) -> None:
    """What differs, whom it touches, what it would break, and where it is recorded."""
    for each in result.differences:
        click.echo(f"  {each}")
    if result.omitted:
        click.echo(f"  … and {result.omitted} more")
    for touched in result.touched:
        click.secho(f"{touched.service}", bold=True)
        for reason in touched.because:
            click.echo(f"  {reason}")
    for said in result.order:
        click.echo(f"order: {said}")
    for said in result.broken:
        click.secho(f"breaks: {said}", fg="red")
    if result.decision:
        click.echo(f"{'wrote' if result.written else 'would write'} {result.decision}")
    click.echo(result.next)


def show_migration(result: MigrationPlan) -> None:
    """The order with what ties each service, and what was written."""
    for place, step in enumerate(result.steps, start=1):
        click.secho(f"{place}. {step.service}: value {step.value:g}, risk {step.risk}", bold=True)
        for tie in step.ties:
            click.echo(f"   {tie}")
        if step.unserved:
            click.echo(f"   no operation yet: {', '.join(step.unserved)}")
    _show_end(result)


def show_capacity(result: Capacity) -> None:
    """The figures of each service, what is outgrown, the budgets and the bill."""
    peak = result.load.peak
    click.secho(f"peak {number(peak.value)} requests/s: {peak.formula} ({peak.source})", bold=True)
    for each in result.services:
        done = f"{number(each.reads.value)} reads, {number(each.writes.value)} writes, {number(each.consumed.value)} messages a second"
        instances = f"{number(each.least.value)} to {number(each.most.value)} instances"
        given = f"{number(each.cpu_request_m.value)}m CPU, {number(each.memory_mb.value)} MiB, {number(each.pool.value)} connections"
        click.echo(f"  {each.service}: {done}; {instances} of {given}")
    for path in result.paths:
        missed = "".join(
            f", {what} missed" for what, met in (("latency", path.meets_latency), ("availability", path.meets_availability)) if not met
        )
        colour = "yellow" if missed else None
        click.secho(
            f"  {' > '.join(path.hops)}: p99 {number(path.latency_ms.value)} ms, {path.availability.value:.4g} % available{missed}",
            fg=colour,
        )
    for advice in result.advice:
        click.secho(f"  outgrown: {advice.subject}, {advice.figure} (limit {advice.limit}): {advice.move_to}", fg="yellow")
    for cost in result.costs:
        click.echo(f"  {cost.item}: {number(cost.low)} to {number(cost.high)} ({cost.formula})")
    click.secho(f"{number(result.low)} to {number(result.high)} {result.currency} a month", bold=True)


def show_rules(rules: tuple[RuleSummary, ...]) -> None:
    """The catalogue, a line each."""
    for rule in rules:
        click.echo(f"{click.style(rule.severity.ljust(7), fg=_COLOURS.get(rule.severity))} {rule.id}: {rule.summary}")


def progress() -> Callable[[int, int, str], None] | None:
    """Shows steps on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return None
    return lambda done, steps, what: click.secho(f"[{done + 1}/{steps}] {what}", fg="cyan", err=True)


def show_finding(source: str, finding: FindingSummary) -> None:
    """Where, how grave, what and how to mend it, with the line of the document."""
    severity = "accepted" if finding.accepted else finding.severity
    click.echo(
        f"{source}:{finding.line} {finding.location or '/'} "
        f"{click.style(severity, fg=_COLOURS.get(severity))} {finding.rule}: {finding.message}"
        f"{excerpt(source, finding.line)}\n    fix: {finding.fix}"
    )


def _counts(counts: dict[str, int], what: str) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counts.items()) or f"no {what}"


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(type(value).__name__)


def show_chaos(report: ChaosReport) -> None:
    """The checks as a table, and what was done."""
    width = max(len(each.name) for each in report.checks)
    for each in report.checks:
        verdict = click.style("holds ", fg="green") if each.holds else click.style("BROKEN", fg="red", bold=True)
        click.echo(f"{verdict}  {each.name.ljust(width)}  {each.found}")
    faults = ", ".join(f"{count} {kind}" for kind, count in report.faults.items())
    click.echo(
        f"{report.system}, seed {report.seed}: {report.requests} requests ({report.repeated_requests} sent again) in {report.load_s:.0f} s,"
        f" recovered in {report.recovery_s:.0f} s; faults: {faults}; {report.events} events, {report.repeated_events} of them sent twice,"
        f" {report.reordered_events} reordered; {len(report.dead_letters)} dead letters"
    )
    click.echo(click.style("nothing lost, nothing twice", fg="green") if report.ok else click.style("a promise is broken", fg="red"))


def show_hardening(found: Hardening) -> None:
    """The checklist, and under each item what is wrong."""
    width = max(len(each.id) for each in found.items)
    for each in found.items:
        verdict = click.style("holds", fg="green") if not each.unseen else click.style("  -  ", fg="yellow")
        verdict = click.style("fails", fg="red", bold=True) if each.faults else verdict
        click.echo(f"{verdict}  {each.id.ljust(width)}  {each.what}{f' Not looked at: {each.unseen}.' if each.unseen else ''}")
        for fault in each.faults:
            click.echo(f"       {fault}")


def show_addition(result: Addition) -> None:
    """What was added, and the steps that are left."""
    for path in result.paths:
        click.echo(f"  {path}")
    for path in result.merged:
        click.echo(f"  your edits kept: {path}")
    for each in result.conflicts:
        click.secho(f"  conflict: {each}", fg="yellow")
    if result.diff:
        click.echo(result.diff, nl=False)
    click.echo(f"{'wrote' if result.written else 'would write'} below {result.root}: {_counts(result.counts, 'files')}")
    for command in result.install:
        click.echo(f"install: {command}")
    if result.patch:
        click.echo(f"add the lines: git apply {result.patch}")
    if result.start:
        click.echo(f"start: {result.start}")
    click.echo(result.next)


def show_installation(result: Installation) -> None:
    """Which files hold what was installed, and what to do next."""
    click.echo(f"  {result.settings}{'' if result.is_changed else ' (as it was)'}\n  {result.skill}/")
    for path in result.conflicts:
        click.secho(f"  yours: {path}", fg="yellow")
    click.echo(result.next)


def show_diagnoses(found: Sequence[Diagnosis]) -> None:
    """Each thing that was looked at, with its fix where it is wrong."""
    for each in found:
        click.echo(f"{click.style('ok', fg='green') if each.ok else click.style('wrong', fg='red')}: {each.name}: {each.found}")
        if each.fix:
            click.echo(f"  fix: {each.fix}")


def show_exploration(result: Exploration) -> None:
    """Where the page is and what it shows."""
    differs = f", {result.differences} differences" if result.differences else ""
    shows = f"{result.services} services, {_counts(result.findings, 'open findings')}{differs}"
    click.echo(f"{'wrote' if result.written else 'would write'} {result.path} ({result.size // 1000} kB): {shows}")
    click.echo(result.next)
