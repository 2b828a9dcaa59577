"""What a scanner of secrets is told of a generated system: which of its findings are none, and why."""

from __future__ import annotations

PATH = ".gitleaks.toml"

CONFIGURATION = """\
# Generated: gitleaks with its own rules. What is left out below is no secret, for the reason that stands there.
title = "secrets"

[extend]
useDefault = true

[[allowlists]]
description = "Hashes of generated files, by which an edited one is known"
targetRules = ["generic-api-key"]
condition = "AND"
paths = ['''(^|/)\\.microservices-skill/lock\\.json$''']
regexes = ['''^[0-9a-f]{64}$''']

[[allowlists]]
description = "Names of interactions in pacts: a message and its version"
targetRules = ["generic-api-key"]
condition = "AND"
regexTarget = "line"
paths = ['''(^|/)contracts/pacts/[a-z0-9-]+\\.json$''']
regexes = ['''^\\s*"key": "[A-Za-z0-9.]+",?\\s*$''']

[[allowlists]]
description = "A parameter of the broker's client, which is a constant of its library"
targetRules = ["generic-api-key"]
condition = "AND"
regexTarget = "match"
paths = ['''(^|/)jetstream\\.py(\\.jinja)?$''']
regexes = ['''api\\.DiscardPolicy\\.NEW''']
"""
