"""What may be asked and shown: guardrails, injection, personal data, links."""
