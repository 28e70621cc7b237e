"""Routing with the real embedding and the library's apps; filling in what the message says."""

from datetime import date

import pytest

from apps.language.spec import Routing
from apps.publish.catalogue import load_apps
from assistant.app_runs.inputs import fill_inputs
from assistant.question import Attachment
from assistant.routing.glossary import likely_language
from assistant.routing.learned import training_examples
from assistant.routing.names import named_customer
from assistant.routing.requests import WORK, plain_request
from assistant.routing.router import AppRouter, attachment_kind
from core.settings import Settings
from core.text.words import terms
from core.types import Section, User
from evals.measures.app_routing import evaluate_app_routing, own_requests
from tests.tables import table_section

USER = User("ana@example.com", ("emea",))
CUSTOMERS = ("Alpenbank AG", "Harbour & Lane Logistics", "Grupo Solera", "Calder Valley Health Trust")


@pytest.fixture(scope="module")
def library():
    return load_apps(Settings())[0]


@pytest.fixture(scope="module")
def router(library, embedder, learned_folder):
    return AppRouter(library, embedder, file=learned_folder / "router.npz")


def turns(name="call.vtt"):
    return Attachment(name, tuple(Section(f"A: sentence {n}", kind="turn") for n in range(5)))


def report(name):
    return Attachment(name, (table_section("| A | B |\n| - | - |\n| 1 | 2 |"),))


@pytest.mark.parametrize(
    ("name", "least", "least_search"), [("developed", 0.96, 0.96), ("checked", 0.93, 0.96), ("varied", 0.94, 0.92)]
)
def test_the_fit_to_the_sets_that_examples_were_mended_on_is_kept(router, name, least, least_search):
    # A regression test of the fit, no estimate: examples and rules were changed after a look at these sets. Of new
    # requests expect .93 (`fresh`, `varied` and `later` at their first look; docs/apps.md).
    found = evaluate_app_routing(router, own_requests(name))
    assert found.requests >= 100
    assert found.accuracy >= least
    assert found.search_accuracy >= least_search


@pytest.mark.parametrize("name", ["developed", "checked", "fresh"])
def test_the_requests_are_not_the_examples(library, name):
    # Those of later sets were written when the examples stood, without sight of them.
    # General questions are left out: "who owns it" can't be said in many ways.
    pairs = zip(*training_examples(library.values()), strict=True)
    texts = [text for text, label in pairs if label != "search"]
    known = [set(terms(t)) for t in texts]
    for request in [r for r in own_requests(name) if r.intent is not None]:
        assert request.text not in texts
        words = set(terms(request.text))
        if len(words) > 3:
            assert max(len(words & k) / len(words | k) for k in known) <= 0.5, request.text


def test_a_route_says_why_and_what_else(router):
    route = router.route("Please write the follow-up mail for the customer", USER)
    assert route.app == "follow_up_email"
    assert "is like" in route.reason
    assert route.app not in dict(route.alternatives)


@pytest.mark.parametrize(
    "message",
    [
        "una versione più breve",
        "une version plus courte",
        "mais curto",
        "und jetzt auf Deutsch",
        "in het Engels, korter",
    ],
)
def test_a_change_to_the_result_stays_with_the_running_app_in_any_language(router, message):
    assert router.route(message, USER, running="follow_up_email").app == "follow_up_email"


def test_a_customers_name_does_not_say_what_is_wanted(router):
    assert router.route("exec report alpenbank", USER, customers=CUSTOMERS).app == "executive_report"
    assert router.route("Kundenbriefing Alpenbank", USER, customers=CUSTOMERS).app == "customer_brief"


def test_a_long_quotation_does_not_say_what_is_wanted():
    assert "outage" not in plain_request("Reply to “how do we rotate the keys without an outage?”, please")
    assert "how do we rotate" in plain_request("“how do we rotate the keys without an outage?”")


def test_joined_words_are_read_by_their_parts():
    assert plain_request("Erstelle ein Ergebnisprotokoll").startswith("create a results minutes")
    assert plain_request("Zusammenfassung der Sitzung").startswith("summary the meeting")


def test_a_question_about_a_thing_is_search(router):
    assert router.route("What does the guide say about follow-up e-mails?", USER).target == "search"


def test_attachments_speak_for_the_app_that_takes_them(router):
    message = "What changed here?"
    alone = router.route(message, USER)
    both = router.route(message, USER, attachments=[report("Q2-health.xlsx"), report("Q3-health.xlsx")])
    assert (alone.target, both.app) == ("search", "health_check_comparison")


def test_a_running_app_keeps_its_follow_ups_but_not_new_questions(router):
    assert router.route("make it shorter and more formal", USER, running="follow_up_email").app == "follow_up_email"
    assert router.route("How long do we keep customer logs?", USER, running="follow_up_email").target == "search"


def test_only_apps_that_the_person_may_use(library, embedder, learned_folder):
    closed = {n: a.model_copy(update={"audience": ("finance",)}) for n, a in library.items()}
    router = AppRouter(closed, embedder, file=learned_folder / "router.npz")
    assert router.route("Write a follow-up e-mail for this meeting", USER).target == "search"
    allowed = User("b@example.com", ("finance",))
    assert router.route("Write a follow-up e-mail for this meeting", allowed).app == "follow_up_email"


@pytest.fixture(scope="module")
def with_own_app(library, embedder, learned_folder):
    """Two apps of the library and one of an author, with three examples."""
    own = library["custom_response"].model_copy(
        update={
            "name": "snag_list",
            "title": "Snag list",
            "description": "Makes the list of defects from a walk through a building: room, what is wrong, which trade.",
            "routing": Routing(examples=("Make the snag list from my walk through block B", "Snags of flat 3, two weeks",
                                         "Kitchen tile cracked, bathroom door sticks: list it for the trades")),
        }
    )  # fmt: skip
    apps = {name: library[name] for name in ("custom_response", "meeting_summary")} | {"snag_list": own}
    return AppRouter(apps, embedder, file=learned_folder / "own.npz")


