"""The server that `streamlit run` starts: Streamlit behind a guard."""

import gc
import importlib
import itertools
import pkgutil
import sys
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import net_util
from streamlit.runtime.secrets import secrets_singleton
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from dashboard import charts, queries
from dashboard.login import secret_fault
from dashboard.middleware import RequestGuard

# A browser opens six connections, and asks on each at once.
MOST_IDLE_CONNECTIONS = 128
# Connections are taken by the thousand (uvicorn's backlog) before they can be counted.
_FILES = 4096


def settings(script: Path) -> dict[str, Any]:
    """What `st.App` is made with.

    Args:
        script: The file that Streamlit runs to draw a page.

    Raises:
        SystemExit: A login is set up with a secret that protects nobody.
    """
    _check_secret()
    _import_early()
    # Streamlit asks a host on the internet which address this machine has, to compare
    # it with the origin of a page; the guard has compared already.
    net_util.get_external_ip = lambda: None
    _allow_files(_FILES)
    _bound_idle_connections(AutoHTTPProtocol, MOST_IDLE_CONNECTIONS)
    return {
        "middleware": [
            Middleware(
                RequestGuard,
                hosts=st.get_option("server.allowedHosts"),
                origins=st.get_option("server.corsAllowedOrigins"),
                script=script,
                early=_pictures(),
            )
        ]
    }


def _import_early() -> None:
    """Import what the first page would wait for, and count it as there for good.

    Streamlit looks through all objects for garbage after every run: modules alone took
    60 ms of it, and the page's last words waited meanwhile.
    """
    for name in ("pyarrow", "plotly.io", "plotly.tools", "dashboard.navigation"):
        importlib.import_module(name)
    for package in (charts, queries):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    gc.freeze()


def _pictures() -> list[str]:
    """Where the browser's part of Plotly is, below the address of a page.

    Asked for with the page, it is there when the first picture comes.
    """
    static = Path(st.__file__).parent / "static"
    found = static.glob("static/js/PlotlyChart.*.js")
    return [f"./{path.relative_to(static).as_posix()}" for path in found]


def _check_secret() -> None:
    if not secrets_singleton.load_if_toml_exists():
        return
    login = st.secrets.get("auth")
    if login is not None and (fault := secret_fault(login.get("cookie_secret"))):
        sys.exit(
            f"dashboard: cookie_secret in secrets.toml {fault}; put in what this "
            "prints: openssl rand -hex 32"
        )


def _allow_files(wanted: int) -> None:
    """Let this process open so many files at a time, where the system lets it."""
    if sys.platform == "win32":  # has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _bound_idle_connections(protocol: Any, most: int) -> None:
    """Hang up on whoever has been silent longest, once too many are.

    Uvicorn waits for a first request without end, and Streamlit sets none of its
    limits: a thousand connections that say nothing use up the files a process may open.
    """
    made = protocol.connection_made
    numbers = itertools.count()

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.number = next(numbers)
        idle = [
            one
            for one in self.connections
            if isinstance(one, protocol)
            and not one.transport.is_closing()
            and (one.cycle is None or one.cycle.response_complete)
        ]
        if len(idle) > most:
            min(idle, key=lambda one: one.number).transport.abort()

    protocol.connection_made = connection_made
