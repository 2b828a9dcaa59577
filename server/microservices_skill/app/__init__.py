"""What a user can ask for: one function each, called by the command line and by the MCP server alike."""
