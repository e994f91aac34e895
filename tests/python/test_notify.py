"""Whoever is to be told of builds is told; and no notifier holds or breaks one."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from pipeline import notify
from pipeline.__main__ import main
from pipeline.build_record import BuildInfo, BuildSummary, RowsByReason
from pipeline.commands import build as build_command
from pipeline.doubts import Doubt
from pipeline.errors import BuildFailedError, PipelineError
from pipeline.notify import Message, News, tell
from pipeline.terminal.progress import Reporter

SECRET = "s3cr3t-t0ken"  # noqa: S105
NOBODY = "Ann Smith 4711"
MESSAGE = Message("failure", "shop.db: the build failed", "Why: a test failed.")
SUMMARY = BuildSummary(
    database="/home/ann/shop.db",
    info=BuildInfo(*["x"] * 12, 1.0),
    seconds=61.4,
    stages=(),
    tables={},
    tests={"pass": 150, "warn": 2},
    rejected_rows=(RowsByReason("raw_orders", "bad date", 3),),
    nulled_values=(),
    doubts=(),
    warnings=(f"an odd status: {NOBODY}",),
)


class Hook:
    """A webhook that keeps what it was sent, and answers as it is told to."""

    def __init__(self, status: int, wait: threading.Event | None) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.on_post: Callable[[], None] = lambda: None
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.bodies.append(json.loads(body))
                hook.on_post()
                if wait is not None:
                    wait.wait(30)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://user:{SECRET}@127.0.0.1:{self.server.server_port}/hook"


@contextmanager
def serving(status: int = 200, wait: threading.Event | None = None) -> Iterator[Hook]:
    hook = Hook(status, wait)
    thread = threading.Thread(target=hook.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hook
    finally:
        if wait is not None:
            wait.set()
        hook.server.shutdown()
        thread.join()
        hook.server.server_close()


@contextmanager
def nobody_listening() -> Iterator[str]:
    """A port that is taken, and refuses."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"json://user:{SECRET}@127.0.0.1:{taken.getsockname()[1]}/"


