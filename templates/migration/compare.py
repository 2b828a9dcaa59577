"""Asks the monolith and the service the same questions and says where they answer differently (parallel run).

    compare.py --monolith http://monolith:8080 --service http://order:8000 --step 01-order < paths.txt

paths.txt has a path of the monolith on each line, such as those of its access log. Names that differ are in compare.json of the step:
edit it where the monolith's answers name fields otherwise than its columns. Exit code 1 where answers differ. Asks only, by GET.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TIMEOUT_S = 10.0


def main() -> int:
    """Compare every path that stands on the standard input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monolith", required=True, help="where the monolith answers")
    parser.add_argument("--service", required=True, help="where the service answers")
    parser.add_argument("--step", required=True, help="the folder of the step, with compare.json")
    parser.add_argument("--token", default="", help="sent to both as a bearer token")
    given = parser.parse_args()
    names = json.loads((Path(given.step) / "compare.json").read_text(encoding="utf-8"))
    asked = differing = 0
    for path in filter(None, map(str.strip, sys.stdin)):
        asked += 1
        before = answer(given.monolith + path, given.token)
        after = answer(given.service + translated(path, names["paths"]), given.token)
        found = list(differences(before, after, names["fields"]))
        differing += bool(found)
        for each in found:
            print(f"{path}: {each}")
    print(f"{asked} asked, {differing} differ")
    return 1 if differing or not asked else 0


def answer(url: str, token: str) -> tuple[int, Any]:
    """The status, and the body where it is JSON."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310 - the caller's own
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - as above
            return response.status, parsed(response.read())
    except urllib.error.HTTPError as error:
        return error.code, None


def parsed(body: bytes) -> object:
    """JSON, or nothing."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def translated(path: str, paths: list[list[str]]) -> str:
    """The service's path for one of the monolith."""
    for pattern, replacement in paths:
        if re.match(pattern, path):
            return re.sub(pattern, replacement, path)
    return path


def differences(before: tuple[int, Any], after: tuple[int, Any], fields: dict[str, str]) -> list[str]:
    """What differs in two answers, as far as both have it."""
    if before[0] != after[0]:
        return [f"status {before[0]} became {after[0]}"]
    if not isinstance(before[1], dict) or not isinstance(after[1], dict):
        return []
    pairs = [(name, fields.get(name, name)) for name in before[1]]
    gone = [f"{name} is missing" for name, new in pairs if name in fields and new not in after[1]]
    changed = [(name, before[1][name], after[1][new]) for name, new in pairs if new in after[1]]
    return [*gone, *(f"{name}: {json.dumps(old)} became {json.dumps(new)}" for name, old, new in changed if not same(old, new))]


def same(old: object, new: object) -> bool:
    """Whether two values mean the same: 1, 1.0 and "1.00" do."""
    if old == new:
        return True
    try:
        return float(str(old)) == float(str(new))
    except ValueError:
        return str(old).replace("Z", "+00:00") == str(new).replace("Z", "+00:00")


if __name__ == "__main__":
    sys.exit(main())
