"""Brings the database's schema up to date: ``python -m order.migrate``, a job that runs before the service."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def config() -> Config:
    """Alembic's configuration, wherever the service is installed."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return found


def main() -> None:
    """Upgrade to the newest revision; several at once wait for each other."""
    command.upgrade(config(), "head")


if __name__ == "__main__":
    main()
