"""An author's schema fetches nothing, reads nothing and ends."""

import http.server
import threading

import pytest

from apps.run.schemas import schema_problem, value_problem


@pytest.fixture
def asked():
    """The paths that a server on this machine was asked for, and its address."""
    paths = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"const": "secret"}')

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield paths, f"http://127.0.0.1:{server.server_port}/a.json"
    server.shutdown()
    server.server_close()


def test_a_reference_is_refused_and_never_followed(asked, tmp_path):
    paths, address = asked
    (tmp_path / "a.json").write_text('{"const": "secret"}')
    for target in (address, (tmp_path / "a.json").as_uri(), "#", "#/$defs/a", "nowhere"):
        assert "write it out" in schema_problem({"items": {"$ref": target}})
    # Past the check, a reference still leads nowhere.
    for target in (address, (tmp_path / "a.json").as_uri()):
        with pytest.raises(Exception, match="Unresolvable"):
            value_problem({"items": {"$ref": target}}, ["x"])
    assert paths == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strin"}, "no JSON Schema"),
        ({"items": {"pattern": "("}}, "no regular expression"),
        ({"patternProperties": {"(a+)+b": {}}}, "name the properties"),
        ({"enum": list(range(9))}, ""),
        ({"allOf": [{"type": "array"}] * 600}, "over 500 values"),
    ],
)
def test_a_wrong_schema_is_told(schema, said):
    problem = schema_problem(schema)
    assert said in problem if said else problem == ""


def test_a_value_that_breaks_the_schema_is_told_with_its_place():
    schema = {"properties": {"n": {"type": "integer"}, "code": {"pattern": "^[A-Z]+$"}}}
    assert schema_problem(schema) == "" and value_problem(schema, {"n": 1, "code": "AB"}) == ""
    assert "$.n" in value_problem(schema, {"n": "x"})
    assert "$.code" in value_problem(schema, {"code": "ab"})


def test_a_pattern_of_a_schema_ends():
    assert "takes over" in value_problem({"pattern": "(a|aa)+$"}, "a" * 60 + "!")
