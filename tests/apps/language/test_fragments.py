"""A text beside the apps stands in each of them, and a published version keeps it."""

import pytest

from apps.publish.load import load_app, read_app
from apps.runner import finish
from core.errors import AppError
from tests.apps.conftest import BODY, HEAD

APP = (
    HEAD
    + "variables: {end: !fragment farewell}  # shared\n"
    + BODY.replace("Word: {{ word }}", "{{ word }}, {{ end }}")
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments" / "farewell.md").write_text('Yours: "{{ user.name }}"\nand friends\n')
    (tmp_path / "small.yaml").write_text(APP)
    return tmp_path / "small.yaml"


def test_it_is_taken_in_and_filled(file, context):
    result = finish(load_app(file), {"word": "Hi"}, context)
    assert result.output("result").text == 'Hi, Yours: "Ana"\nand friends'
    published = read_app(file)
    (file.parent / "fragments" / "farewell.md").write_text("Changed")
    assert "and friends" in published.yaml and len(published.yaml.splitlines()) == len(APP.splitlines())


def test_one_that_is_not_there_is_said_with_its_line(file):
    file.write_text(APP.replace("!fragment farewell", "!fragment farwell"))
    with pytest.raises(AppError, match="line 6: there is no fragment 'farwell'; did you mean 'farewell'"):
        load_app(file)
    (file.parent / "fragments" / "farewell.md").write_bytes(b"\xff\xfe\x00")
    file.write_text(APP)
    with pytest.raises(AppError, match=r"line 6: .*can't be read; save it as UTF-8"):
        load_app(file)


def test_words_about_fragments_in_a_text_stay(file):
    file.write_text(APP.replace("!fragment farewell", '"see: !fragment farewell"'))
    assert '"see: !fragment farewell"' in read_app(file).yaml
