"""The tables of revision 0001, as they stood then. The tables of today stand beside the code that uses them."""

import sqlalchemy as sa

MOMENT = sa.DateTime(timezone=True)
TABLES = sa.MetaData()

sa.Table(
    "answer_feedback",
    TABLES,
    sa.Column("trace_id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), primary_key=True),
    sa.Column("given_at", MOMENT, nullable=False),
    sa.Column("rating", sa.String(10), nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("comment", sa.String(1000), nullable=False),
)
sa.Table(
    "answer_styles",
    TABLES,
    sa.Column("user", sa.String(320), primary_key=True),
    sa.Column("style", sa.Text, nullable=False),
)
sa.Table(
    "answer_traces",
    TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True),
    sa.Column("conversation_id", sa.String(32), nullable=False),
    sa.Column("asked_at", MOMENT, nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("route", sa.String(200), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)
sa.Table(
    "app_collections",
    TABLES,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("opened_by", sa.String, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("closed_at", MOMENT),
    sa.Column("owner", sa.String, nullable=False),
)
sa.Table(
    "app_current",
    TABLES,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("changed_by", sa.String, nullable=False),
    sa.Column("changed_at", MOMENT, nullable=False),
)
sa.Table(
    "app_runs",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("minutes_saved", sa.Float, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("rating", sa.Integer),
)
sa.Table(
    "app_submissions",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("app", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("submitted_at", MOMENT, nullable=False),
    sa.Column("values", sa.Text, nullable=False),
)
sa.Table(
    "app_versions",
    TABLES,
    sa.Column("app", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("tests", sa.Text, nullable=False),
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("published_at", MOMENT, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
)
sa.Table(
    "audit_entries",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", MOMENT, nullable=False, index=True),
    sa.Column("user", sa.String(320), nullable=False, index=True),
    sa.Column("action", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
sa.Table(
    "conversations",
    TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("user", sa.String(320), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False, index=True),
)
sa.Table(
    "documents",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("outcome", sa.String, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("details_hash", sa.String, nullable=False),
    sa.Column("allow", sa.Text, nullable=False),
    sa.Column("deny", sa.Text, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False),
    sa.Column("vetting", sa.String, nullable=False),
    sa.Column("lacks", sa.Text, nullable=False),
    sa.Column("fired", sa.Text, nullable=False),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("delete_pending", sa.Boolean, nullable=False),
    sa.Column("duplicate_of", sa.String, nullable=False),
    sa.Column("signature", sa.LargeBinary),
    sa.Column("run_id", sa.Integer, nullable=False),
    sa.Column("changed_at", MOMENT, nullable=False),
)
sa.Table(
    "evaluation_runs",
    TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("suite", sa.String(300), nullable=False, index=True),
    sa.Column("started_at", MOMENT, nullable=False, index=True),
    sa.Column("finished_at", MOMENT),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
)
sa.Table(
    "memberships",
    TABLES,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("group", sa.String, primary_key=True),
    sa.Column("member", sa.String, primary_key=True),
)
sa.Table(
    "minutes_assumed",
    TABLES,
    sa.Column("app", sa.String(80), primary_key=True),
    sa.Column("minutes", sa.Float, nullable=False),
)
sa.Table(
    "model_calls",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", MOMENT, nullable=False, index=True),
    sa.Column("person", sa.String(320), nullable=False, index=True),
    sa.Column("app", sa.String(200), nullable=False),
    sa.Column("task", sa.String(20), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("input_tokens", sa.Integer, nullable=False),
    sa.Column("output_tokens", sa.Integer, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("stop", sa.String(10), nullable=False),
)
sa.Table(
    "runs",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("finished_at", MOMENT),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
sa.Table(
    "sign_outs",
    TABLES,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("expires_at", MOMENT, nullable=False),
)
sa.Table(
    "sources",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("synced_at", MOMENT),
    sa.Column("unsettled", sa.Boolean, nullable=False),
)
sa.Table(
    "weights_versions",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kept_at", MOMENT, nullable=False),
    sa.Column("user", sa.String(320), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
sa.Table(
    "app_run_results",
    TABLES,
    sa.Column("run", sa.String, sa.ForeignKey("app_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("outputs", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
)
sa.Table(
    "conversation_apps",
    TABLES,
    sa.Column(
        "conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
)
sa.Table(
    "conversation_turns",
    TABLES,
    sa.Column(
        "conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("asked_at", MOMENT, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("standalone", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("searched", sa.Text),
)
sa.Table(
    "evaluation_results",
    TABLES,
    sa.Column("run_id", sa.String(32), sa.ForeignKey("evaluation_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case_id", sa.String(60), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
)
sa.Table(
    "guardrails_versions",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kept_at", MOMENT, nullable=False),
    sa.Column("user", sa.String(320), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
