"""Makes a person's words safe inside Mermaid."""

from __future__ import annotations

import re


def label(text: str, limit: int = 120) -> str:
    """Words for a quoted label: nothing in them ends the quote, the line or the statement."""
    flat = " ".join(text.split())
    kept = re.sub(r"""["'`#;:<>{}\[\]()|\\%&$~^]""", " ", flat)
    return " ".join(kept.split())[:limit].strip() or "unnamed"


def alias(name: str) -> str:
    """A name that Mermaid takes as an identifier."""
    return re.sub(r"[^A-Za-z0-9]", "_", name)
