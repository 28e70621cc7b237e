"""Apps that run by themselves: what begins them, as whom they run, and what becomes of their results.

    workflows = open_workflows(settings)
    workflow = workflows.switch_on("weekly_digest", "monday", ana)     # ana's own, with her rights each time
    collect(workflows); work(workflows)                                # `debrief serve` does both each half minute

`events` says what has happened since the last look, `collect` makes runs of it, `work` runs those that are due, and
`results` hands over what came of them. An app's file says when; a person says that it is to be hers.
"""
