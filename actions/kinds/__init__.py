"""The kinds of systems, a module each. A new one is a module and a line here; tests hold it to the contract."""

from collections.abc import Mapping

from actions.kinds import (
    confluence,
    jira,
    mail,
    mcp,
    microsoft,
    openapi,
    pagerduty,
    salesforce,
    servicenow,
    smartsheet,
    totango,
    webhook,
)
from actions.kinds.kind import ActionKind

KINDS: Mapping[str, ActionKind] = {
    kind.name: kind
    for kind in (
        totango.KIND,
        salesforce.KIND,
        jira.KIND,
        servicenow.KIND,
        pagerduty.KIND,
        smartsheet.KIND,
        confluence.KIND,
        microsoft.KIND,
        mail.KIND,
        webhook.KIND,
        openapi.KIND,
        mcp.KIND,
    )
}
