"""The Admin page: access, people, guardrails, weights, audit."""
