"""Only words that neither the documents nor the language know are changed, and only to words that one may read."""

import pytest

from assistant.understanding.abbreviations import abbreviations_in, spelled_out
from assistant.understanding.spelling import corrected
from assistant.understanding.vocabulary import Vocabularies, Vocabulary
from core.types import Chunk, User

ANA, BEN = User("ana@x.example", ("staff",)), User("ben@x.example")
KNOWN = {"packing", "harbor", "salary", "houses"}


def chunk(number: int, text: str, *allow: str, **fields: object) -> Chunk:
    return Chunk(f"c{number}", f"d{number}", number, text, allow=frozenset(allow or ("user:everyone",)), **fields)  # type: ignore[arg-type]


class Index:
    def __init__(self, *chunks: Chunk) -> None:
        self._chunks = chunks

    def chunks(self, filters: object = None) -> list[Chunk]:
        return list(self._chunks)

    def count(self) -> int:
        return len(self._chunks)


EVERYBODY = ("user:ana@x.example", "user:ben@x.example")
INDEX = Index(
    chunk(1, "The allowance for forensic images. Genehmigung der Räume", *EVERYBODY),
    chunk(2, "Visit of Harbour Tools", *EVERYBODY, metadata={"customer": "Harbour Tools"}),
    chunk(3, "The takeover of Zephyrion", "group:staff"),
    chunk(4, "PLK Packlack, RT Rotor.", *EVERYBODY, title="Abbreviations"),
)


def vocabulary(user: User) -> Vocabulary:
    known = Vocabularies(lambda: INDEX).of(user)  # type: ignore[arg-type, return-value]
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("wat is teh alowance", "what is the allowance"),
        ("forensik imges", "forensic images"),
        ("xmas visit in a wk, sev2", "Christmas visit in a week, severity 2"),
        ("salary of Harbor", "salary of Harbour"),
        ("packing of houses", "packing of houses"),
        ("the allowances", "the allowances"),
        ("XQ-17 imgs", "XQ-17 imgs"),
        ("whose image's size", "whose image's size"),
    ],
)
def test_typos_are_corrected_and_words_are_left(question: str, expected: str) -> None:
    assert corrected(question, vocabulary(BEN), KNOWN.__contains__) == expected


def test_a_word_of_a_closed_document_is_no_word() -> None:
    assert corrected("Zephyrian", vocabulary(ANA), KNOWN.__contains__).casefold() == "zephyrion"
    assert corrected("Zephyrian", vocabulary(BEN), KNOWN.__contains__) == "Zephyrian"


def test_the_endings_of_another_language_are_no_typos() -> None:
    known = vocabulary(BEN)
    assert corrected("Genehmigungs", known, KNOWN.__contains__, "de") == "Genehmigungs"
    assert corrected("Genemigung", known, KNOWN.__contains__, "de").casefold() == "genehmigung"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The mean time to respond (MTTR) is measured.", ("MTTR", "mean time to respond")),
        ("- **LOA**: leave of absence, paid", ("LOA", "leave of absence")),
        ("- **MTTD, mean time to detect**: in minutes", ("MTTD", "mean time to detect")),
        ("“QBR” stands for quarterly business review.", ("QBR", "quarterly business review")),
    ],
)
def test_the_documents_explain_their_abbreviations(text: str, found: tuple[str, str]) -> None:
    assert found in list(abbreviations_in(chunk(1, text)))


def test_what_only_looks_like_an_explanation_is_none() -> None:
    assert not list(abbreviations_in(chunk(1, "We met the board (CEO). ISO: see below. NOTE: bring a helmet")))


def test_a_rare_abbreviation_gives_way_and_a_frequent_one_stays_beside_its_meaning() -> None:
    known = vocabulary(BEN).abbreviations
    assert known == {"PLK": "Packlack", "RT": "Rotor"}
    assert spelled_out("PLK list price", known, {"plk": 1}) == "Packlack list price"
    assert spelled_out("PLK list price", known, {"plk": 9}) == "PLK (Packlack) list price"
    assert spelled_out("is Packlack PLK", known, {}) == "is Packlack PLK"


def test_a_large_index_corrects_nothing_since_only_a_part_would_be_known() -> None:
    class Large(Index):
        def count(self) -> int:
            return 10_000_000

    large = Large(chunk(1, "The allowance", *EVERYBODY))
    assert Vocabularies(lambda: large).of(BEN) is None  # type: ignore[arg-type, return-value]
