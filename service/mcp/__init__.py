"""The MCP interface: search, ask, ask_data and every app as tools; documents as resources; apps as prompts.

Over streamable HTTP (`/mcp`, a person at each request), and over stdin (`debrief mcp`, the account's person).
"""
