"""The command line: ``microservices-skill``."""

from microservices_skill.cli import existing, installing, running, security
from microservices_skill.cli.commands import main

__all__ = ["existing", "installing", "main", "running", "security"]
