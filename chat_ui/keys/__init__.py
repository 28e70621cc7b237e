"""The page of a person's own keys for the REST and MCP interfaces."""
