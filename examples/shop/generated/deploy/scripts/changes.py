"""Says which services a workflow must look at, as lines for ``$GITHUB_OUTPUT``: one JSON list for each language.

    changes.py --against origin/main      a pull request: the services whose folders differ
    changes.py --registry ghcr.io/acme    the main branch: the services of whose content there is no image yet
    changes.py --all                      every service
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from cluster import ReleaseError
from images import Registry, ServiceEntry, content

EVERYWHERE = (".github/workflows/", "deploy/scripts/")
"""What is used by every service: who changes it sees all tests."""

MATRIX_LIMIT = 256
"""GitHub starts no more jobs than this from one matrix."""


def main() -> int:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=Path, default=Path("deploy/release.json"))
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--against", help="a commit that has an ancestor in common with what is checked out")
    mode.add_argument("--registry", help="where images are")
    mode.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    services: list[ServiceEntry] = json.loads(asked.facts.read_text(encoding="utf-8"))["services"]
    try:
        if asked.against:
            chosen = changed(services, differing(asked.against))
        elif asked.registry:
            chosen = [each for each in services if Registry(asked.registry).digest(each) is None]
        else:
            chosen = services
        print("\n".join(lines(services, chosen)))
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def differing(base: str) -> list[str]:
    """The paths in which what is checked out differs from where it left ``base``."""
    command = ["git", "diff", "--name-only", "-z", f"{base}...HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ReleaseError(f"{' '.join(command)}: {done.stderr.strip()}; check out with fetch-depth: 0")
    return [path for path in done.stdout.split("\0") if path]


def changed(services: list[ServiceEntry], paths: list[str]) -> list[ServiceEntry]:
    """The services that the paths belong to."""
    if any(path.startswith(EVERYWHERE) for path in paths):
        return services
    return [each for each in services if any(path.startswith(f"{each['folder']}/") for path in paths)]


def lines(services: list[ServiceEntry], chosen: list[ServiceEntry]) -> list[str]:
    """``LANGUAGE=[...]`` for each language of the system, and ``images=[...]`` for all."""
    found = {language: [each for each in chosen if each["language"] == language] for language in sorted({s["language"] for s in services})}
    for name, members in (found | {"images": chosen}).items():
        if len(members) > MATRIX_LIMIT:
            raise ReleaseError(
                f"{len(members)} services at once for {name}, and GitHub starts at most {MATRIX_LIMIT} jobs of one matrix:"
                " split the change, or give groups of services a workflow of their own"
            )
    return [f"{name}={json.dumps([_entry(each) for each in members])}" for name, members in (found | {"images": chosen}).items()]


def _entry(service: ServiceEntry) -> dict[str, str]:
    return {"service": service["name"], "folder": service["folder"], "image": service["image"], "content": content(service["folder"])}


if __name__ == "__main__":
    sys.exit(main())
