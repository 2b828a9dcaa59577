"""The command line: ``microservices-skill``."""

from microservices_skill.cli import migrating, running, security
from microservices_skill.cli.commands import main

__all__ = ["main", "migrating", "running", "security"]
