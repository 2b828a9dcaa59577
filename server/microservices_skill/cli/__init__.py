"""The command line: ``microservices-skill``."""

from microservices_skill.cli import running, security
from microservices_skill.cli.commands import main

__all__ = ["main", "running", "security"]
