"""A message → an app, plain search, or a question back; with a confidence and a reason that a person can read.

    router = AppRouter(apps, embedder)
    router.route("Compare these two health checks", user)      # Route("app:health_check_comparison", 0.97, …)

Two decisions, both learned from the apps' examples and counter-examples (`intents.py`): whether work for an app
is asked for at all, and for which one. What is attached and the app that is running in the conversation count as well;
the model is asked only between apps that are close.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from apps.language import App
from apps.runner import may_use
from assistant.question import Attachment
from assistant.routing.glossary import likely_language
from assistant.routing.intents import Decision
from assistant.routing.learned import APP, SEARCH, Learned, learn
from assistant.routing.names import capitalised_customers
from assistant.routing.requests import QUESTION, plain_request
from core.arrays import FloatArray
from core.errors import ModelError
from core.llm import ChatModels, Spending
from core.types import User
from prompts import load_prompt
from retrieval.models import Embedder

AttachmentKind = Literal["transcript", "report", "notes"]

# What else speaks for an app, in the classifiers' scores. Chosen on evals/datasets/routing_apps.jsonl.
_ATTACHED = 0.12
_TWO_REPORTS = 0.25
# An app with a few examples whose nearest text is about as near as any other's (cosine) has the message's subject; a
# question about its subject is still one for search, unless it is much nearer.
_SUBJECT, _SUBJECT_ASKED, _BY_SUBJECT = -0.08, 0.4, 0.6
# Work that is like no app's examples is for the app with a few of them whose text is nearest, if it is so near.
_ELSE = -0.2
# Whether it is work for an app at all must be this sure, or the person is asked.
_UNSURE = 0.1
# Below this the best app is not taken without asking, if another one is near.
_SURE = 0.3
_NEAR = 0.03
# A message that changes a result is for another app if it is this probable.
_OTHER = 0.8
# A message of so many words that changes a result belongs to the app that is running.
_EDIT_WORDS = 14
_EDIT = re.compile(
    r"\b(?:shorter|longer|formal|informal|friendlier|brief(?:er)?(?! me)|translate|rewrite|rephrase|again|"
    r"instead|add|remove|friendly|polite|address (?:it|this|them)|more \w+|leave out|without|drop the|change|replace|"
    r"fix|correct|mention|include|bullet|tone|less|"
    r"in (?:english|german|spanish|french|italian|dutch|portuguese)|kürzer\w*|länger\w*|förmlich\w*|nochmal|ergänze|"
    r"ohne|(?:auf|ins?) (?:deutsche?|englische?|spanische?|französische?|italienische?)|"
    r"más (?:cort|larg|formal|breve|amable)\w*|añade|quita|sin|(?:en|al) (?:español|inglés|alemán|francés|italiano)|"
    r"plus (?:court|long|formel|bref|brève|amical)\w*|ajoute|enlève|sans|"
    r"en (?:français|anglais|allemand|espagnol|italien)|"
    r"più (?:cort|brev|lung|formal|gentil)\w*|aggiungi|togli|senza|in (?:italiano|inglese|tedesco|spagnolo|francese)|"
    r"mais (?:curt|breve|long|formal|gentil)\w*|acrescenta|tira|sem|em (?:português|inglês|alemão|espanhol|francês)|"
    r"korter|langer|formeler|vriendelijker|voeg|zonder|in het (?:nederlands|engels|duits|frans|spaans))\b",
    re.IGNORECASE,
)
_PERIOD_FILE = re.compile(r"(?:q[1-4]|20\d\d|report|health|check|review|bericht|informe|rapport|bilan)", re.IGNORECASE)
_SUFFIX_KINDS: Mapping[str, AttachmentKind] = {
    ".vtt": "transcript", ".srt": "transcript",
    ".xlsx": "report", ".xls": "report", ".csv": "report", ".pptx": "report", ".json": "report",
    ".txt": "notes", ".md": "notes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes.

    Attributes:
        target: "search", "app:<name>", or "ask" when two apps are as good as each other.
        confidence: 0..1, calibrated on the apps' examples.
        reason: One sentence for the page.
        alternatives: Other apps and how probable each is, for "use another app".
    """

    target: str
    confidence: float
    reason: str
    alternatives: tuple[tuple[str, float], ...] = ()

    @property
    def app(self) -> str:
        """The app's name; empty for search and ask."""
        return self.target.removeprefix("app:") if self.target.startswith("app:") else ""


