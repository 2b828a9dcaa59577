"""The command line: ``microservices-skill``."""

from microservices_skill.cli import existing, running, security
from microservices_skill.cli.commands import main

__all__ = ["existing", "main", "running", "security"]
