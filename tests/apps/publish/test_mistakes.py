"""The mistakes that people make in YAML: each is refused in a sentence with its line, what was found and the remedy."""

import time

import pytest

from apps.language.expressions import ExpressionError, names_in
from apps.language.isolated import evaluate
from apps.publish.load import load_app, parse_app
from core.errors import AppError
from core.text.patterns import pattern_problem
from tests.apps.conftest import BODY, HEAD

TEXT = HEAD + BODY
TEST = "tests:\n  - {name: t, inputs: {word: a}, expect: [{output: result, contains: [a]}]}\n"
QUOTED = '"{{ text.text }}"'


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("steps:\n  - id", "steps:\n- id", "line 10 doesn't fit the lines above; check its indentation"),
        ("title: Small", "\ttitle: Small", "line 2 is indented with a tab; use spaces"),
        ("title: Small", "title: Small: big", "line 2: a text with a colon must stand in quotes"),
        ("title: Small", "title Small", "line 2: a key needs a colon behind it; found 'title Small'"),
        ("title: Small", "title: *small", r"line 2: a text that begins with \* must stand in quotes"),
        ("title: Small", "title: 12", 'line 2, title: found 12; write a text, in quotes if it is a number: "12"'),
        ("title: Small", "<<: {title: Small}", "line 2: keys are plain words"),
        ("title: Small", "title: Small\naudience: sales", r"line 3, audience: found 'sales'; write a list: \[sales\]"),
        ("title: Small", "title: Small\nlanguages: [xx]", r"line 3, languages\[0\]: found 'xx'; languages: en"),
        ("title: Small", "title: !!python/object/apply:os.system [ls]", "line 2, title: found a list; write a text"),
        (QUOTED, "{{ text.text }}", "line 13: an expression must stand in quotes"),
        (QUOTED, '"{{ text.text }', "line 13: a quotation mark or bracket is opened and not closed"),
        (QUOTED, '"{{ text.body }}"', r"line 13, .*the step 'text' gives no 'body'; it gives: text"),
        ("{name: word, type: text}", "{name: my word, type: text}", "found 'my word'; write small letters, digits and"),
        ("{name: word, type: text}", "word", r"inputs\[0\]: found 'word'; write keys with values below it"),
        ("type: text}", "type: text, required: perhaps}", "required: found 'perhaps'; write true or false"),
        ("type: text}", "type: choice, choices: [a, b], default: c}", "default: found 'c'; choices: a, b"),
        ("type: text}", "type: number, default: many}", "line 7, .*default: found 'many', which is no number"),
        ("type: text}", "type: date, default: 31.12.2026}", "default: found '31.12.2026', .* write it as 2026-11-27"),
        ("type: text}", "type: language, default: klingon}", "default: found 'klingon'; languages: en"),
        ("type: text}", "type: text, default: [a]}", "default: found a list on a text"),
        ("type: text}", 'type: text, pattern: "[a-"}', "pattern: found .*, which is no regular expression"),
        ("type: text}", "type: file, accept: [docx]}", "accept: found 'docx'; write file types with their point"),
        ("  - {name: word, type: text}\n", "  - {name: word, type: text}\n" * 2, r"line 8, inputs\[1\].*taken already"),
        ("{{ word }}", "{{ later.text }}", "the name 'later' is unknown"),
        ("{{ word }}", "{{ text.text }}", "line 11, .*the step 'text' comes only later; move it before this one"),
        ("{{ word }}", "{{ word | uper }}", "the filter 'uper' is unknown; did you mean 'upper'"),
        ("{{ word }}", "{{ word | default(“x”) }}", "found typographic quotes; write straight ones"),
        ("{{ word }}", "{% include '/etc/passwd' %}", "a template can't take in other files"),
        ("use: write", "use: write\n    for_each: word", "line 11, .*for_each: 'word' is one value; go through a"),
        ("use: write", "use: write\n    when: wrod", "line 11, .*when: the name 'wrod' is unknown; did you"),
        ("kind: markdown", "kind: docx", "value: found .*; a docx is the file of a `render` step"),
        ("steps:", "limits: {steps: 9999}\nsteps:", "limits.steps: found 9999; write 500 or less"),
        ("steps:", "limits: {seconds: soon}\nsteps:", "limits.seconds: found 'soon'; write a number"),
        ("steps:", TEST.replace("word: a", "wrd: a") + "steps:", "no such input; did you mean 'word'"),
        ("steps:", TEST.replace("output: result", "output: reslt") + "steps:", "found 'reslt'; did you mean 'result'"),
        ("steps:", TEST.replace("contains", "contain") + "steps:", "unknown key 'contain'; did you mean 'contains'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_remedy(right, wrong, expected):
    assert right in TEXT
    with pytest.raises(AppError, match=expected) as refused:
        parse_app(TEXT.replace(right, wrong, 1), "small.yaml")
    message = str(refused.value)
    assert message.startswith("small.yaml line ")
    assert len(message) < 400 and "\n" not in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT.replace("Small", "Übung").encode("latin-1"), "line 2 is not UTF-8; save the file as UTF-8"),
        (TEXT.encode() + b"\x00", "holds a character that no text has"),
        (TEXT.encode() + b"# " + b"x" * 1_000_000, "bytes, over 1,000,000; an app is a short text file"),
        (b"name: " + b"[" * 4_000, "nests over 40 levels; write it flatter"),
        (b"[" * 60_000, "nests over 40 levels"),
        (b"{a: " * 60_000, "nests over 40 levels"),
        (b"- " * 60_000, "nests over 40 levels"),
        (b"? " * 60_000, "nests over 40 levels"),
        (b"", "begin with `name: my_app`"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, expected):
    file = tmp_path / "small.yaml"
    file.write_bytes(content)
    with pytest.raises(AppError, match=expected):
        load_app(file)


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_app(file).name == "small"


@pytest.mark.parametrize(
    "text",
    [
        "{{ word.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ word['__class__'] }}",
        "{{ word|attr('__class__') }}",
        "{{ '{0.__class__}'.format(word) }}",
        "{{ ''.join.__globals__ }}",
        "{{ say.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{% for i in range(999999999) %}x{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.ljust(999999999) }}",
        "{{ word|center(999999999) }}",
        "{{ 'x'.replace('x', word) .encode().hex.__self__ }}",
        "{% set x = [] %}{{ x.append(1) }}",
        "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    ],
)
def test_an_expression_runs_no_code_and_makes_nothing_huge(text):
    begin = time.monotonic()
    with pytest.raises(ExpressionError):
        names_in(text)
        evaluate(text, {"word": "secret"})
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "pattern", [r"^\d{4}-\d\d$", r"\[\d+\]", "(foo|bar)+", "Enrol the .*[1-9]+", r"[A-Z]{2,5}-\d{3,}"]
)
def test_usual_patterns_are_right(pattern):
    assert pattern_problem(pattern) == ""
