"""What may be asked and shown: guardrails, injection, personal data, links."""

from assistant.checks.guardrails import Guardrails, GuardrailVerdict, load_guardrails
from assistant.checks.injection import injection_score, neutralised
from assistant.checks.links import without_foreign_links
from assistant.checks.personal_data import redacted

__all__ = [
    "GuardrailVerdict",
    "Guardrails",
    "injection_score",
    "load_guardrails",
    "neutralised",
    "redacted",
    "without_foreign_links",
]
