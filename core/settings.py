"""debrief.yaml → `Settings`. Loaded once by an entry point and passed on as values.

Every default stands here and is documented in debrief.yaml. Unknown keys are errors. A value may refer to
the environment as `${NAME}` or `${NAME:-default}`, or to a secret as `${file:PATH}` or `${aws:NAME#KEY}`; secrets come
only so.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from core.errors import SettingsError
from core.masking import remember_secret
from core.nearest import nearest
from core.secret_store import from_store
from core.yaml_text import load_yaml

SETTINGS_FILE = "debrief.yaml"
_REFERENCE = re.compile(r"\$\{(?:(file|aws):([^}]+)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?)\}")

Model = TypeVar("Model", bound=BaseModel)


class SettingsSection(BaseModel):
    """A part of the settings: immutable, and closed to keys that it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GraphSettings(SettingsSection):
    """The application in Microsoft Entra ID that reads who is in which group (GroupMember.Read.All)."""

    tenant: str
    client_id: str
    client_secret: SecretStr
    graph_endpoint: str = ""


class AuthSettings(SettingsSection):
    """Who is asking. `development` names a fixed user and is served on loopback only.

    Attributes:
        claims_minutes: So long the groups of a sign-in count until they are asked for again; None: its token's life.
        groups_minutes: So often a directory (`graph`) is asked who is in which group.
        groups_grace_minutes: So long what it told counts when it can't be asked.
        session_hours: So long a sign-in lasts at most; the token's own end comes first.
        hosts: Names under which browsers open the pages, besides the one of redirect_uri and this machine's own.
        os_users: Account of this machine → the person that it is on the command line, where people sign in.
        app_reviews: Whether a second person must agree to an app that is for more than its author's own group.
    """

    mode: Literal["development", "oidc"] = "development"
    development_user: str = ""
    users_file: Path | None = None
    groups_claim: str = "groups"
    claims_minutes: int | None = Field(default=15, ge=1)
    groups_minutes: int = Field(default=15, ge=1)
    groups_grace_minutes: int = Field(default=60, ge=1)
    graph: GraphSettings | None = None
    scim_token: SecretStr | None = None
    os_users: dict[str, str] = Field(default_factory=dict)
    session_hours: float = Field(default=12.0, gt=0)
    hosts: tuple[str, ...] = ()
    admin_groups: tuple[str, ...] = ("admins",)
    author_groups: tuple[str, ...] = ("apps-authors",)
    app_reviews: bool = True


class RecordingSettings(SettingsSection):
    """What is said in recordings, written down by a speech model on this machine.

    Attributes:
        model: A folder that faster-whisper reads, or its name in the models' folder; "" is the standard one.
        language: Two letters; "" finds it out for each stretch.
        words: Names and products as they are written, so that they are heard as such.
        threads: 0 takes all cores.
        speakers: Whether voices are told apart, where the model for it is there.
        slides: Whether the text on slides is read, too; needs the extras `vision` and `ocr`.
        corrections: What is misheard → what was said, as whole words.
        keep_media: Whether a copy stays in the data folder, for the player on the page.
    """

    model: str = ""
    language: str = Field(default="", pattern=r"^([a-z]{2,3})?$")
    words: tuple[str, ...] = Field(default=(), max_length=200)
    threads: int = Field(default=0, ge=0)
    speakers: bool = True
    slides: bool = False
    corrections: dict[str, str] = Field(default_factory=dict, max_length=1_000)
    beam: int = Field(default=2, ge=1, le=10)
    max_bytes: int = Field(default=2_000_000_000, gt=0)
    max_hours: float = Field(default=6.0, gt=0)
    keep_media: bool = True


