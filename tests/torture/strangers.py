"""Requests of strangers to a running dashboard: hosts, origins, cookies, paths."""

import base64
import random
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from benchmarks.dashboard_server import running
from tests.torture.attack import Arena, Attack
from tests.torture.children import ROOT
from tests.torture.generations import write_folder

_SECONDS = 20.0
_OWN = ("localhost", "127.0.0.1")
_FOREIGN = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
    "[::1]",
    "user@localhost",
    "localhost:x",
    "localhost,evil.example",
    "0x7f.1",
    "127.1",
    "localhost/",
    "localhost\t.evil",
    "\uff4c\uff4f\uff43alhost",
    "a" * 3000,
    "2130706433",
    "%6cocalhost",
]
_ORIGINS = [
    "null",
    "file://",
    "http://evil.example",
    "https://{host}",
    "http://{host}.evil.example",
    "http://localhost:1",
    "http://{host}@evil.example",
    "http://{host}, http://evil.example",
    "{host}",
    "http://{host}/",
    "javascript:1",
    "http://{host}#@evil.example",
    "x" * 3000,
]
_PATHS = [
    "/",
    "/products",
    "/_stcore/health",
    "/_stcore/host-config",
    "/app/static/world_110m.json",
    "/nothing",
    "/../../../../etc/passwd",
    "/app/static/../../../../etc/passwd",
    "//evil.example/",
    "/app/static/%2e%2e/%2e%2e/app.py",
    "/app/static/..%2f..%2fdashboard.py",
    "/%00",
    "/%ff%fe",
    "/media/../app.py",
    "/_stcore/upload_file/x/y",
    "/component/../x",
    "/?a=" + "b" * 5000,
    "/%s%n",
]
_PIECES = [
    "_streamlit_xsrf",
    "=",
    ";",
    '"',
    "\\",
    "é",
    "2|a|b|c",
    ", ",
    "a" * 900,
    "{}",
    "%0d%0a",
]
_SOCKET = "/_stcore/stream"


def _host(chance: random.Random, port: int) -> tuple[str, bool]:
    """A host, and whether it is the dashboard's."""
    if chance.random() < 0.5:
        name = chance.choice(_OWN)
        return chance.choice([name, name.upper(), f"{name}:{port}", f"{name}:8"]), True
    return chance.choice(_FOREIGN) + chance.choice(["", "", f":{port}"]), False


def _origin(chance: random.Random, host: str) -> tuple[str | None, bool]:
    """An origin, and whether it is the page's own."""
    drawn = chance.random()
    if drawn < 0.3:
        return None, True
    if drawn < 0.6:
        return f"http://{host}", True
    return chance.choice(_ORIGINS).format(host=host), False


def _request(chance: random.Random, port: int) -> tuple[bytes, str]:
    """A request, and what it is: `ours`, our `socket`, `foreign`, or `noise`."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randint(1, 3000)) + b"\r\n\r\n", "noise"
    host, is_own_host = _host(chance, port)
    origin, is_own_origin = _origin(chance, host)
    is_socket = chance.random() < 0.3
    lines = [
        f"GET {_SOCKET if is_socket else chance.choice(_PATHS)} HTTP/1.1",
        f"Host: {host}",
    ]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if chance.random() < 0.5:
        lines.append(
            "Cookie: " + "".join(chance.choices(_PIECES, k=chance.randint(1, 9)))
        )
    if is_socket:
        key = base64.b64encode(chance.randbytes(16)).decode()
        lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Protocol: streamlit", f"Sec-WebSocket-Key: {key}"]
    lines.append(f"Connection: {'Upgrade' if is_socket else 'close'}")
    is_ours = is_own_host and is_own_origin and not (is_socket and origin is None)
    kind = ("socket" if is_socket else "ours") if is_ours else "foreign"
    return "\r\n".join([*lines, "", ""]).encode(), kind


def _answer(address: tuple[str, int], request: bytes) -> bytes:
    """What comes back, whole, or until the server closes."""
    answer = b""
    with socket.create_connection(address, timeout=_SECONDS) as wire:
        wire.sendall(request)
        if not request.startswith(b"GET /"):
            wire.shutdown(socket.SHUT_WR)  # or the server may wait for more of it
        while not _is_whole(answer) and (chunk := wire.recv(1 << 16)):
            answer += chunk
    return answer


def _is_whole(answer: bytes) -> bool:
    """Whether all of an answer is there, as its headers tell; a socket has no end."""
    headers, end, body = answer.lower().partition(b"\r\n\r\n")
    if not end:
        return False
    length = re.search(rb"\r\ncontent-length: *(\d+)", headers)
    if length is not None:
        return len(body) >= int(length[1])
    return b"\r\ntransfer-encoding: chunked" not in headers or body.endswith(
        b"0\r\n\r\n"
    )


def _fault(answer: bytes, kind: str) -> str | None:
    status = answer[9:12].decode("ascii", "replace")
    if status.startswith("5"):
        return f"the server failed: {answer[:200]!r}"
    if str(ROOT).encode() in answer or b"root:" in answer or b"Traceback" in answer:
        return f"it tells of the server: {answer[:300]!r}"
    if kind == "foreign" and answer and status not in ("400", "403", "431"):
        return f"a stranger got in: {answer[:200]!r}"
    if kind == "ours" and status in ("", "403"):
        return f"the dashboard's own page was refused: {answer[:200]!r}"
    if kind == "socket" and status != "101":
        return f"the dashboard's own socket was refused: {answer[:200]!r}"
    return None


def strangers(arena: Arena) -> Iterator[str | None]:
    """Each request is let in or refused by its host and origin, and told no more."""
    database = str(arena.folder / "shop.db")
    raw = str(write_folder(arena.folder / "raw", 1))
    arena.children.run(
        "build", "--raw", raw, "--database", database, task="without_dbt"
    )
    log = arena.folder / "log"
    with running({"DWH_DATABASE": database}, log) as url:
        place = urlsplit(url)
        address = (str(place.hostname), int(place.port or 0))
        while True:
            request, kind = _request(arena.random, address[1])
            try:
                fault = _fault(_answer(address, request), kind)
            except ConnectionError:
                fault = None if kind in ("noise", "foreign") else "the connection broke"
            except TimeoutError:
                fault = "no answer"
            if "Traceback" in log.read_text("utf-8", "replace"):
                fault = fault or "a traceback in the server's log"
                log.write_text("")
            yield fault and f"{kind} {request[:400]!r}: {fault}"


ATTACKS = (Attack("strangers ask the dashboard", strangers, ("sqlite",), 100),)
