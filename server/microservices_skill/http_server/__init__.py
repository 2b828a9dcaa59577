"""The MCP server for a team, over HTTP: who may call, in which folder, how often; what was done is told."""
