"""Which messages order something written into another system, and what the form is filled with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, cast

import pytest
import yaml

from actions.connections import open_actions
from actions.kinds import KINDS
from actions.review import Reviews
from assistant.orders import LANGUAGES
from assistant.question import Question
from assistant.records import StoredTurn
from assistant.write_back import WriteBackRequests, _filled, is_order
from core.settings import ActionSettings, Settings
from core.types import Answer, Citation, User

ANA = User("ana@example.com", ("w",))
_SYSTEMS: list[dict[str, Any]] = [
    {"name": "tickets", "kind": "jira", "url": "https://j.example", "user": "u", "token": "t"},
    {"name": "now", "kind": "servicenow", "url": "https://n.example", "user": "u", "password": "t"},
    {"name": "duty", "kind": "pagerduty", "token": "t", "account": "a@b.example"},
    {"name": "success", "kind": "totango", "app_token": "t"},
    {"name": "drafts", "kind": "mail", "host": "h", "user": "u", "password": "p"},
    # A plugin, whose operations its document has.
    {
        "name": "visits",
        "kind": "openapi",
        "url": "https://v.example",
        "document": "visits.json",
        "operations": ["planVisit"],
    },
    {"name": "hook", "kind": "webhook", "url": "https://h.example", "title": "Team room"},
]

_OWN = [system for system in _SYSTEMS if system["kind"] != "openapi"]


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> WriteBackRequests:
    folder = tmp_path_factory.mktemp("plugins")
    plan = {"operationId": "planVisit", "summary": "Plan a visit", "parameters": [{"name": "site", "in": "query"}]}
    visits = {"openapi": "3.1.0", "info": {"title": "V", "version": "1"}, "paths": {"/visits": {"post": plan}}}
    (folder / "visits.json").write_text(json.dumps(visits), encoding="utf-8")
    entries = tuple(ActionSettings(groups=("w",), **system) for system in _SYSTEMS)
    return WriteBackRequests(Reviews(cast(Any, None), open_actions(Settings(root=folder, actions=entries))))


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("open a Jira ticket for this", ["tickets.issue"]),
        ("Open a ticket: VPN drops in Berlin", ["tickets.issue"]),
        ("Can you file a bug in Jira for that?", ["tickets.issue"]),
        ("page somebody with PagerDuty", ["duty.incident"]),
        ("Raise an incident", ["now.incident", "duty.incident"]),
        ("Create a ServiceNow incident for this", ["now.incident"]),
        ("Kannst du dafür ein Ticket in Jira eröffnen?", ["tickets.issue"]),
        ("Eröffne bitte eine Störung in ServiceNow", ["now.incident"]),
        ("Add a comment to OPS-12 in Jira", ["tickets.comment"]),
        ("Note this as a touchpoint in Totango", ["success.touchpoint"]),
        ("Put this into Totango", ["success.touchpoint"]),
        ("Put this into my drafts", ["drafts.draft"]),
        ("Abre un ticket de Jira para esto", ["tickets.issue"]),
        ("Crée un ticket Jira pour ça", ["tickets.issue"]),
        ("Send it to the Team room webhook", ["hook.post"]),
        ("Add a task: call Jo by Friday", ["success.task"]),
        ("Comment on a Jira issue: it happens daily", ["tickets.comment"]),
        ("Plan a visit: the roof leaks", ["visits.planvisit"]),
        ("Plan a visiting programme", []),
        # Questions, and work for apps.
        *((message, []) for message in (
            "Which Jira tickets are open?", "What is a Jira ticket?", "How do I open a ticket?", "Write an email to Pat",
            "Create a summary of the incident", "Make a table of all incidents", "open the last incident report",
            "Add a note to the summary", "Create a slide about customer success", "Make a task list for the team",
            "Send the Totango guide to me", "Log in to Totango", "Open incidents of Hollis", "Make a page about tickets",
        )),
    ],
)  # fmt: skip
def test_orders_are_told_from_questions(requests, message, wanted) -> None:
    question = Question(message, ANA)
    assert [a.id for a in requests.wanted(question)] == wanted
    assert requests.wanted(Question(message, User("ben@example.com"))) == []


_MORE: list[dict[str, Any]] = [
    {"name": "crm", "kind": "salesforce", "url": "https://s.example", "client_id": "c", "client_secret": "s"},
    {"name": "wiki", "kind": "confluence", "url": "https://w.example", "user": "u", "token": "t"},
    {"name": "sheet", "kind": "smartsheet", "token": "t", "sheet": "1", "columns": {"title": "A"}, "key_column": "K"},
    {"name": "office", "kind": "microsoft", "tenant": "t", "client_id": "c", "client_secret": "s"},
]
_ORDERS = [
    ("Lege bitte ein Jira-Ticket dazu an", "tickets.issue"),
    ("Mach daraus einen Vorgang in Jira", "tickets.issue"),
    ("Kannst du dafür eine Störung in ServiceNow aufmachen?", "now.incident"),
    ("Bitte erstelle eine Aufgabe in Salesforce: Angebot bis Freitag senden", "crm.task"),
    ("Trag das als Touchpoint in Totango ein", "success.touchpoint"),
    ("Ich brauche ein Ticket: Drucker im 3. Stock geht nicht", "tickets.issue"),
    ("Alarmiere die Bereitschaft über PagerDuty", "duty.incident"),
    ("Schreib einen Kommentar an OPS-12 in Jira: wieder aufgetreten", "tickets.comment"),
    ("Leg eine Seite in Confluence dazu an", "wiki.page"),
    ("Füge eine Zeile in Smartsheet hinzu: Abnahme am Montag", "sheet.row"),
    ("Könntest du das bitte als Entwurf in Outlook ablegen?", "office.draft"),
    ("Schick das an den Webhook Team room", "hook.post"),
    ("Abre una incidencia en ServiceNow para esto", "now.incident"),
    ("Crea un ticket: la VPN se cae en Berlín", "tickets.issue"),
    ("¿Puedes abrir un ticket en Jira?", "tickets.issue"),
    ("Añade una tarea en Salesforce: llamar a Jo", "crm.task"),
    ("Registra esto como touchpoint en Totango", "success.touchpoint"),
    ("Necesito un ticket: no funciona la impresora", "tickets.issue"),
    ("Avisa a la guardia con PagerDuty", "duty.incident"),
    ("Pon un comentario en OPS-12 de Jira: ha vuelto a pasar", "tickets.comment"),
    ("Crea una página en Confluence con esto", "wiki.page"),
    ("Agrega una fila en Smartsheet: entrega el lunes", "sheet.row"),
    ("Guárdalo como borrador en Outlook", "office.draft"),
    ("¿Podrías registrar una incidencia en PagerDuty, por favor?", "duty.incident"),
    ("Ouvre un incident dans ServiceNow pour ça", "now.incident"),
    ("Crée un ticket : le VPN tombe à Berlin", "tickets.issue"),
    ("Peux-tu ouvrir un ticket Jira ?", "tickets.issue"),
    ("Ajoute une tâche dans Salesforce : appeler Jo", "crm.task"),
    ("Enregistre ça comme touchpoint dans Totango", "success.touchpoint"),
    ("J'ai besoin d'un ticket : l'imprimante ne marche pas", "tickets.issue"),
    ("Préviens l'astreinte avec PagerDuty", "duty.incident"),
    ("Mets un commentaire sur OPS-12 dans Jira : encore vu", "tickets.comment"),
    ("Crée une page dans Confluence avec ça", "wiki.page"),
    ("Ajoute une ligne dans Smartsheet : livraison lundi", "sheet.row"),
    ("Mets-le en brouillon dans Outlook", "office.draft"),
    ("Pourriez-vous déclarer un incident dans PagerDuty, s'il vous plaît ?", "duty.incident"),
]
_NO_ORDERS = [
    "Welche Jira-Tickets sind offen?",
    "Wie lege ich ein Ticket an?",
    "Erstelle eine Zusammenfassung der Störung",
    "Mach eine Tabelle aller Vorgänge",
    "Schreib eine E-Mail an Pat",
    "Öffne den letzten Bericht",
    "Zeig mir die Aufgaben aus Salesforce",
    "Warum wurde das Ticket geschlossen?",
    "¿Qué tickets de Jira están abiertos?",
    "¿Cómo abro un ticket?",
    "Crea un resumen de la incidencia",
    "Haz una tabla de las tareas",
    "Escribe un correo a Pat",
    "Muéstrame las tareas de Salesforce",
    "¿Por qué se cerró el ticket?",
    "Abre el último informe",
    "Quels tickets Jira sont ouverts ?",
    "Comment ouvrir un ticket ?",
    "Crée un résumé de l'incident",
    "Fais un tableau des tâches",
    "Écris un e-mail à Pat",
    "Montre-moi les tâches de Salesforce",
    "Pourquoi le ticket a-t-il été fermé ?",
    "Ouvre le dernier rapport",
    "Create a summary of the Jira ticket OPS-12",
    "Erstelle eine Tabelle aus dem Jira-Ticket OPS-12",
]


def test_orders_in_german_spanish_and_french() -> None:
    entries = tuple(ActionSettings(groups=("w",), **system) for system in (*_OWN, *_MORE))
    known = WriteBackRequests(Reviews(cast(Any, None), open_actions(Settings(actions=entries))))

    def told(text: str) -> list[str]:
        return [a.id for a in known.wanted(Question(text, ANA))] if is_order(text) else []

    assert [(text, told(text)) for text, _ in _ORDERS] == [(text, [wanted]) for text, wanted in _ORDERS]
    assert [(text, found) for text in _NO_ORDERS if (found := told(text))] == []
    # Each language has a word for what each kind of system makes.
    operations = {f"{k.name}.{o.name}" for k in KINDS.values() for o in k.operations}
    for language in LANGUAGES[1:]:
        records = yaml.safe_load(files("assistant.orders").joinpath(f"{language}.yaml").read_text("utf-8"))["records"]
        assert set(records) == operations, language


def test_a_plugin_is_ordered_by_its_own_words(requests, tmp_path) -> None:
    document = {
        "openapi": "3.0.3", "info": {"title": "Visits", "version": "1"},
        "paths": {"/visits": {"post": {"operationId": "visit", "requestBody": {"content": {"application/json": {"schema":
            {"type": "object", "properties": {"title": {"type": "string"}}}}}}, "responses": {"201": {"description": ""}}}}},
    }  # fmt: skip
    (tmp_path / "visits.json").write_text(json.dumps(document), encoding="utf-8")
    plugin = ActionSettings(
        name="field",
        kind="openapi",
        url="https://v.example",
        document="visits.json",
        operations=["visit"],
        groups=("w",),
    )
    entries = (*(ActionSettings(groups=("w",), **system) for system in _OWN), plugin)
    known = WriteBackRequests(Reviews(cast(Any, None), open_actions(Settings(root=tmp_path, actions=entries))))
    for message, wanted in (
        ("open a Jira ticket for this", ["tickets.issue"]),
        ("create a visit: Basel", ["field.visit"]),
    ):
        assert [a.id for a in known.wanted(Question(message, ANA))] == wanted


def test_the_last_answer_fills_the_text_and_the_message_the_rest(requests) -> None:
    cited = Citation(1, "d", "Rules", "file:///srv/rules.md", "Kept for 90 days.", 0, 5)
    other = replace(cited, marker=2, title="Wiki", url="https://w.example/1")
    answer = Answer("90 days [1], as the wiki says [2].", (cited, other))
    history = [StoredTurn("How long?", "How long?", answer, datetime.now(UTC))]
    action = requests.reviews.actions.known["tickets.comment"]
    values, evidence = _filled(action, Question("Add a comment to OPS-12 in Jira", ANA), history)
    assert values["issue"] == "OPS-12"
    assert values["text"] == "90 days [1], as the wiki says [2].\n\n[1] Rules\n[2] Wiki https://w.example/1"
    assert [e.quote for e in evidence["text"]] == ["Kept for 90 days."] * 2
    values, evidence = _filled(action, Question("Add a comment to OPS-12 in Jira: seen again today", ANA), history)
    assert (values["text"], evidence) == ("seen again today", {})