class ParsingSettings(SettingsSection):
    """Limits of one file in the parsing process."""

    max_bytes: int = Field(default=50_000_000, gt=0)
    max_unpacked_bytes: int = Field(default=500_000_000, gt=0)
    timeout_s: float = Field(default=60.0, gt=0)
    max_memory_mb: int = Field(default=2_000, gt=0)
    workers: int = Field(default=2, ge=1)
    ocr: bool = False
    recordings: RecordingSettings = Field(default_factory=RecordingSettings)


class BedrockVideoSettings(SettingsSection):
    """Amazon Bedrock Data Automation: credentials by the usual chain (environment, profile, role of the machine).

    Attributes:
        bucket: Where videos are copied to and results are read from; what a job put there is removed after it.
        profile_arn: The account's data automation profile.
        endpoint_url: Of a private endpoint, for all three services.
    """

    bucket: str = ""
    prefix: str = "debrief-vision"
    region: str = ""
    profile: str = ""
    profile_arn: str = ""
    endpoint_url: str = ""
    poll_s: float = Field(default=10.0, gt=0)
    timeout_s: float = Field(default=3_600.0, gt=0)


class VisionSettings(SettingsSection):
    """What is seen in videos.

    Attributes:
        detector: "faces", "bedrock", or the name or folder of a zero-shot model; empty: none.
    """

    detector: str = ""
    bedrock: BedrockVideoSettings = BedrockVideoSettings()


class ChunkingSettings(SettingsSection):
    """Chunk size and overlap in words; the defaults come from `make bench-chunking`."""

    size_words: int = Field(default=180, ge=20, le=2_000)
    overlap_words: int = Field(default=30, ge=0)


class EmbeddingSettings(SettingsSection):
    """The embedding model: a packaged profile, a folder, or a sentence-transformers name."""

    model: str = "english"
    runtime: Literal["auto", "torch", "openvino"] = "auto"
    threads: int = Field(default=0, ge=0)
    batch_tokens: int = Field(default=8_192, gt=0)


class ServerSettings(SettingsSection):
    """A Qdrant server or cluster instead of the embedded engine."""

    url: str = ""
    api_key: SecretStr | None = None
    collection: str = "debrief"
    prefer_grpc: bool = True
    shards: int = Field(default=1, ge=1)
    replication_factor: int = Field(default=1, ge=1)
    on_disk_vectors: bool = False
    quantization: Literal["none", "int8", "binary"] = "none"
    timeout_s: float = Field(default=30.0, gt=0)


class RetrievalSettings(SettingsSection):
    """How passages are found and ordered."""

    server: ServerSettings = ServerSettings()
    weights_file: Path | None = None
    prefetch: int = Field(default=100, ge=10)
    fusion: Literal["dbsf", "rrf"] = "dbsf"
    late_interaction_depth: int = Field(default=100, ge=0)
    reranker: str = ""
    keep_generations: int = Field(default=3, ge=1)


class AnswerStyle(SettingsSection):
    """How answers are written; what is empty is left to the deployment, and there to the default.

    Attributes:
        audience, tone: In a few words, for a language model: "executives", "plain and friendly".
        length: short is one sentence where documents are quoted, detailed twice as many as `answer.max_sentences`.
    """

    audience: str = Field(default="", max_length=100, pattern=r"^[^\n{}<>]*$")
    length: Literal["", "short", "normal", "detailed"] = ""
    tone: str = Field(default="", max_length=100, pattern=r"^[^\n{}<>]*$")
    format: Literal["", "prose", "bullets"] = ""


class PlanBounds(SettingsSection):
    """How far a model may go that looks things up before it answers: lookups, its tokens in them, and seconds."""

    steps: int = Field(default=6, ge=1, le=50)
    tokens: int = Field(default=20_000, ge=500)
    seconds: float = Field(default=60.0, gt=0)


