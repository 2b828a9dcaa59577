"""What flows over which boundary of trust (Shostack, Threat Modeling, ch. 2: data-flow diagrams)."""

from __future__ import annotations

from microservices_skill.diagrams.escaping import alias, label
from microservices_skill.model.architecture import Architecture
from microservices_skill.security.flows import Element, Kind, Zone, diagram

_SHAPES = {Kind.OUTSIDE: ("[", "]"), Kind.PROCESS: ("(", ")"), Kind.STORE: ("[(", ")]")}


def boundaries(architecture: Architecture) -> str:
    """A subgraph for each zone; arrows that leave one are thick."""
    drawn = diagram(architecture)
    lines = ["flowchart LR"]
    for zone in Zone:
        inside = [each for each in drawn.elements if each.zone is zone]
        if inside:
            lines += [f"  subgraph {zone}", *(f"    {_box(each)}" for each in inside), "  end"]
    for flow in drawn.flows:
        arrow = "==>" if flow.crosses else "-->"
        said = label(f"{flow.carries}, {flow.protocol}", 80)
        lines.append(f'  {_id(flow.source)} {arrow}|"{said}"| {_id(flow.target)}')
    return "\n".join(lines) + "\n"


def _box(element: Element) -> str:
    begin, end = _SHAPES[element.kind]
    return f'{_id(element)}{begin}"{label(element.name)}"{end}'


def _id(element: Element) -> str:
    return alias(element.key)
