"""Kills a run at its nth touch of the disk, for every n, and finishes what is left.

Prints a line of JSON for every n: whether the tree was the old or the new one before and after the resumption.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.renames import Rename
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.tree import apply, resume

BODY = "".join(f"line {number}\n" for number in range(9))
OLD = Request(
    FileTree(
        [
            ("a/keep.py", File("same\n")),
            ("a/change.py", File("old\n")),
            ("a/edited.py", File(BODY)),
            ("b/gone.py", File("old\n")),
            ("s/order/order.py", File(BODY + "order = 1\n")),
        ]
    )
)
NEW = Request(
    FileTree(
        [
            ("a/keep.py", File("same\n")),
            ("a/change.py", File("new\n")),
            ("a/edited.py", File("new\n" + BODY)),
            ("c/d/made.py", File("new\n")),
            ("s/purchase/purchase.py", File(BODY + "purchase = 1\n")),
        ]
    ),
    renames=(Rename("", "order", "purchase"),),
)
EDITED, OWN = "a/edited.py", "s/order/own.py"
BEFORE = {path: file.text for path, file in OLD.generated.items()} | {EDITED: BODY + "mine\n", OWN: "own order\n"}
AFTER = {path: file.text for path, file in NEW.generated.items()} | {
    EDITED: "new\n" + BODY + "mine\n",
    "s/purchase/own.py": "own purchase\n",
}
TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.chmod", "os.scandir", "os.listdir"}


def main(root: Path) -> None:
    for touch in range(1, 1000):
        shutil.rmtree(root, ignore_errors=True)
        apply(root, OLD)
        (root / EDITED).write_text(BEFORE[EDITED])
        (root / OWN).write_text(BEFORE[OWN])
        finished = attempt(root, touch)
        before = state(root)
        had_journal = (root / ".microservices-skill/journal.json").exists()
        resume(root)
        after = state(root)
        again = apply(root, NEW)
        print(json.dumps([touch, before, had_journal, after, state(root), again.counts.get("conflict", 0)]))  # noqa: T201 - the test reads it
        if finished:
            return


def attempt(root: Path, touch: int) -> bool:
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, _: object) -> None:
            nonlocal seen
            if event in TOUCHES:
                seen += 1
                if seen == touch:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        apply(root, NEW)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def state(root: Path) -> str:
    files = (path for path in root.rglob("*") if path.is_file() and ".microservices-skill" not in path.parts)
    found = {str(path.relative_to(root)): path.read_text() for path in files}
    for name, tree in (("old", BEFORE), ("new", AFTER)):
        if found == tree:
            return name
    return "between"


main(Path(sys.argv[1]))