class AnswerSettings(SettingsSection):
    """How answers are built from passages.

    Attributes:
        passages: How many are read where documents are quoted; a language model gets up to `model_passages`, as far as
            `model_tokens` allow.
        unsupported: What becomes of what a model wrote and its sources don't say: sent back once and left out if that
            fails, shown with the remark that they don't confirm it, or left out at once.
        plan, research: The bounds of looking things up for an answer, and for a report.
        claim_check: Whether a packaged model judges, where it is installed, if sources say what a model wrote, or rules
            alone do.
    """

    passages: int = Field(default=8, ge=1)
    model_passages: int = Field(default=20, ge=1)
    model_tokens: int = Field(default=6_000, ge=200)
    unsupported: Literal["repair", "mark", "leave_out"] = "repair"
    claim_check: Literal["model", "rules"] = "model"
    max_sentences: int = Field(default=5, ge=1)
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    partly_confidence: float | None = Field(default=None, ge=0, le=1)
    response_scope: Literal["documents_only", "model_may_add"] = "documents_only"
    max_question_chars: int = Field(default=8_000, gt=0)
    plan: PlanBounds = PlanBounds()
    research: PlanBounds = PlanBounds(steps=20, tokens=100_000, seconds=300)
    style: AnswerStyle = AnswerStyle()


class RetentionSettings(SettingsSection):
    """After how many days what is deleted, each day by `debrief serve`; None keeps it.

    Attributes:
        attachments_days: The text of files that an app of a conversation runs on, since the conversation went on.
        erase_days: What stored answers, traces and results say of documents that are gone, or closed to their person,
            since that was noticed; and the text of deleted documents in the index's generations.
    """

    conversations_days: int | None = Field(default=None, ge=1)
    traces_days: int | None = Field(default=None, ge=1)
    audit_days: int | None = Field(default=None, ge=1)
    attachments_days: int | None = Field(default=None, ge=1)
    erase_days: int | None = Field(default=None, ge=0)


class AuditSettings(SettingsSection):
    """What the audit trail holds, and where the marks go that show whether its end was cut off.

    Attributes:
        texts: Whether questions stand in it as they were asked, or by their SHA-256.
        anchors_file: On another disk or machine than the database, best one that is only ever appended to.
    """

    texts: Literal["hashes", "text"] = "hashes"
    anchors_file: Path | None = None
    anchor_minutes: int = Field(default=60, ge=1)


class LimitSettings(SettingsSection):
    """How much people may ask and run at once, in one process; 0 is no limit."""

    questions_per_minute: int = Field(default=0, ge=0)
    questions_per_person_minute: int = Field(default=30, ge=0)
    running_questions: int = Field(default=0, ge=0)
    running_apps: int = Field(default=0, ge=0)
    running_per_person: int = Field(default=4, ge=0)


class ApiSettings(SettingsSection):
    """The REST and MCP interfaces (`debrief api`, and beside the pages of `debrief serve`).

    Attributes:
        issuer: Whose bearer tokens count, as their `iss` says; empty: none, keys alone.
        audience: What their `aud` must be.
        jwks_url: Where the issuer's keys are; empty: as its OpenID configuration says.
        url: Under which address clients come, such as https://debrief.example.com; needed for MCP clients' sign-in.
        origins: Sites whose pages may call it from a browser; none by default.
        seconds_to_read: So long a client may take to send a request, or to read a part of an answer.
    """

    issuer: str = ""
    audience: str = ""
    jwks_url: str = ""
    url: str = ""
    origins: tuple[str, ...] = ()
    requests_per_person_minute: int = Field(default=240, ge=0)
    max_body_mb: float = Field(default=25.0, gt=0)
    seconds_to_read: float = Field(default=30.0, gt=0)

    @model_validator(mode="after")
    def _whole(self) -> ApiSettings:
        if bool(self.issuer) != bool(self.audience):
            raise ValueError("api.issuer and api.audience belong together; set both, or neither")
        return self


class MetricsSettings(SettingsSection):
    """Who may read `/metrics`: whoever sends the token as `Authorization: Bearer`; nobody without one.

    Attributes:
        otlp_endpoint: Where answers are sent as OpenTelemetry traces; empty sends nothing.
    """

    token: SecretStr | None = None
    otlp_endpoint: str = ""