@pytest.mark.parametrize(
    ("message", "target"),
    [
        ("Defects of the stairwell: loose rail, paint runs. Put them in order by trade", "app:snag_list"),
        ("Office 4: scratched glazing, no hot water, ceiling tile out. Do the list", "app:snag_list"),
        ("I walked the third floor this morning, here's what I saw, make the list", "app:snag_list"),
        ("Who is the electrician on block B?", "search"),
        ("How many defects were open in block B in May?", "search"),
        ("Summarise the attached meeting", "app:meeting_summary"),
    ],
)
def test_an_app_with_three_examples_is_found_by_its_subject_and_takes_no_question(with_own_app, message, target):
    assert with_own_app.route(message, USER).target == target


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Schreibe eine E-Mail an den Kunden", "de"),
        ("Redacta un correo para el cliente", "es"),
        ("Rédige un mail pour le client", "fr"),
        ("Write an email to the customer", "en"),
        ("Alpenbank?", "en"),
    ],
)
def test_the_language_of_a_short_message(text, language):
    assert likely_language(text) == language


def test_names_are_left_out_and_the_act_is_kept():
    assert plain_request("Write to Gareth Pryce about PowerPoint").startswith("Write to the customer about PowerPoint")
    assert plain_request("Draft a mail").endswith(WORK)
    assert not plain_request("Who owns it?").endswith(WORK)


def test_kinds_of_attachments():
    assert attachment_kind(turns("x.docx")) == "transcript"
    assert attachment_kind(report("a.docx")) == "report"
    assert attachment_kind(Attachment("jottings.txt", (Section("a"),))) == "notes"


def test_inputs_come_from_the_message_and_the_files(library):
    app = library["health_check_comparison"]
    filled = fill_inputs(app, "compare", [report("2026-Q3.xlsx"), report("2026-Q2.xlsx")], CUSTOMERS)
    assert (filled.values["before"].name, filled.values["after"].name) == ("2026-Q2.xlsx", "2026-Q3.xlsx")
    assert filled.missing == ()
    one = fill_inputs(app, "compare", [report("2026-Q3.xlsx")], CUSTOMERS)
    assert [i.name for i in one.missing] == ["after"]


def test_customer_language_and_pasted_text(library):
    brief = fill_inputs(library["customer_brief"], "Brief me on harbour & lane", (), CUSTOMERS, date(2026, 11, 22))
    assert brief.values["customer"] == "Harbour & Lane Logistics"
    mail = fill_inputs(library["follow_up_email"], "Write it in German, formal", [turns()], CUSTOMERS)
    assert (mail.values["language"], mail.values["tone"]) == ("de", "formal")
    asked = fill_inputs(library["custom_response"], 'Reply to: "How often should we run simulations?"')
    assert asked.values["inquiry"] == "How often should we run simulations?"
    nothing = fill_inputs(library["follow_up_email"], "Write a follow-up e-mail")
    assert [i.name for i in nothing.missing] == ["transcript"]


def test_a_customer_is_found_by_its_own_word_only():
    assert named_customer("the solera renewal", CUSTOMERS) == "Grupo Solera"
    assert named_customer("a health check for the group", CUSTOMERS) is None


@pytest.mark.parametrize(
    ("app", "message", "files", "wanted"),
    [
        ("follow_up_email", "Bitte eine förmliche Nachfass-Mail auf Spanisch", (), {"language": "es"}),
        ("follow_up_email", "Bitte eine förmliche Nachfass-Mail", (), {"tone": "formal"}),
        ("follow_up_email", "Scrivi la mail in tedesco", (), {"language": "de"}),
        ("follow_up_email", "Recap mail to Monika", (), {"recipient": "Monika"}),
        ("follow_up_email", "Bitte eine Mail an Frau Keller", (), {"recipient": "Frau Keller"}),
        ("follow_up_email", "Escribe un correo a Marta", (), {"recipient": "Marta"}),
        ("follow_up_email", "Écris un mail pour Claire", (), {"recipient": "Claire"}),
        ("follow_up_email", "Mail to Alpenbank in German", (), {"recipient": None, "language": "de"}),
        ("follow_up_email", "Send it to everybody", (), {"recipient": None}),
        ("follow_up_email", "French version, shorter", (), {"language": "fr", "tone": "brief"}),
        ("custom_response", "Antworte dem Kunden auf Deutsch auf seine Anfrage", (), {"language": "de"}),
        ("custom_response", "The CISO asks how we store logs. Draft a reply", (), {"inquiry": "how we store logs"}),
        ("executive_report", 'Executive report titled "Security in Q3"', (), {"title": "Security in Q3"}),
        ("renewal_justification", "Argumente für Grupo Solera, für den Einkauf", (), {"audience": "purchasing"}),
        ("knowledge_capture", "Save as FAQ, review by 31 March 2027", (), {"review_by": "2027-03-31"}),
        ("health_check_comparison", "compare", ("may_2026.pdf", "jan_2026.pdf"), {"before": "jan_2026.pdf"}),
        ("health_check_comparison", "compare", ("new.xlsx", "old.xlsx"), {"before": "old.xlsx"}),
    ],
)  # fmt: skip
def test_what_a_message_says_fills_the_form(library, app, message, files, wanted):
    filled = fill_inputs(library[app], message, [report(name) for name in files], CUSTOMERS, date(2026, 11, 23))
    found = {name: getattr(filled.values.get(name), "name", filled.values.get(name)) for name in wanted}
    assert found == wanted
