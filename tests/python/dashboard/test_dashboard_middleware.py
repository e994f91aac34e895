"""The door before Streamlit, knocked at over the wire of a running dashboard."""

import http.client
import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dashboard_support import ROOT
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from benchmarks.dashboard_server import running
from dashboard.middleware import MOST_SOCKETS
from dashboard.server import MOST_IDLE_CONNECTIONS

PATHS = ("/", "/products", "/_stcore/health", "/app/static/world_110m.json", "/nothing")


@pytest.fixture(scope="module")
def outside() -> Iterator[socket.socket]:
    """A proxy that stands for the internet: whoever asks it for anything is heard."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def server(
    demo_warehouse: Path,
    outside: socket.socket,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A running dashboard whose requests to other hosts would go to `outside`."""
    proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
    settings = {
        "DWH_DATABASE": str(demo_warehouse),
        **dict.fromkeys(("http_proxy", "https_proxy"), proxy),
        "no_proxy": "",
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://shop.example.com",
    }
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with running(settings, log) as url:
        yield url
        assert "Traceback" not in log.read_text()


def answer(
    server: str, path: str, host: str | None = None, **headers: str
) -> http.client.HTTPResponse:
    """What the server says to a request with these headers."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
    connection.putrequest("GET", path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


def handshake(server: str, origin: str | None, **options: object) -> ClientConnection:
    """A websocket as a page of the origin opens it."""
    return connect(
        f"{server.replace('http', 'ws', 1)}/_stcore/stream",
        origin=origin,  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        compression=None,
        max_size=None,
        **options,  # type: ignore[arg-type]
    )


def drawn(server: str) -> list[bytes]:
    """All that a page gets from the server until it is drawn."""
    frames = []
    message = BackMsg()
    message.rerun_script.query_string = ""
    with handshake(server, server) as page:
        page.send(message.SerializeToString())
        while not frames or (
            ForwardMsg.FromString(frames[-1]).WhichOneof("type") != "script_finished"
        ):
            frames.append(bytes(page.recv(timeout=60)))
    return frames


def test_a_page_names_the_code_of_its_pictures_to_be_fetched_at_once(
    server: str,
) -> None:
    link = answer(server, "/overview").getheader("Link", "")
    path, kind = re.fullmatch(r"<\./(.+)>; rel=(\w+)", link).groups()  # type: ignore[union-attr]
    assert kind == "modulepreload"
    code = answer(server, f"/{path}")
    assert code.status == 200
    assert "javascript" in code.getheader("Content-Type", "")
    assert code.getheader("Link") is None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:x",
        "user@localhost",
        "localhost/",
        "",
    ],
)
def test_another_host_name_is_refused_on_every_path(
    server: str, path: str, host: str
) -> None:
    assert answer(server, path, host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST:8501"])
def test_its_own_names_are_answered(server: str, host: str) -> None:
    assert answer(server, "/_stcore/health", host).status == 200


def test_two_host_names_are_none(server: str) -> None:
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=20) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert wire.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:1",
        "http://localhost",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example:{port}",
        "https://shop.example.com:8443",
        "http://shop.example.com",
        "file://",
        "null",
        None,
    ],
)
def test_a_page_of_another_origin_gets_no_socket_and_nothing_is_looked_up(
    server: str, outside: socket.socket, origin: str | None
) -> None:
    if origin is not None:
        origin = origin.format(port=urlsplit(server).port)
    with (
        pytest.raises(InvalidStatus, match="403"),
        handshake(server, origin, open_timeout=60),
    ):
        pass
    if origin is not None:
        assert answer(server, "/", Origin=origin).status == 403
    outside.settimeout(0.2)
    with pytest.raises(TimeoutError):
        outside.accept()


@pytest.mark.parametrize("origin", ["its own", "https://shop.example.com"])
def test_its_own_pages_and_those_allowed_get_one(
    server: str, outside: socket.socket, origin: str
) -> None:
    with handshake(server, server if origin == "its own" else origin):
        pass
    outside.settimeout(0.2)
    with pytest.raises(TimeoutError):
        outside.accept()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_of_others_may_frame_it_and_none_is_asked_for_anything(
    server: str, path: str
) -> None:
    headers = answer(server, path).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert not [part for part in policy if "http" in part or "*" in part]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_path_of_the_server_reaches_the_page(server: str) -> None:
    frames = drawn(server)
    assert len(frames) > 10
    assert not [frame for frame in frames if str(ROOT).encode() in frame]


def test_so_many_pages_may_be_open_and_no_more(server: str) -> None:
    with ExitStack() as pages:
        for _ in range(MOST_SOCKETS):
            pages.enter_context(handshake(server, server))
        with pytest.raises(InvalidStatus, match="403"), handshake(server, server):
            pass
    assert drawn(server)


def test_connections_that_say_nothing_give_way_to_those_that_do(server: str) -> None:
    address = urlsplit(server)
    with ExitStack() as connections:
        silent = [
            connections.enter_context(
                socket.create_connection((address.hostname, address.port), timeout=20)
            )
            for _ in range(MOST_IDLE_CONNECTIONS + 50)
        ]
        assert answer(server, "/_stcore/health").status == 200
        # Those of the tests before go first; one that was hung up on can be read.
        deadline = time.monotonic() + 10
        while len(select.select(silent, [], [], 1)[0]) <= 30:
            assert time.monotonic() < deadline, "silent connections are still open"
            time.sleep(0.1)