LlmTaskName = Literal["answer", "plan", "rewrite", "route", "extract", "write", "translate", "verify", "judge"]


class LlmTask(SettingsSection):
    """What one task has of its own; what is left out is as for the model in general.

    Attributes:
        effort: How much a reasoning model thinks, for providers that have such a switch.
    """

    model: str = ""
    max_tokens: int | None = Field(default=None, gt=0)
    temperature: float | None = Field(default=None, ge=0, le=2)
    effort: Literal["", "minimal", "low", "medium", "high"] = ""


class LlmModel(SettingsSection):
    """What is particular about one model, under its name in `llm.models`; prices are in one currency for all.

    Attributes:
        context_tokens: How much it reads and writes in one call; Ollama and a local model are started with it.
        thinking_tokens: Room for thinking besides `max_tokens`.
        first_token_s: As `llm.first_token_s`, for a model that takes longer.
        endpoint, deployment, api_version: Azure's.
        region, profile, guardrail_id, guardrail_version: Amazon Bedrock's.
        base_model: Bedrock's name of the model behind an inference profile's ARN.
        tools: Whether the model may be asked to call tools; without, it plans by one structured reply.
        memory_gb, threads: Limits of a local model; 0 leaves them to the machine.
    """

    base_url: str = ""
    api_key: SecretStr | None = None
    price_per_million_input: float | None = Field(default=None, ge=0)
    price_per_million_output: float | None = Field(default=None, ge=0)
    context_tokens: int = Field(default=0, ge=0)
    thinking_tokens: int | None = Field(default=None, ge=0)
    first_token_s: float | None = Field(default=None, gt=0)
    endpoint: str = ""
    deployment: str = ""
    api_version: str = ""
    region: str = ""
    profile: str = ""
    guardrail_id: str = ""
    guardrail_version: str = "DRAFT"
    base_model: str = ""
    tools: bool = True
    memory_gb: float = Field(default=0.0, ge=0)
    threads: int = Field(default=0, ge=0)


class LlmBudget(SettingsSection):
    """What may be used; 0 is no limit. Minutes are counted in each process, days and months in the database."""

    calls_per_minute: int = Field(default=0, ge=0)
    tokens_per_minute: int = Field(default=0, ge=0)
    calls_per_person_minute: int = Field(default=0, ge=0)
    tokens_per_person_day: int = Field(default=0, ge=0)
    cost_per_month: float = Field(default=0.0, ge=0)


class LlmSettings(SettingsSection):
    """An optional chat model: LangChain's name ("provider:model"), `local`, or the path of a GGUF file.

    Attributes:
        temperature: None leaves it to the provider, for models that take none.
        thinking_tokens: Room for thinking besides `max_tokens`.
        first_token_s: A stream without a first token after so many seconds has failed.
        patience_s: The longest wait that a provider's Retry-After may ask for; else the next model is asked.
        rest_after, rest_s: After so many failures in a row a model isn't asked for so long.
        keep_prompts: Whether prompts are kept with an answer's trace, for `debrief trace ID --prompt`.
    """

    model: str = ""
    base_url: str = ""
    api_key: SecretStr | None = None
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=1_000, gt=0)
    thinking_tokens: int = Field(default=0, ge=0)
    timeout_s: float = Field(default=60.0, gt=0)
    first_token_s: float = Field(default=30.0, gt=0)
    retries: int = Field(default=2, ge=0)
    patience_s: float = Field(default=20.0, ge=0)
    rest_after: int = Field(default=5, ge=0)
    rest_s: float = Field(default=30.0, gt=0)
    fallbacks: tuple[str, ...] = ()
    tasks: dict[LlmTaskName, LlmTask] = Field(default_factory=dict)
    models: dict[str, LlmModel] = Field(default_factory=dict)
    budget: LlmBudget = LlmBudget()
    cache: bool = False
    keep_prompts: bool = True
    price_per_million_input: float = Field(default=0.0, ge=0)
    price_per_million_output: float = Field(default=0.0, ge=0)

    @field_validator("tasks", mode="before")
    @classmethod
    def _named(cls, tasks: Any) -> Any:
        """A task's model alone may stand for the whole entry."""
        if not isinstance(tasks, dict):
            return tasks
        return {task: {"model": value} if isinstance(value, str) else value for task, value in tasks.items()}

    def of(self, name: str) -> LlmModel:
        """What is particular about a model; the same for all when nothing is said."""
        return self.models.get(name, LlmModel())


