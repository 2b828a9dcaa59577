"""What schemathesis must know: a key is used once, and a change names the version that is there.

Run with ``SCHEMATHESIS_HOOKS=tests.contract.hooks``, as ``make fuzz`` does.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Give each valid request a key of its own (a key with another body is refused, as promised)."""
    headers = case.headers
    if headers is None or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = str(uuid4())
    if headers.get("If-Match"):
        headers["If-Match"] = "*"
