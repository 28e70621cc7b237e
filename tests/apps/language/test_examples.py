"""Router examples: a text file beside an app, added to the few that its own file may carry."""

import os

import pytest

from apps.language.examples import Examples, read_examples
from apps.publish.catalogue import LIBRARY, find_app
from apps.publish.load import load_app
from core.errors import AppError
from core.settings import Settings
from tests.apps.conftest import BODY, HEAD

LINES = "# what people write\n\n  write the word  \nword, please\nNot: what is a word?\n"


@pytest.fixture
def write(tmp_path):
    """Writes an app's file, with examples beside it unless they are None; its path."""

    def written(examples, more="", name="small"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(HEAD.replace("name: small", f"name: {name}") + more + BODY, encoding="utf-8")
        if examples is not None:
            (tmp_path / "examples").mkdir(exist_ok=True)
            (tmp_path / "examples" / f"{name}.txt").write_bytes(examples)
        return file

    return written


def test_a_line_is_a_message_and_not_marks_one_for_search():
    found = read_examples(LINES, "small.txt")
    assert found == Examples(("write the word", "word, please"), ("what is a word?",))


def test_a_mark_without_a_message_is_refused_with_its_line():
    with pytest.raises(AppError, match=r'small.txt line 2: found "not:"; write the message'):
        read_examples("write\nnot:\n", "small.txt")


def test_a_file_that_is_not_utf8_is_refused_with_its_line(write):
    with pytest.raises(AppError, match=r"small\.txt line 2 is not UTF-8"):
        load_app(write("write\nwörd\n".encode("latin-1")))


def test_those_beside_the_file_follow_those_in_it(write):
    routing = load_app(write(LINES.encode(), "routing: {examples: [word!], attachments: [notes]}\n")).routing
    assert routing.examples == ("word!", "write the word", "word, please")
    assert (routing.counter_examples, routing.attachments) == (("what is a word?",), ("notes",))


@pytest.mark.parametrize(
    ("beside", "more", "kept"),
    [(None, "", True), (None, "routing: {examples: [word!]}\n", False), (b"word!\n", "", False)],
)
def test_an_app_in_a_library_apps_place_keeps_its_examples_unless_it_has_its_own(write, beside, more, kept):
    library = load_app(LIBRARY / "meeting_summary.yaml").routing.examples
    assert load_app(write(beside, more, "meeting_summary")).routing.examples == (library if kept else ("word!",))


def test_changed_examples_count_from_the_next_message(write, tmp_path):
    write(b"first\n")
    settings = Settings(data_dir=tmp_path / "data", apps_dir=tmp_path)
    assert find_app("small", settings).routing.examples == ("first",)
    file = tmp_path / "examples" / "small.txt"
    file.write_text("second\n", encoding="utf-8")
    os.utime(file, (1, 1))
    assert find_app("small", settings).routing.examples == ("second",)


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.yaml")), ids=lambda f: f.stem)
def test_an_app_of_the_library_shows_no_examples_in_its_own_file(file):
    assert "examples:" not in file.read_text(encoding="utf-8")
    assert {f.stem for f in LIBRARY.glob("examples/*.txt")} == {f.stem for f in LIBRARY.glob("*.yaml")}