class AppRouter:
    """Routes by the apps it was made with; who may use which is looked at for each message."""

    def __init__(
        self, apps: Mapping[str, App], embedder: Embedder, models: ChatModels | None = None, file: Path | None = None
    ) -> None:
        """Nothing is learned before the first message.

        Args:
            file: Keeps what was learned from one start to the next.
        """
        self.apps = dict(apps)
        self._embedder = embedder
        self._models = models
        self._file = file
        self._learning = threading.Lock()

    def route(
        self,
        message: str,
        user: User,
        *,
        attachments: Sequence[Attachment] = (),
        running: str = "",
        customers: Collection[str] = (),
    ) -> Route:
        """Where `message` goes.

        Args:
            running: The app whose result the conversation shows.
            customers: Names that say who is meant, not what is wanted, however they are written.
        """
        allowed = {name for name, app in self.apps.items() if may_use(app, user)}
        if not any(self.apps[name].routing.examples for name in allowed):
            return Route(SEARCH, 1.0, "there is no app that you may use.")
        plain = plain_request(capitalised_customers(message, customers), attached=bool(attachments))
        vector = self._embedder.encode_query(plain)
        learned = self._learned
        if not attachments and not running and not learned.knows_a_word(plain):
            return Route(SEARCH, 0.5, "none of its words is known.")
        lean = self._lean(attachments, allowed)
        for name, (lead, text) in learned.nearer(vector).items():
            # "Which tenders …?" asks for something else than the example "Should we …?".
            asks = QUESTION in plain and plain.split()[0].lower() != text.split()[0].lower()
            if name in allowed and lead >= (_SUBJECT_ASKED if asks else _SUBJECT):
                lean[name] = lean.get(name, 0.0) + _BY_SUBJECT
        work = learned.work.decide(plain, vector, {APP: max(lean.values(), default=0.0)})
        which = learned.which.decide(plain, vector, lean)
        sure = dict(work.ranked)[APP]
        if which.label is None and sure >= 0.5 + _UNSURE and QUESTION not in plain:
            which = self._of_few(plain, vector, lean, allowed) or which
        another = which.label != running and sure * which.confidence > _OTHER
        if running in allowed and changes_a_result(message) and not another:
            return Route(f"app:{running}", 0.9, f"it changes the result of {self.apps[running].title}.")
        return self._routed(message, sure, which, allowed, attachments)

    def _of_few(
        self, plain: str, vector: FloatArray, lean: Mapping[str, float], allowed: Collection[str]
    ) -> Decision | None:
        """The decision for the nearest app with a few examples, which weigh little beside hundreds; None if none is."""
        leads = {n: lead for n, (lead, _) in self._learned.nearer(vector).items() if n in allowed}
        best = max(leads, key=lambda n: leads[n], default="")
        if not best or leads[best] < _ELSE:
            return None
        return self._learned.which.decide(plain, vector, {**lean, best: lean.get(best, 0.0) + _BY_SUBJECT})

    @property
    def _learned(self) -> Learned:
        with self._learning:
            return self._fitted

    @cached_property
    def _fitted(self) -> Learned:
        return learn(self.apps.values(), self._embedder, self._file)

    def _lean(self, attachments: Sequence[Attachment], allowed: Iterable[str]) -> dict[str, float]:
        lean: dict[str, float] = {}
        kinds = [attachment_kind(a) for a in attachments]
        for name in allowed:
            app = self.apps[name]
            if set(kinds) & set(app.routing.attachments):
                lean[name] = lean.get(name, 0.0) + _ATTACHED
            wanted = sum(i.type == "file" and i.required for i in app.inputs)
            if wanted == 2 and kinds.count("report") == 2:
                lean[name] = lean.get(name, 0.0) + _TWO_REPORTS
        return lean

    def _routed(
        self, message: str, work: float, which: Decision, allowed: set[str], attachments: Sequence[Attachment]
    ) -> Route:
        ranked = [(name, p) for name, p in which.ranked if name in allowed]
        others = tuple((name, round(work * p, 3)) for name, p in ranked)
        best = which.ranked[0][0]
        if work < 0.5 - _UNSURE or best not in allowed:
            return Route(SEARCH, round(max(1 - work, 0.5), 3), "it asks for something that the documents say.", others)
        if work < 0.5 + _UNSURE:
            reason = f"it could be for {self.apps[best].title}, or a question to the documents."
            return Route("ask", round(work * which.confidence, 3), reason, others[:1])
        if which.confidence < _SURE and len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _NEAR:
            best = self._asked_model(message, [name for name, _ in ranked])
            if not best:
                titles = " or ".join(self.apps[name].title for name, _ in ranked[:2])
                return Route("ask", round(which.confidence, 3), f"it could be for {titles}.", others[:2])
        example = self._learned.shown.get(which.nearest, "") if best == which.ranked[0][0] else ""
        reason = f"it is like “{example}”" if example else "it fits what the app is for"
        if attachments:
            reason += " and " + ", ".join(a.name for a in attachments) + (" is" if len(attachments) == 1 else " are")
            reason += " attached"
        alternatives = tuple(pair for pair in others if pair[0] != best)
        return Route(f"app:{best}", round(work * which.confidence, 3), f"{reason}.", alternatives)

    def _asked_model(self, message: str, names: Sequence[str]) -> str:
        """The one of `names` that the model chooses; empty without a model, or when it names none of them."""
        if self._models is None:
            return ""
        listed = "\n".join(f"{name}: {self.apps[name].description}" for name in names)
        messages = load_prompt("route").render(apps=listed, message=message[:2_000])
        try:
            reply = self._models.complete("route", messages, Spending())
        except ModelError:
            return ""
        return next((name for name in names if name == reply.strip().strip("`'\"")), "")


def attachment_kind(attachment: Attachment) -> AttachmentKind:
    """What a file looks like: who speaks in turns is a transcript, what has tables or a period is a report."""
    turns = sum(section.kind == "turn" for section in attachment.sections)
    if turns > 2:
        return "transcript"
    name = attachment.name.lower()
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix in _SUFFIX_KINDS:
        return _SUFFIX_KINDS[suffix]
    tables = any(section.kind == "table" for section in attachment.sections)
    return "report" if tables or _PERIOD_FILE.search(name) else "notes"


def message_language(message: str) -> str:
    """The language that a reply should be in."""
    return likely_language(message)


def changes_a_result(message: str) -> bool:
    """Whether the message changes a result that is there rather than asking for something new."""
    return len(message.split()) <= _EDIT_WORDS and _EDIT.search(message) is not None and "?" not in message
