"""The page as one self-contained HTML document: it loads nothing, and runs nothing but what is vendored."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256
from html import escape

from microservices_skill.explorer.page import Page
from microservices_skill.rendering import render, source

TREE = "explorer"
MARK = "<!-- Made by microservices-skill explore; make it again rather than edit it. -->"
"""The second line of each page, by which one is known."""

_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class PageView:
    """What the template prints: texts that are escaped for where they stand."""

    mark: str
    title: str
    about: str
    policy: str
    style: str
    layout: str
    script: str
    data: str


def page_html(page: Page) -> str:
    """The document. Texts of people are data of it, and become text of elements, never markup or code."""
    style, layout, script = (source(TREE, name) for name in ("explorer.css", "vendor/elk.bundled.js", "explorer.js"))
    scripts = " ".join(map(_allowed, (layout, script)))
    policy = f"default-src 'none'; script-src {scripts}; style-src {_allowed(style)}; base-uri 'none'; form-action 'none'"
    return render(
        TREE, "page.html.jinja", PageView(MARK, escape(page.title), escape(page.about), policy, style, layout, script, data(page))
    )


def data(page: Page) -> str:
    """The page's data as JSON that cannot end the element that it stands in."""
    return json.dumps(asdict(page), ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _allowed(text: str) -> str:
    """The source expression of a content security policy that lets this very text in."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
