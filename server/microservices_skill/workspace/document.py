"""Writes one document that people edit too, whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from microservices_skill.workspace.errors import explained
from microservices_skill.workspace.paths import check_target
from microservices_skill.workspace.written import note


def write_document(path: Path, text: str) -> None:
    """Put ``text`` in the place of what ``path`` holds.

    Raises:
        UnsafeTargetError: the target is a link, a folder or a device.
        DiskError: the operating system refuses.

    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        target = check_target(path.parent, path.name)
        draft = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.new")
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(target.stat().st_mode & 0o777)
            draft.replace(target)
            note(target)
        finally:
            draft.unlink(missing_ok=True)
