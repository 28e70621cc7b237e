"""What local mode doesn't do, against a server on loopback that records requests and gives Qdrant's answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from core.errors import IndexMissing, IndexUnreachable
from core.settings import ServerSettings, Settings
from core.types import User
from retrieval.engines.aliases import AliasGenerations
from retrieval.engines.open import open_generations
from retrieval.engines.server import ServerIndex, connect
from retrieval.query.filters import parse_filter
from retrieval.query.index import Query
from tests.retrieval.conftest import RECIPE
from tests.retrieval.fakes import DIM, make_chunk, vector_of, vectors_of

pytestmark = pytest.mark.integration

ANA = User("ana@x.com", ("emea",))


class FakeServer:
    """Answers each path with what `answers` has for it, else with true; keeps every request."""

    def __init__(self):
        self.requests = []
        self.answers = {}
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                path = self.path.partition("?")[0]
                outer.requests.append((self.command, path, body, dict(self.headers)))
                result = outer.answers.get((self.command, path), True)
                answer = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def bodies(self, method, path):
        return [body for m, p, body, _ in self.requests if (m, p) == (method, path)]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    fake = FakeServer()
    done = {"operation_id": 1, "status": "completed"}
    fake.answers |= {
        ("GET", "/aliases"): {"aliases": []},
        ("GET", "/collections"): {"collections": []},
        ("GET", "/collections/docs-000001"): {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 1,
            "config": {
                "params": {},
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
            },
            "payload_schema": {},
        },
        ("PUT", "/collections/docs-000001/index"): done,
        ("PUT", "/collections/docs-000001/points"): done,
        ("POST", "/collections/docs-000001/points/delete"): done,
        ("POST", "/collections/docs-000001/points/count"): {"count": 1},
    }
    yield fake
    fake.close()


def settings_for(server, **changes):
    return ServerSettings(url=server.url, collection="docs", prefer_grpc=False, timeout_s=5, **changes)


def generations_for(server, folder, **changes):
    settings = settings_for(server, **changes)
    return AliasGenerations(connect(settings), settings, folder, RECIPE)


def test_a_rebuild_creates_indexes_fills_and_switches_the_alias(server, tmp_path):
    generations = generations_for(
        server,
        tmp_path,
        api_key=SecretStr("k-123"),
        shards=3,
        replication_factor=2,
        on_disk_vectors=True,
        quantization="int8",
    )
    with generations.write() as writer:
        metadata = {"updated_at": "2026-01-05", "size": 3}
        writer.index.replace("a", [make_chunk("a", 0, "the plan", metadata=metadata)], vectors_of(["the plan"]))
        writer.publish("first")
    (created,) = server.bodies("PUT", "/collections/docs-000001")
    assert (created["shard_number"], created["replication_factor"]) == (3, 2)
    assert created["vectors"]["dense"] == {"size": DIM, "distance": "Cosine", "on_disk": True}
    assert created["sparse_vectors"]["text"]["modifier"] == "idf"
    assert created["quantization_config"]["scalar"]["type"] == "int8"
    indexes = {b["field_name"]: b["field_schema"] for b in server.bodies("PUT", "/collections/docs-000001/index")}
    assert indexes["allow"] == indexes["deny"] == indexes["terms"] == indexes["document_id"] == "keyword"
    assert indexes["numbers.size"] == "float" and indexes["instants.updated_5f_at"] == "datetime"
    (switched,) = server.bodies("POST", "/collections/aliases")
    assert switched["actions"] == [{"create_alias": {"collection_name": "docs-000001", "alias_name": "docs"}}]
    (described,) = server.bodies("PATCH", "/collections/docs-000001")
    assert described["metadata"]["note"] == "first" and described["metadata"]["chunks"] == 1
    assert all(headers.get("api-key") == "k-123" for *_, headers in server.requests)


def test_the_switch_replaces_the_alias_in_one_request(server, tmp_path):
    server.answers["GET", "/aliases"] = {"aliases": [{"alias_name": "docs", "collection_name": "docs-000001"}]}
    generations_for(server, tmp_path).serve("docs-000002")
    ((actions,),) = [body.values() for body in server.bodies("POST", "/collections/aliases")]
    assert [next(iter(action)) for action in actions] == ["delete_alias", "create_alias"]


def test_every_part_of_a_search_carries_the_access_filter(server):
    found = [{"id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "version": 1, "score": 0.5}]
    server.answers |= {
        ("POST", "/collections/docs/points/query/batch"): [{"points": found}, {"points": found}],
        ("POST", "/collections/docs/points/scroll"): {"points": [], "next_page_offset": None},
        ("POST", "/collections/docs/facet"): {"hits": [{"value": "en", "count": 1}]},
    }
    index = ServerIndex(connect(settings_for(server)), "docs")
    condition = parse_filter("customer=Acme")
    assert index.search(Query("the plan", vector_of("the plan"), filter=condition), ANA, 5) == []
    (batch,) = server.bodies("POST", "/collections/docs/points/query/batch")
    (fetched,) = server.bodies("POST", "/collections/docs/points/scroll")
    principals = ["everyone", "group:emea", "user:ana@x.com"]
    assert len(batch["searches"]) == 2
    for part in (*(search["filter"] for search in batch["searches"]), fetched["filter"]):
        text = json.dumps(part)
        assert json.dumps({"key": "allow", "match": {"any": principals}}) in text
        assert json.dumps({"key": "deny", "match": {"any": principals}}) in text
        assert "customer=acme" in text


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, IndexUnreachable, "api_key"),
        (403, IndexUnreachable, "api_key"),
        (404, IndexMissing, "debrief sync"),
        (500, IndexUnreachable, "retrieval.server.url"),
    ],
)
def test_refusals_become_one_sentence(server, status, error, says):
    server.status = status
    with pytest.raises(error, match=says):
        ServerIndex(connect(settings_for(server)), "docs").count()


@pytest.mark.parametrize("prefer_grpc", [False, True])
def test_a_server_that_is_not_there(prefer_grpc, tmp_path):
    server = ServerSettings(url="http://127.0.0.1:9", prefer_grpc=prefer_grpc, timeout_s=2)
    settings = Settings(data_dir=tmp_path, retrieval={"server": server})
    with pytest.raises(IndexUnreachable, match=r"check retrieval\.server\.url"):
        open_generations(settings).read()
