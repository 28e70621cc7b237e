"""A person at Streamlit's own websocket: what a browser sends and gets, without the browser, so that many fit a machine."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html import unescape
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

# A server under the load of many people, on a machine that runs the suite.
_PATIENCE_S = 180
_HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class Person:
    """One window on the server, signed in or not.

    Attributes:
        cookies: What a browser would send; `sign_in` fills it.
        stream: Everything that has come over the wire, as it came.
    """

    url: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    stream: bytearray = field(default_factory=bytearray)
    _socket: ClientConnection | None = None
    _texts: list[str] = field(default_factory=list)
    _chat: str = ""
    _buttons: dict[str, str] = field(default_factory=dict)
    _page: str = ""
    _redirect: str = ""

    def sign_in(self, person: str) -> None:
        """Presses "Sign in" and goes through the identity provider's form, by redirects and cookies."""
        self.open()
        self.press("Sign in")
        self.close()
        with httpx.Client(follow_redirects=True, cookies=self.cookies, verify=False, timeout=_PATIENCE_S) as client:
            form = client.get(urljoin(self.url, self._redirect))
            sent = {name: unescape(value) for name, value in _HIDDEN.findall(form.text)}
            client.post(urljoin(str(form.url), "/authorize"), data={**sent, "person": person}).raise_for_status()
            self.cookies = client.cookies

    def open(self, query: str = "", page: str = "") -> str:
        """Opens a page, the first where none is named, and waits until it is drawn; what it says."""
        token = httpx.get(
            f"{self.url}/_stcore/health", cookies=self.cookies, verify=False, timeout=_PATIENCE_S
        ).cookies.get("_streamlit_xsrf", "")
        if token:
            self.cookies.set("_streamlit_xsrf", token, domain=urlsplit(self.url).hostname or "")
        token = token or self.cookies.get("_streamlit_xsrf", "")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies.jar)
        self._socket = connect(
            f"{self.url.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", token] if token else ["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": cookies},
            max_size=None,
            open_timeout=_PATIENCE_S,
        )
        message = BackMsg()
        message.rerun_script.page_name = page
        return self._run(message, query)

    def ask(self, question: str) -> str:
        """Sends the question and waits until the page is still; what it has drawn since."""
        message = BackMsg()
        state = WidgetState(id=self._chat)
        state.chat_input_value.data = question
        message.rerun_script.widget_states.widgets.append(state)
        return self._run(message, "")

    def press(self, label: str) -> str:
        """Presses the button and waits until the page is still; what it has drawn since."""
        message = BackMsg()
        message.rerun_script.widget_states.widgets.append(WidgetState(id=self._buttons[label], trigger_value=True))
        return self._run(message, "")

    def redraw(self) -> str:
        """Lets the page run again, as any click does; what it has drawn."""
        return self._run(BackMsg(), "")

    def close(self) -> None:
        """Closes the window."""
        if self._socket is not None:
            self._socket.close()

    def _run(self, message: BackMsg, query: str) -> str:
        assert self._socket is not None
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self._page
        self._texts.clear()
        self._socket.send(message.SerializeToString())
        end = time.monotonic() + _PATIENCE_S
        while True:
            # TimeoutError: the page never came to rest.
            raw = self._socket.recv(timeout=max(0.1, end - time.monotonic()))
            assert isinstance(raw, bytes)
            self.stream += raw
            got = ForwardMsg.FromString(raw)
            kind = got.WhichOneof("type")
            if kind == "delta":
                self._drawn(got)
            elif kind == "new_session" and got.new_session.page_script_hash:
                self._page = got.new_session.page_script_hash
            elif kind == "auth_redirect":
                self._redirect = got.auth_redirect.url
            # A page that draws itself anew goes on: only the last run ends with this.
            elif kind == "script_finished" and got.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return "\n".join(self._texts)

    def _drawn(self, got: ForwardMsg) -> None:
        element = got.delta.new_element
        kind = element.WhichOneof("type") or ""
        if kind == "chat_input":
            self._chat = element.chat_input.id
        elif kind == "button":
            self._buttons[element.button.label] = element.button.id
        self._texts.append(str(getattr(element, kind)) if kind else "")

    def __enter__(self) -> Person:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
