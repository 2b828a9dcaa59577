"""The MCP server: thin tools, prompts and resources over ``app``."""