class SyncSettings(SettingsSection):
    """Guards of a sync run. Fewer than `min_deletes` deletions never wait for a confirmation."""

    max_failures: int = Field(default=3, ge=0)
    max_failure_share: float = Field(default=0.10, ge=0, le=1)
    min_deletes: int = Field(default=3, ge=0)
    max_delete_share: float = Field(default=0.15, ge=0, le=1)


class MailSettings(SettingsSection):
    """Where the weekly report is mailed from and to; without `to`, nothing is mailed."""

    to: tuple[str, ...] = ()
    sender: str = ""
    host: str = "localhost"
    port: int = Field(default=587, gt=0)
    starttls: bool = True
    user: str = ""
    password: SecretStr | None = None


class EvaluationSettings(SettingsSection):
    """The weekly evaluation in `debrief serve`, where its report goes, and who else than administrators may see it."""

    schedule: str = "0 6 * * 1"
    time_zone: str = "UTC"
    suite: str = "sample"
    cases_dir: Path | None = None
    everyday: tuple[Path, ...] = ()
    gates_file: Path | None = None
    threads: int = Field(default=0, ge=0)
    reports_dir: Path | None = None
    reader_groups: tuple[str, ...] = ()
    webhook_url: SecretStr | None = None
    mail: MailSettings = MailSettings()


class ChannelSettings(SettingsSection):
    """Where results of workflows may be sent besides their person: exactly one of a webhook, a folder, addresses.

    Attributes:
        groups: Whose workflows may; `everyone` opens it to all, and an empty list to nobody.
        url: Gets the result as JSON by POST.
        folder: Gets a folder with the result's files.
    """

    groups: tuple[str, ...] = ()
    url: SecretStr | None = None
    folder: Path | None = None
    to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> ChannelSettings:
        if sum(map(bool, (self.url, self.folder, self.to))) != 1:
            raise ValueError("write exactly one of url, folder and to")
        return self


class WorkflowSettings(SettingsSection):
    """Apps that run by themselves.

    Attributes:
        time_zone: Of schedules that name none.
        mail: The server that results and notices go through; without one nothing is mailed. Its `to` isn't used.
        pause_after: So many runs in a row that end in failure pause their workflow.
        missed_minutes: A scheduled run that is later than this was missed; its trigger says what becomes of it.
    """

    time_zone: str = "UTC"
    mail: MailSettings | None = None
    channels: dict[str, ChannelSettings] = Field(default_factory=dict)
    runs_per_person_day: int = Field(default=200, ge=1)
    pause_after: int = Field(default=3, ge=1)
    missed_minutes: int = Field(default=10, ge=1)


class WarehouseSettings(SettingsSection):
    """A database that people ask in plain words; without a layer there is none.

    Attributes:
        layer: warehouse.yaml, which says what stands where and who sees it.
        source: The name of a source of the kind redshift, whose sign-in is used.
        url: Instead, `postgresql://…`, written as ${NAME}; or `files`: CSV, Excel or SQLite.
        role: PostgreSQL's role that each question takes on, so that its row-level security holds too.
        time_zone: Whose days "today" and "last week" are, such as Europe/Berlin; "": the server's.
        max_rows: More rows of a result aren't shown.
        max_estimated_rows: A query of which a step handles more by the planner's estimate isn't run; 0: no limit.
    """

    layer: Path | None = None
    source: str = ""
    url: SecretStr | None = None
    files: tuple[Path, ...] = ()
    role: str = ""
    time_zone: str = ""
    timeout_s: float = Field(default=30.0, gt=0)
    max_rows: int = Field(default=1_000, gt=0)
    max_estimated_rows: int = Field(default=0, ge=0)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            return ZoneInfo(name).key if name else ""
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from error


