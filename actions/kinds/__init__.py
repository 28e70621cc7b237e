"""The kinds of systems, a module each. A new one is a module and a line here; tests hold it to the contract."""

from collections.abc import Mapping

from actions.kinds import jira, mail, pagerduty, servicenow, totango, webhook
from actions.kinds.kind import ActionKind

KINDS: Mapping[str, ActionKind] = {
    kind.name: kind for kind in (totango.KIND, jira.KIND, servicenow.KIND, pagerduty.KIND, mail.KIND, webhook.KIND)
}
