"""The command line: ``microservices-skill``."""

from microservices_skill.cli import access
from microservices_skill.cli.commands import main

__all__ = ["access", "main"]