class SourceSettings(BaseModel):
    """What every source has; the connector of its kind checks the keys of its own (`connectors/`).

    Attributes:
        public: True opens documents that have no access list to everyone. Otherwise nobody reads them.
        schedule: Cron expression in `time_zone`; empty means only by hand.
        paused: True leaves it out of every sync; what it has brought stays and is found.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    kind: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_bytes: int = Field(default=50_000_000, gt=0)
    max_age_days: int | None = Field(default=None, gt=0)
    public: bool = False
    schedule: str = "0 5 * * *"
    time_zone: str = "UTC"
    paused: bool = False
    unvetted: Literal["index", "weigh_down", "hold"] = "index"
    mapping: dict[str, str] = Field(default_factory=dict)


class ActionSettings(BaseModel):
    """A system that people write into after a review; its kind checks the keys of its own (`actions/kinds`).

    Attributes:
        groups: Whose members may; `everyone` opens it to all, and an empty list to nobody.
        operations: Which of the kind's are offered; empty means all.
        preset: Field → what a form begins with; `fixed`: what it has and nobody can change.
        timeout_s: So long the system may keep silent.
        settle_s: So long after a silence it is given to end what it may still be doing, before it is looked up.
        attempts: So often a confirmed form is sent before a person has to look at it.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    kind: str
    title: str = ""
    groups: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    preset: dict[str, str] = Field(default_factory=dict)
    fixed: dict[str, str] = Field(default_factory=dict)
    timeout_s: float = Field(default=30.0, gt=0)
    settle_s: float = Field(default=30.0, ge=0)
    attempts: int = Field(default=12, ge=1)


class Settings(SettingsSection):
    """All of debrief.yaml. `file` and `root` say where it was read from; relative paths start at `root`."""

    data_dir: Path = Path(".debrief")
    database_url: SecretStr | None = None
    company: str = "Debrief"
    auth: AuthSettings = AuthSettings()
    parsing: ParsingSettings = ParsingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    retention: RetentionSettings = RetentionSettings()
    audit: AuditSettings = AuditSettings()
    limits: LimitSettings = LimitSettings()
    api: ApiSettings = ApiSettings()
    metrics: MetricsSettings = MetricsSettings()
    llm: LlmSettings = LlmSettings()
    sync: SyncSettings = SyncSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    vision: VisionSettings = VisionSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    workflows: WorkflowSettings = WorkflowSettings()
    secrets_key: SecretStr | None = None
    sources: tuple[SourceSettings, ...] = ()
    actions: tuple[ActionSettings, ...] = ()
    rules_file: Path | None = None
    guardrails_file: Path | None = None
    apps_dir: Path | None = None
    templates_dir: Path | None = None
    file: Path = Field(default=Path(SETTINGS_FILE), exclude=True)
    root: Path = Field(default=Path("."), exclude=True)

    def path(self, value: Path) -> Path:
        """`value` as an absolute path, relative ones counted from the folder of debrief.yaml."""
        return value if value.is_absolute() else (self.root / value).resolve()

    @property
    def data_path(self) -> Path:
        """The one folder that holds all derived data; it can be deleted and rebuilt by a sync."""
        return self.path(self.data_dir)


def settings_or_defaults() -> Settings:
    """The settings if there is a file or one is asked for, else the defaults: some work needs no workspace."""
    asked = os.environ.get("DEBRIEF_SETTINGS")
    return load_settings() if asked or Path(SETTINGS_FILE).is_file() else Settings()


