"""What every request passes before Streamlit sees it.

Streamlit checks the host of a websocket only, takes any local port for its own origin,
and asks a host on the internet for this machine's address before it refuses a page. The
guard knows which names the dashboard has (`server.allowedHosts`) and whose pages may
talk to it (its own, and `server.corsAllowedOrigins`), and lets nobody else in.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# Each socket is a session with a thread of its own now and then.
MOST_SOCKETS = 64

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?")

# Streamlit styles and computes in the page (Plotly compiles its shaders, a metric's
# line is Vega's). Nothing but this server is asked for anything, and no page of others
# may show the dashboard inside its own.
_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RequestGuard:
    """An ASGI middleware that lets in who may come in.

    Args:
        app: What is guarded.
        hosts: The names under which the dashboard is reached, or patterns such as
            `*.example.com`.
        origins: Whose pages may talk to it besides its own, each as
            `https://shop.example.com`, with the port where it is not the usual one.
        script: The file that Streamlit runs; its folder stays untold.
        early: What every page needs, by its path, to be fetched while it is drawn.
        most_sockets: How many pages may be open at a time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        origins: Iterable[str],
        script: Path,
        early: Iterable[str] = (),
        most_sockets: int = MOST_SOCKETS,
    ) -> None:
        self._app = app
        self._hosts = [host.strip().lower() for host in hosts]
        self._origins = {origin.strip().lower().rstrip("/") for origin in origins}
        self._script = script.name
        self._folder = str(script.parent).encode()
        self._early = ", ".join(f"<{path}>; rel=modulepreload" for path in early)
        self._most_sockets = most_sockets
        self._sockets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if self._early and "text/html" in headers.get("content-type", ""):
                    headers["Link"] = self._early
            await send(message)

        if self._is_known(scope):
            await self._app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("Forbidden", HTTPStatus.FORBIDDEN)
            await refusal(scope, receive, send_guarded)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_untold(message: Message) -> None:
            if self._folder in (data := message.get("bytes") or b""):
                message = {**message, "bytes": self._without_folder(data)}
            await send(message)

        # A browser always says whose page it is that opens a socket.
        is_ours = self._is_known(scope) and "origin" in Headers(scope=scope)
        if not is_ours or self._sockets >= self._most_sockets:
            await send({"type": "websocket.close", "code": 1013 if is_ours else 1008})
            return
        self._sockets += 1
        try:
            await self._app(scope, receive, send_untold)
        finally:
            self._sockets -= 1

    def _is_known(self, scope: Scope) -> bool:
        """Whether it asks for this dashboard by name, and from a page of its own."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or len(origins) > 1:
            return False
        host = hosts[0].lower()
        if not self._is_host(host):
            return False
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        return {origin.lower() for origin in origins} <= {
            f"{scheme}://{host}",
            *self._origins,
        }

    def _is_host(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1].strip("[]").rstrip(".")
        return any(
            name.endswith(known[1:]) if known.startswith("*.") else known in (name, "*")
            for known in self._hosts
        )

    def _without_folder(self, data: bytes) -> bytes:
        """Streamlit tells each browser where its script is; the name will do."""
        told = ForwardMsg.FromString(data)
        if told.WhichOneof("type") != "new_session":
            return data
        told.new_session.main_script_path = self._script
        return bytes(told.SerializeToString())
