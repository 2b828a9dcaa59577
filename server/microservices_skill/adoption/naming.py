"""Names that are safe in code, manifests and addresses."""

from __future__ import annotations

import re


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes; ``service`` where nothing is left."""
    found = re.sub(r"[^a-z0-9]+", "-", text.rpartition("/")[2].lower()).strip("-")[:40].strip("-")
    return found if found[:1].isalpha() else f"service-{found}".rstrip("-")