@pytest.fixture(autouse=True)
def notified(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets who is to be told; nobody, until it is called."""
    monkeypatch.delenv(notify.NOTIFY, raising=False)
    monkeypatch.delenv(notify.NOTIFY_ALL, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return lambda *urls: monkeypatch.setenv(notify.NOTIFY, "\n ".join(urls))


@pytest.fixture
def run_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[BaseException | BuildSummary], tuple[int, str]]:
    """Runs the command with a build that ends as it is told to: exit code and log."""

    def run(end: BaseException | BuildSummary) -> tuple[int, str]:
        def build(*_: object) -> BuildSummary:
            if isinstance(end, BaseException):
                raise end
            return end

        monkeypatch.setattr(build_command, "build", build)
        arguments = ["build", "--database", "/tmp/ann/shop.db", "--target", "sqlite"]  # noqa: S108
        code = main(arguments)
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return code, err

    return run


def test_a_webhook_and_a_mailbox_are_told_and_others_are_warned_of(
    notified: Callable[..., None],
) -> None:
    mails: list[Any] = []

    class Mailbox:
        async def handle_DATA(self, server: object, session: object, mail: Any) -> str:  # noqa: N802
            del server, session
            mails.append(mail)
            return "250 OK"

    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    mailbox = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    mailbox.start()
    mail = f"mailto://127.0.0.1:{port}?from=dwh@example.org&to=shop@example.org"
    reporter = Reporter()
    try:
        with serving() as hook, serving(500) as broken, nobody_listening() as down:
            wrong = f"gibberish://{SECRET}"
            notified(hook.url, mail, broken.url, down, wrong)
            assert not tell(MESSAGE, reporter)
    finally:
        mailbox.stop()

    assert [(body["title"], body["message"]) for body in hook.bodies] == [
        (MESSAGE.title, MESSAGE.body)
    ]
    assert [body["type"] for body in hook.bodies] == ["failure"]
    ((envelope),) = mails
    assert envelope.rcpt_tos == ["shop@example.org"]
    assert MESSAGE.title in envelope.content.decode()
    assert reporter.warnings == [
        "DWH_NOTIFY, URL 3 of 5: JSON did not take it",
        "DWH_NOTIFY, URL 4 of 5: JSON did not take it",
        "DWH_NOTIFY, URL 5 of 5: Apprise does not know such a URL; see how it writes "
        "them",
    ]


def test_who_is_slow_does_not_keep_others_waiting(
    notified: Callable[..., None],
) -> None:
    others_are_told = threading.Event()
    slow_is_asked = threading.Event()
    with serving(wait=slow_is_asked) as hook, serving(wait=others_are_told) as slow:
        notified(f"{slow.url}?rto=60", hook.url)
        slow.on_post, hook.on_post = slow_is_asked.set, others_are_told.set
        assert tell(MESSAGE, Reporter())
        assert len(hook.bodies) == len(slow.bodies) == 1


# It has told one of two, and will never end; nor does what it started.
HANGING = """#!/bin/sh
echo '{"place": 2, "fault": null}'
sleep 600 &
echo $! > "$0.started"
wait
"""


def test_a_notifier_that_hangs_is_ended_with_what_it_started(
    notified: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "hanging"
    program.write_text(HANGING)
    program.chmod(0o700)
    monkeypatch.setattr(notify.sys, "executable", str(program))
    monkeypatch.setattr(notify, "SECONDS", 4.0)
    notified("json://127.0.0.1:9", "json://127.0.0.1:9")
    reporter = Reporter()
    start = time.monotonic()

    assert not tell(MESSAGE, reporter)

    assert time.monotonic() - start < 60
    assert reporter.warnings == ["DWH_NOTIFY, URL 1 of 2: no answer within 4 seconds"]
    started = int((tmp_path / "hanging.started").read_text())

    def is_there() -> bool:
        with suppress(FileNotFoundError, ProcessLookupError):
            state = Path(f"/proc/{started}/stat").read_text(encoding="utf-8")
            return state.split()[2] != "Z"
        return False

    # What was killed goes when it comes to its turn.
    while is_there():
        assert time.monotonic() - start < 60
        time.sleep(0.02)


def test_a_notifier_that_ends_or_cannot_begin_is_a_warning(
    notified: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    notified("json://127.0.0.1:9")
    reporter = Reporter()
    for program in ("/bin/true", "/nonexistent"):
        monkeypatch.setattr(notify.sys, "executable", program)
        assert not tell(MESSAGE, reporter)

    assert reporter.warnings == [
        "DWH_NOTIFY, URL 1 of 1: the notifier ended without an answer",
        "DWH_NOTIFY: nobody could be told: FileNotFoundError",
    ]


def test_people_are_told_of_a_failure_without_a_value_of_a_row(
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
) -> None:
    with serving() as hook:
        notified(hook.url)
        failure = BuildFailedError(f"test x failed: {NOBODY}", kind="test x failed")
        code, log = run_build(failure)

    assert code == 1
    assert log.splitlines()[-1] == f"build failed: {failure}"
    ((body),) = hook.bodies
    assert (body["type"], body["title"]) == ("failure", "shop.db: the build failed")
    assert body["message"].splitlines()[0] == "Why: test x failed."
    assert NOBODY not in str(body)


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (PipelineError(NOBODY), "refused"),
        (ValueError(NOBODY), "ValueError"),
        (OSError(28, "No space left", f"/home/{NOBODY}"), "no space left on device"),
    ],
)
def test_why_a_build_failed_is_told_by_its_kind(failure: Exception, why: str) -> None:
    message = News("shop.db").failed(failure)

    assert message.body.startswith(f"Why: {why}.\n")
    assert NOBODY not in str(message)


def test_a_good_build_is_told_only_where_that_is_asked_for(
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving() as hook:
        notified(hook.url)
        assert run_build(SUMMARY)[0] == 0
        assert hook.bodies == []
        monkeypatch.setenv(notify.NOTIFY_ALL, "1")
        assert run_build(SUMMARY)[0] == 0

    ((body),) = hook.bodies
    assert (body["type"], body["title"]) == (
        "success",
        "shop.db: built and published",
    )
    assert body["message"] == "152 tests, 3 rows rejected, 61 seconds."


def test_what_is_newly_odd_is_told_by_its_check_and_day(
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
) -> None:
    def doubt(check: str, subject: str, day: str, since: str = "x") -> Doubt:
        return Doubt(check, subject, day, "warn", f"sold to {NOBODY}", since)

    known = doubt("odd_orders", "", "2024-03-01", "2024-03-02")
    new = [
        doubt("odd_orders", "", "2024-03-07"),
        doubt("country_gone", NOBODY, ""),
        doubt("country_gone", "Chile", ""),
    ]
    many = [doubt("odd_orders", "", f"day {n}") for n in range(99)]
    with serving() as hook:
        notified(hook.url)
        assert run_build(replace(SUMMARY, doubts=(known,)))[0] == 0
        assert run_build(replace(SUMMARY, doubts=(known, *new)))[0] == 0

    ((body),) = hook.bodies
    assert (body["type"], body["title"]) == (
        "warning",
        "shop.db: published, but look at it",
    )
    assert body["message"].splitlines()[:2] == [
        "- odd orders on 2024-03-07",
        "- country gone (2 times)",
    ]
    assert NOBODY not in str(body)
    news = News("shop.db")
    news.add(replace(SUMMARY, doubts=tuple(many)))
    assert "\n- 89 more\n" in news.published(SUMMARY).body
    assert "- odd orders on day 0\n" in news.failed(PipelineError("x")).body


def test_an_interrupted_build_is_told_where_nobody_sits_before_it(
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
) -> None:
    with serving() as hook:
        notified(hook.url)
        assert run_build(KeyboardInterrupt())[0] == 130

    assert [body["title"] for body in hook.bodies] == [
        "shop.db: the build was interrupted"
    ]


@pytest.mark.parametrize("end", [SUMMARY, PipelineError("it failed")])
def test_no_notifier_changes_what_came_of_a_build(
    end: BaseException | BuildSummary,
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(notify.NOTIFY_ALL, "1")
    quiet = run_build(end)
    with nobody_listening() as down:
        notified(down)
        told = run_build(end)

    assert told[0] == quiet[0]
    assert "DWH_NOTIFY, URL 1 of 1: JSON did not take it" in told[1]


def test_without_apprise_a_build_says_how_to_get_it(
    notified: Callable[..., None],
    run_build: Callable[[BaseException | BuildSummary], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notified("json://127.0.0.1:9")
    monkeypatch.setattr(notify, "find_spec", lambda _: None)

    code, log = run_build(PipelineError("it failed"))
    assert (code, log.count("pip install '.[notify]'")) == (1, 1)


def test_a_trial_tells_everybody_or_says_that_it_could_not(
    notified: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify"]) == 1
    assert "set DWH_NOTIFY" in capsys.readouterr().err
    with serving() as hook:
        notified(hook.url)
        assert main(["notify"]) == 0
        assert [body["type"] for body in hook.bodies] == ["info"]
        notified(hook.url, "gibberish://")
        assert main(["notify"]) == 1


def test_the_url_is_in_no_list_of_processes(notified: Callable[..., None]) -> None:
    started = threading.Event()
    with serving(wait=started) as slow:
        notified(slow.url + "?rto=60")
        seen: list[str] = []

        def look() -> None:
            while not slow.bodies:
                time.sleep(0.02)
            for entry in os.listdir("/proc"):  # noqa: PTH208
                if entry.isdigit():
                    try:
                        with open(f"/proc/{entry}/cmdline") as file:  # noqa: PTH123
                            seen.append(file.read())
                    except OSError:
                        continue
            started.set()

        looking = threading.Thread(target=look)
        looking.start()
        assert tell(MESSAGE, Reporter())
        looking.join()

    assert any("pipeline.notify" in line for line in seen)
    assert not any(SECRET in line for line in seen)