def load_settings(file: Path | None = None) -> Settings:
    """The settings of `file`, of $DEBRIEF_SETTINGS, or of ./debrief.yaml.

    Raises:
        SettingsError: no such file, bad YAML, an unknown key, a wrong type, or a missing environment variable;
            the message names the key, the file and the remedy.
    """
    path = settings_path(file)
    if not path.is_file():
        raise SettingsError(
            f"There is no settings file at {path.absolute()}; run from the folder that holds {SETTINGS_FILE}, "
            "or name it with --settings FILE or the environment variable DEBRIEF_SETTINGS."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not valid UTF-8 ({error.reason}); save it as UTF-8.") from error
    return parse_settings(text, path)


def settings_path(file: Path | None = None) -> Path:
    """Where the settings are: `file`, else $DEBRIEF_SETTINGS, else ./debrief.yaml."""
    return file or Path(os.environ.get("DEBRIEF_SETTINGS", SETTINGS_FILE))


def parse_settings(text: str, path: Path) -> Settings:
    """The settings that `text` says, as if it stood in the file `path`.

    Raises:
        SettingsError: as `load_settings`.
    """
    try:
        raw = load_yaml(text) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path} holds a {type(raw).__name__}; write keys such as `sources:` at its top level.")
    for key in ("file", "root"):
        if key in raw:
            raise SettingsError(f"{path}: unknown key '{key}'; remove it.")
    values = _resolve(raw, path, ())
    return validate(Settings, {**values, "file": path.absolute(), "root": path.absolute().parent}, path)


def validate(model: type[Model], values: dict[str, Any], file: Path, prefix: str = "") -> Model:
    """`values` as `model`.

    Raises:
        SettingsError: naming the first wrong key in `file`, what was found, and what would be right.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingsError(f"{file}: {prefix}{_sentence(model, error)}") from error


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    if first["type"] == "extra_forbidden":
        known = _keys_at(model, first["loc"][:-1])
        return f"unknown key '{key}'; {nearest(str(first['loc'][-1]), known, 'known keys here')}"
    if first["type"] == "missing":
        return f"the key '{key}' is missing; add it."
    found = first["input"] if isinstance(first["input"], str | int | float | bool) else type(first["input"]).__name__
    return f"'{key}' is {found!r}: {first['msg'][0].lower()}{first['msg'][1:]}."


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    here: Any = model
    for part in location:
        if (
            isinstance(part, str)
            and isinstance(here, type)
            and issubclass(here, BaseModel)
            and part in here.model_fields
        ):
            annotation = here.model_fields[part].annotation
            # Of a section that may be left out, the section.
            sections = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
            here = sections[0] if sections else annotation
    known = here.model_fields if isinstance(here, type) and issubclass(here, BaseModel) else model.model_fields
    return sorted(name for name, field in known.items() if not field.exclude)


def _resolve(value: Any, file: Path, keys: tuple[str, ...]) -> Any:
    """`value` with every ${NAME} replaced by the environment's value, ${file:…} and ${aws:…} by what is kept there."""
    if isinstance(value, dict):
        return {key: _resolve(item, file, (*keys, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, file, (*keys[:-1], f"{keys[-1]}[{n}]")) for n, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        store, kept, name, default = match.groups()
        try:
            found = from_store(store, kept) if store else os.environ.get(name, default)
        except SettingsError as error:
            raise SettingsError(f"{file}: '{'.'.join(keys)}': {error}") from error
        if found is None:
            raise SettingsError(
                f"{file}: '{'.'.join(keys)}' needs the environment variable {name}, which isn't set; "
                f"set it (export {name}=…) or write ${{{name}:-default}}."
            )
        remember_secret(keys[-1] if keys else "", found)
        return found

    return _REFERENCE.sub(replace, value)
