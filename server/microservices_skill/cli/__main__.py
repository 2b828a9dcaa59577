"""``python -m microservices_skill.cli``."""

from microservices_skill.cli import main

main()
