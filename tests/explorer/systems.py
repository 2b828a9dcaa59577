"""Documents that the explorer is tried with: a large system, and one whose people write what no page expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><!-- ' & &lt;b&gt;"
TEAMS = ("basket", "billing", "catalogue", "customers", "fraud", "logistics", "partners", "reporting")
_PARTS = ("account", "address", "archive", "audit", "batch", "capture", "export", "history", "import", "index")


def example(name: str) -> str:
    """The document of an example."""
    return (ROOT / "examples" / name / "architecture.yaml").read_text(encoding="utf-8")


def large(services: int = 60) -> str:
    """Services of eight teams: each calls up to two others, most tell events, and some call in a way that rules object to."""
    names = [f"{TEAMS[number % len(TEAMS)]}-{_PARTS[number // len(TEAMS) % len(_PARTS)]}" for number in range(services)]
    return dumped(
        {
            "apiVersion": "microservices-skill/v1",
            "kind": "Architecture",
            "system": {
                "name": "bazaar",
                "domain": "A market place of many shops",
                "requirements": {"latencyP99": "400ms", "availability": 99.5},
            },
            "teams": [{"name": name, "size": 6} for name in TEAMS],
            "externals": [{"name": "bank", "availability": 99.9, "p99": "900ms"}],
            "stores": [{"name": f"{name}-db"} for name in names],
            "services": [_service(number, names) for number in range(services)],
            "events": [{"name": f"{_type(name)}Changed", "publisher": name, "entity": _type(name)} for name in names],
        }
    )


def _service(number: int, names: list[str]) -> dict[str, Any]:
    name, entity = names[number], _type(names[number])
    own, next_team = number + len(TEAMS), number + 1
    called = [names[each] for each in (own, next_team if number % 5 == 0 else own) if each < len(names) and each % len(TEAMS)]
    called = list(dict.fromkeys(called))
    heard = names[number - 7] if number % 3 == 0 and number >= 7 else None
    calls = [
        {"to": each, "operations": [f"get{_type(each)}"], "timeout": "200ms"} if place else {"to": each}
        for place, each in enumerate(called)
    ]
    return {
        "name": name,
        "responsibility": f"Keeps the {name.replace('-', ' ')} of the market place",
        "owners": [TEAMS[number % len(TEAMS)]],
        "language": ("typescript", "python", "go")[number % 3],
        "exposure": "public" if number == 0 else "internal",
        "slo": {"p99": f"{100 + number}ms", "availability": 99.9},
        "stores": [f"{name}-db"],
        "entities": [{"name": entity, "fields": [{"name": "label", "type": "string"}]}],
        "endpoints": [
            {"operation": f"create{entity}", "action": "create", "entity": entity, "publishes": [f"{entity}Changed"]},
            {"operation": f"get{entity}", "action": "get", "entity": entity},
        ],
        "dependencies": [*calls, *([{"to": "bank", "timeout": "1s", "fallback": "degrade"}] if number % 20 == 5 else [])],
        "subscriptions": [{"event": f"{_type(heard)}Changed", "action": "create", "entity": entity}] if heard is not None else [],
    }


def _type(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def hostile() -> str:
    """The shop, where every text that people write is an attempt to become markup or code."""
    document = yaml.safe_load(example("shop"))
    document["system"] |= {"title": HOSTILE, "domain": HOSTILE, "description": HOSTILE}
    for each in (*document["services"], *document["events"], *document["externals"], *document["sagas"], *document["stores"]):
        for key in ("title", "responsibility", "description", "purpose"):
            if key in each:
                each[key] = HOSTILE
    for risk in document["acceptedRisks"]:
        risk["reason"] = HOSTILE
    return dumped(document)


def changed() -> str:
    """The shop as a next version may be: a service goes, one comes, one is slower, and a call is added."""
    document = yaml.safe_load(example("shop"))
    document["services"] = [each for each in document["services"] if each["name"] != "notification"]
    document["stores"] = [each for each in document["stores"] if each["name"] != "notification-db"]
    document["externals"] = [each for each in document["externals"] if each["name"] != "mail-provider"]
    document["stores"].append({"name": "loyalty-db", "replication": "async", "backupInterval": "5m"})
    point = {"name": "PointAccount", "fields": [{"name": "points", "type": "integer"}]}
    reads = {"operation": "getPointAccount", "action": "get", "entity": "PointAccount"}
    loyalty = {"name": "loyalty", "responsibility": "Counts points", "owners": ["team-2"], "stores": ["loyalty-db"], "entities": [point]}
    document["services"].append(loyalty | {"endpoints": [reads]})
    order = document["services"][0]
    order["slo"] = {"p99": "800ms"}
    order["dependencies"] = [{"to": "loyalty", "operations": ["getPointAccount"], "timeout": "100ms"}]
    return dumped(document)


def dumped(document: dict[str, Any]) -> str:
    """A document as text."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
