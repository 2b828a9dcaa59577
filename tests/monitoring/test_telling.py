"""The systems whose alerts are fired have every kind of alert that any system has."""

from __future__ import annotations

import yaml
from tests.monitoring.samples import SYSTEMS, TELLING, files


def kinds(name: str) -> set[str]:
    """The names of a system's alerts."""
    texts = (file.text for path, file in files(name).items() if path.startswith("observability/prometheus/rules/"))
    groups = (group for text in texts for group in yaml.safe_load(text)["groups"])
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def test_no_kind_of_alert_is_left_out() -> None:
    told = set().union(*map(kinds, TELLING))
    assert set().union(*map(kinds, SYSTEMS)) == told
