"""The agents' clients that the tools and the skill are installed into: where each keeps its settings, and how they are edited."""
