"""REST and MCP over the same `assistant.ask`: `debrief api` alone, or beside the pages of `debrief serve`.

Whoever calls is a person: by the identity provider's token, by a key of their own, or named by a service that has a key
for it. Every route asks the rooms below with that person, so an interface finds what the pages find and nothing more.
"""
