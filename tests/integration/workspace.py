"""The documents, people and apps of the tests that look at pages."""

from __future__ import annotations

SETTINGS = """\
company: Northgate
data_dir: data
auth:
  mode: development
  development_user: ana@northgate.example
  users_file: users.yaml
  admin_groups: [admins]
  # One person alone.
  app_reviews: false
sources:
  - {name: handbook, kind: files, path: docs, public: true}
"""
USERS = """\
users:
  - {email: ana@northgate.example, name: Ana Keller}
groups:
  admins: {members: ["user:ana@northgate.example"]}
"""
DOCUMENTS = {
    "renewals.md": """# Renewal playbook

## Timing

The renewal of a managed detection contract starts 120 days before its end. The final offer goes out 45 days before
the end at the latest.

## Discounts

Discounts above 8 % need the approval of the regional director. A discount is never offered before the customer has
seen the value summary.
""",
    "telemetry.md": """# Telemetry retention

Raw telemetry is kept for 90 days, alerts and case notes for 24 months. Longer periods can be ordered for each customer.
""",
    "expenses.md": "# Travel expenses\n\nHotel rooms may cost 160 euros a night, breakfast included.\n",
}

OWN_APP = """\
name: greeting_card
title: Greeting card
description: Writes a greeting.
version: "1.0"
owner: ana@northgate.example
routing:
  examples:
    - Write a greeting card for Peter
    - Make a greeting card
    - A greeting card for our new colleague
inputs:
  - {name: person, type: text, label: Person}
steps:
  - {id: draft, use: write, with: {draft: "Dear {{ person }}, all the best."}}
outputs:
  - {name: text, kind: markdown, value: "{{ draft.text }}"}
tests:
  - name: greets
    inputs: {person: Monika}
    expect:
      - {output: text, contains: [Monika]}
"""
