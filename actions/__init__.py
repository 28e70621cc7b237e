"""Writing into other systems: a form that a person reviews, written once, and accounted for.

    reviews = open_reviews(settings, engine)
    proposal = reviews.propose("tickets.issue", {"summary": "…"}, user, evidence)
    reviews.confirm(proposal.id, user, proposal.fingerprint)        # only now it is sent

`kinds` are the systems, a module each; `review` is what a person may do with a form, `outbox` how a confirmed one gets
there exactly once. Nothing is written that no person has confirmed as it stands.
"""
