"""The command line: ``microservices-skill``."""

from microservices_skill.cli import changing, migrating, running, security
from microservices_skill.cli.commands import main

__all__ = ["changing", "main", "migrating", "running", "security"]
