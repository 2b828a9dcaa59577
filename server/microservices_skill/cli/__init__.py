"""The command line: ``microservices-skill``."""

from microservices_skill.cli import existing, exploring, installing, running, security, serving
from microservices_skill.cli.commands import main

__all__ = ["existing", "exploring", "installing", "main", "running", "security", "serving"]
