"""What stands where no language model writes: a plain list of what was found, as the draft of a `write` step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Step kind → what is listed of its result, ID in the place of the step's id.
_LISTED: Mapping[str, str] = {
    "account_facts": """\
**{{ ID.customer }}** · {{ say('as of {day}', day=today | long_date) }}

{% for s in ID.summary[:3] %}
- {{ s.text }} [{{ s.number }}]
{% endfor %}
{% for m in ID.metrics if m.on_target is false %}
- {{ say('Off target') }}: {{ m.name }} {{ m.last.value | number }} {{ m.unit }} \
({{ say('target {value}', value=m.target | number) }}) [{{ m.number }}]
{% endfor %}
{% for r in (ID.recommendations | rejectattr('done') | list)[:6] %}
- {{ say('Open tasks') }}: {{ r.recommendation }} \
({{ [r.owner, r.due | long_date] | select | join(', ') }}) [{{ r.number }}]
{% endfor %}
{% for r in ID.risks[:3] %}
- {{ say('Risks') }}: {{ r.risk }} [{{ r.number }}]
{% endfor %}
""",
    "find_documents": """\
{% for d in ID.documents[:10] %}
- {{ d.title }}{{ ', ' ~ (d.date | long_date) if d.date }} [{{ d.number }}]
{% endfor %}
""",
    "retrieve": """\
{% for p in ID.passages if p.fits and p.text | excerpt(240) %}
- {{ p.text | excerpt(240) }} [{{ p.number }}]
{% endfor %}
""",
    "answer": """\
{{ ID.text if ID.found else say('No document that you may read says anything about this.') }}
""",
    "extract_meeting": """\
{% for d in ID.decisions %}
- {{ d.text }}
{% endfor %}
{% for a in ID.action_items %}
- {{ a.owner or '–' }}: {{ a.task }}{{ ', ' ~ (a.due | long_date or a.due_text) if a.due or a.due_text }}
{% endfor %}
{% for q in ID.open_questions %}
- {{ q.text }}
{% endfor %}
""",
}


def listing(places: Iterable[tuple[str, str]]) -> str:
    """The draft over the places, each (kind of step, its id); empty without any that can be listed."""
    return "\n".join(_LISTED[use].replace("ID", name) for use, name in places if use in _LISTED)
