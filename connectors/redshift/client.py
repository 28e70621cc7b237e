"""Connections to Amazon Redshift: signing in, read-only sessions, cursors on the server, and errors.

redshift_connector reads a whole result into memory, so long results are fetched through a cursor that the server keeps.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, model_validator

from connectors.common import Backoff, KindSettings, Retry, retried
from connectors.common.aws import aws_error
from core.errors import CredentialError, SourceError, Unreachable

T = TypeVar("T")

_FETCH_ROWS = 1_000
_CURSOR = "debrief_rows"
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TIMED_OUT = "57014"
_SIGN_IN = ("28000", "28P01")
_DENIED = "42501"
_UNKNOWN = {"42P01": "table or view", "42703": "column", "3F000": "schema", "3D000": "database", "42883": "function"}


class RedshiftLogin(KindSettings):
    """How to reach a cluster or a serverless work group.

    Attributes:
        password: Write it as ${NAME}; not needed with `iam`.
        iam: True gets temporary credentials from AWS, for `cluster_identifier` or `serverless_work_group`.
        ssl: Only a stand-in goes without.
        statement_timeout_s: A query that takes longer is cancelled by the server.
    """

    host: str = ""
    port: int = 5439
    database: str
    user: str = ""
    password: SecretStr | None = None
    iam: bool = False
    cluster_identifier: str = ""
    serverless_work_group: str = ""
    region: str = ""
    profile: str = ""
    db_groups: tuple[str, ...] = ()
    endpoint_url: str = ""
    ssl: bool = True
    sslmode: Literal["verify-ca", "verify-full"] = "verify-full"
    statement_timeout_s: int = Field(default=300, gt=0)
    connect_timeout_s: int = Field(default=15, gt=0)
    attempts: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _can_sign_in(self) -> RedshiftLogin:
        if not self.iam and not (self.host and self.user and self.password):
            raise ValueError("give host, user and password, or iam: true")
        if self.iam and not (self.cluster_identifier or self.serverless_work_group or self.host):
            raise ValueError("iam needs cluster_identifier or serverless_work_group")
        return self


class Session:
    """One connection. Each transaction is read-only; nothing is ever written. Not for several threads at once."""

    def __init__(self, settings: RedshiftLogin) -> None:
        self._settings = settings
        self._source = settings.name
        self._connection: Any = None

    def rows(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], Iterator[list[Any]]]:
        """The columns and rows of a query with a modest result.

        Raises:
            CredentialError, Unreachable, SourceError.
        """

        def ask() -> tuple[list[str], Iterator[list[Any]]]:
            cursor = self._begin()
            cursor.execute(sql, values)
            names, found = _names(cursor), cursor.fetchall()
            # An open transaction would hold locks on the tables that it has read.
            cursor.execute("ROLLBACK")
            return names, iter(found)

        return self._asked(ask)

    def stream(self, sql: str) -> Iterator[tuple[list[str], list[list[Any]]]]:
        """The result in portions of a thousand rows, each with the column names; at least one portion."""

        def declare() -> Any:
            cursor = self._begin()
            cursor.execute(f"DECLARE {_CURSOR} CURSOR FOR {sql}")
            return cursor

        cursor = self._asked(declare)
        is_first = True
        try:
            while True:
                try:
                    cursor.execute(f"FETCH FORWARD {_FETCH_ROWS} FROM {_CURSOR}")
                    names, rows = _names(cursor), list(cursor.fetchall())
                except Exception as error:
                    raise self._wrapped(error) from error
                if rows or is_first:
                    yield names, rows
                if len(rows) < _FETCH_ROWS:
                    return
                is_first = False
        finally:
            with suppress(Exception):
                cursor.execute("ROLLBACK")

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None

    def _begin(self) -> Any:
        """A cursor in a fresh read-only transaction."""
        if self._connection is None:
            self._connection = self._connect()
        cursor = self._connection.cursor()
        with suppress(Exception):
            cursor.execute("ROLLBACK")
        cursor.execute("BEGIN READ ONLY")
        cursor.execute(f"SET statement_timeout TO {self._settings.statement_timeout_s * 1000}")
        return cursor

    def _connect(self) -> Any:
        import redshift_connector

        settings = self._settings
        arguments: dict[str, Any] = {
            "database": settings.database,
            "ssl": settings.ssl,
            # The driver knows one timeout, for the connection and every answer. An answer may take as long as a
            # statement may; the margin lets the server be the one to cancel.
            "timeout": settings.statement_timeout_s + 15,
            "application_name": "debrief",
        }
        if settings.ssl:
            arguments["sslmode"] = settings.sslmode
        if settings.host:
            arguments |= {"host": settings.host, "port": settings.port}
        if settings.iam:
            arguments |= {
                "iam": True,
                "db_user": settings.user or None,
                "cluster_identifier": settings.cluster_identifier or None,
                "is_serverless": bool(settings.serverless_work_group),
                "serverless_work_group": settings.serverless_work_group or None,
                "region": settings.region or None,
                "profile": settings.profile or None,
                "db_groups": list(settings.db_groups) or None,
                "endpoint_url": settings.endpoint_url or None,
            }
        else:
            assert settings.password is not None
            arguments |= {"user": settings.user, "password": settings.password.get_secret_value()}
        if settings.host:
            # Says within seconds what the driver would say after minutes.
            socket.create_connection((settings.host, settings.port), settings.connect_timeout_s).close()
        connection = redshift_connector.connect(**arguments)
        connection.autocommit = True
        return connection

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return retried(ask, self._classify, Backoff(attempts=self._settings.attempts), source=self._source)
        except Exception as error:
            raise self._wrapped(error) from error

    def _classify(self, error: Exception) -> Retry | None:
        if _state(error):
            return None
        # No answer of the server: the connection is gone, and a new one may do.
        self.close()
        return Retry() if _is_connection_error(error) else None

    def _wrapped(self, error: Exception) -> Exception:
        self.close()
        source, settings = self._source, self._settings
        state, message = _state(error), _message(error)
        if state == _TIMED_OUT:
            return SourceError(
                f"A query of the source {source} took longer than {settings.statement_timeout_s} s and was cancelled; "
                "make it faster, or raise statement_timeout_s."
            )
        if state in _SIGN_IN:
            return CredentialError(
                f"The source {source} can't sign in to {settings.database}: {message}; check user and password.",
                "expired" if "expired" in message.lower() else "invalid",
            )
        if state == _DENIED:
            return CredentialError(
                f"The source {source} may not read that: {message}; grant USAGE on the schema and SELECT on the table "
                f"to {settings.user or 'its user'}.",
                "insufficient",
            )
        if state in _UNKNOWN:
            return SourceError(f"The source {source} names an unknown {_UNKNOWN[state]}: {message}; correct its query.")
        if state:
            return SourceError(f"The source {source} can't run its query: {message} (SQLSTATE {state}).")
        if _is_connection_error(error):
            where = f"{settings.host}:{settings.port}" if settings.host else settings.cluster_identifier
            return Unreachable(f"The source {source} can't reach {where}: {message}; check host, port and the network.")
        if type(error).__module__.startswith("botocore"):
            return aws_error(error, source, "get temporary credentials", "redshift:GetClusterCredentials")
        return SourceError(f"The source {source} can't be read: {message}.")


def _names(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description or ()]


def _state(error: BaseException) -> str:
    """The server's SQLSTATE; empty if the error isn't the server's."""
    said = error.args[0] if error.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""


def _message(error: BaseException) -> str:
    said = error.args[0] if error.args else None
    text = said.get("M", "") if isinstance(said, dict) else error
    return " ".join(str(text).split()).rstrip(".") or type(error).__name__


def _is_connection_error(error: BaseException) -> bool:
    from redshift_connector.error import InterfaceError, OperationalError

    kinds = (InterfaceError, OperationalError, OSError)
    return isinstance(error, kinds) and not _state(error)
