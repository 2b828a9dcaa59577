"""From a team's answers to a running microservice system."""

__version__ = "0.1.0"
