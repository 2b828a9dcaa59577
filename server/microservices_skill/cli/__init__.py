"""The command line: ``microservices-skill``."""

from microservices_skill.cli import completing, existing, exploring, installing, running, security, serving, watching
from microservices_skill.cli.commands import main

__all__ = ["completing", "existing", "exploring", "installing", "main", "running", "security", "serving", "watching"]
