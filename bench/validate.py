"""How validation grows: architectures of 100, 1,000 and 10,000 services with 10 dependencies each."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "server"))

from microservices_skill.model.architecture import Architecture  # noqa: E402 - the package need not be installed
from microservices_skill.rules.engine import validate  # noqa: E402

SIZES = (100, 1_000, 10_000)
DEPENDENCIES = 10
RUNS = 3
RESULTS = ROOT / "bench" / "results" / "validate.json"
Row = dict[str, float]


def service(index: int, count: int) -> dict[str, object]:
    """One service; its dependencies lead to later services, so that the longest chain passes through all."""
    callees = [index + step for step in range(1, DEPENDENCIES + 1) if index + step < count]
    dependencies = [
        {"to": f"s{callee}", "operations": ["readThing"], "timeout": "200ms", "circuitBreaker": {}, "retries": {}} for callee in callees
    ]
    return {
        "name": f"s{index}",
        "responsibility": "Keeps things",
        "owners": ["crew"],
        "stores": [f"s{index}-db"],
        "entities": [{"name": "Thing", "fields": [{"name": "size", "type": "integer"}, {"name": "label", "type": "string"}]}],
        "endpoints": [
            {"operation": "addThing", "action": "create", "entity": "Thing", "publishes": [f"S{index}Added"]},
            {"operation": "readThing", "action": "get", "entity": "Thing"},
        ],
        "dependencies": dependencies,
    }


def architecture(count: int) -> Architecture:
    """An architecture of ``count`` services with a store and an event each."""
    return Architecture.model_validate(
        {
            "system": {"name": "large", "domain": "Load"},
            "teams": [{"name": "crew", "size": 1000}],
            "stores": [{"name": f"s{index}-db", "replication": "sync", "backupInterval": "1h"} for index in range(count)],
            "services": [service(index, count) for index in range(count)],
            "events": [
                {"name": f"S{index}Added", "publisher": f"s{index}", "payload": [{"name": "size", "type": "integer"}]}
                for index in range(count)
            ],
        },
        by_alias=True,
        by_name=False,
    )


def measure(count: int) -> Row:
    """The best of some validations; each run gets a fresh model, so that nothing is remembered."""
    best: Row = {}
    for _ in range(RUNS):
        subject = architecture(count)
        wall, cpu = time.perf_counter(), time.process_time()
        found = validate(subject)
        seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        if not best or seconds < best["wall_s"]:
            best = {"services": count, "findings": len(found), "wall_s": round(seconds, 4), "cpu_s": round(used, 4)}
    best["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    best["us_per_service"] = round(best["wall_s"] / count * 1e6, 1)
    return best


def main() -> None:
    """Measure each size in a process of its own, print the table and keep it."""
    rows: list[Row] = []
    for count in SIZES:
        done = subprocess.run([sys.executable, __file__, str(count)], check=True, capture_output=True, text=True)
        row = json.loads(done.stdout)
        rows.append(row | {"ratio_to_smallest": round(row["us_per_service"] / (rows or [row])[0]["us_per_service"], 2)})
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(f"{value:g}" for value in row.values()))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"dependencies_per_service": DEPENDENCIES, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
