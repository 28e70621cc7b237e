"""The Admin page: access, people, guardrails, weights, audit. The door is `page.page(user)`."""
