"""Run dbt inside this process, follow its progress, and keep what came of each node."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.dbt.parsing import ParsedProject
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.terminal.progress import Reporter, Task

_FAILED = ("error", "fail", "runtime error")
_LOG_FILE = "dbt.log"
# The tag of tests of macros. Like unit tests they test the code, not the data.
_CODE_TESTS = "macros"
# Lines of dbt's messages that say where, not what.
_NOISE = ("> in macro", "> called by", "compiled code at", "compiled Code at")


@dataclass(frozen=True)
class TestedColumn:
    """What a test is about.

    Attributes:
        kind: `data` or `unit`.
        model: Name of the model (or seed) it tests.
        table: That model's table, such as DimCustomer.
        column: The column, or columns, where it is about some.
        severity: `error` or `warn`.
    """

    kind: str
    model: str | None
    table: str | None
    column: str | None
    severity: str


@dataclass(frozen=True)
class Node:
    """What came of one seed, model or test.

    Attributes:
        unique_id: dbt's own id.
        name: Its name.
        kind: `seed`, `model`, `test` or `operation`.
        layer: The folder of a model, such as `staging`, or among the marts `sales`;
            empty for others.
        table: The table's name in the database; empty for tests.
        relation: The table as it is written in SQL; empty for tests and views.
        status: `success`, `pass`, `warn`, `fail`, `error` or `skipped`.
        message: dbt's message, in one line.
        failures: Rows that failed a test.
        seconds: How long it ran.
        description: Of a test, or of its kind.
        test: For tests: what it is about.
    """

    unique_id: str
    name: str
    kind: str
    layer: str
    table: str
    relation: str
    status: str
    message: str
    failures: int | None
    seconds: float
    description: str | None
    test: TestedColumn | None


@dataclass(frozen=True)
class DbtBuild:
    """All nodes that dbt built, in the order they finished, and its log."""

    nodes: tuple[Node, ...]
    log: Path

    def has(self, name: str) -> bool:
        """Whether a model, seed or test of this name was built."""
        return any(node.name == name for node in self.nodes)

    def relation(self, name: str) -> str:
        """A table of this build, as it is written in SQL."""
        return next(node.relation for node in self.nodes if node.name == name)

    def failed(self) -> list[Node]:
        """The nodes that failed, without those skipped because of them."""
        return [node for node in self.nodes if node.status in _FAILED]


class DbtSession:
    """The project, parsed once, of which parts can be built one after the other.

    Args:
        project: The project and its variables.
        target: The target of `profiles.yml`.
        environment: Variables for dbt only, such as the database's path.
        target_path: Where dbt puts its artifacts and its log.
        reporter: Told each node.
    """

    def __init__(
        self,
        project: Project,
        target: str,
        environment: Mapping[str, str],
        target_path: Path,
        reporter: Reporter,
    ) -> None:
        self._environment = environment
        self._reporter = reporter
        self._log = target_path / _LOG_FILE
        self._options = [
            *("--target", target),
            *("--project-dir", str(project.root)),
            *("--profiles-dir", str(project.root)),
            *("--target-path", str(target_path)),
            *("--log-path", str(target_path)),
            *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
            *(("--vars", json.dumps(dict(project.given))) if project.given else ()),
        ]
        self._manifest: Any = None
        self._parsed = ParsedProject(
            target_path.parent, target, project.given, target_path
        )
        self._run_results = target_path / "run_results.json"
        self._earlier: list[Any] = []
        target_path.mkdir(parents=True, exist_ok=True)

    def build(
        self,
        select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        *,
        tests: bool = True,
    ) -> DbtBuild:
        """Run `dbt build` of a part of the project, without the tests of its code.

        Args:
            select: Selectors of the part; all of it by default.
            exclude: Selectors of what is left out.
            tests: Whether the tests of the data run too.

        Returns:
            What came of each node, failures included.

        Raises:
            PipelineError: dbt could not even start building.
            KeyboardInterrupt: It was interrupted.
        """
        arguments = [
            "build",
            *("--exclude-resource-type", "unit_test"),
            *(() if tests else ("--exclude-resource-type", "test")),
            *(("--select", *select) if select else ()),
            *("--exclude", f"tag:{_CODE_TESTS}", *exclude),
        ]
        with self._reporter.task("starting dbt", 0, steps=True) as task:
            if self._manifest is None:
                self._manifest = self._parse(task)
            result = self._invoke(arguments, task)
        self._keep_earlier_results()
        results = getattr(result, "results", None)
        if not results:
            raise PipelineError(f"dbt built nothing (log: {self._log})")
        aliases = {
            node.unique_id: node.alias
            for node in self._manifest.nodes.values()
            if getattr(node, "alias", None)
        }
        # What a kind of test fails for, where a test of it does not say.
        kinds = {
            macro.name: macro.description for macro in self._manifest.macros.values()
        }
        nodes = tuple(_node(result, aliases, kinds) for result in results)
        return DbtBuild(nodes, self._log)

    def _parse(self, task: Task) -> Any:
        # The build that follows writes the manifest for people.
        options = ("--no-write-json", *self._parsed.options())
        manifest = self._invoke(["parse", *options], task)
        self._parsed.keep()
        return manifest

    def data_tests(self) -> dict[str, str]:
        """The name of each test of the data that the parsed project has, by its id."""
        return {
            unique_id: node.name
            for unique_id, node in self._manifest.nodes.items()
            if str(node.resource_type) == "test" and _CODE_TESTS not in node.tags
        }

    def _keep_earlier_results(self) -> None:
        """Make dbt's artifact one of the whole build: dbt writes it for each part."""
        if not self._run_results.exists():
            return
        written = json.loads(self._run_results.read_text(encoding="utf-8"))
        written["results"] = [*self._earlier, *written["results"]]
        self._earlier = written["results"]
        self._run_results.write_text(json.dumps(written), encoding="utf-8")

    def _invoke(self, arguments: Sequence[str], task: Task) -> Any:
        follower = _Follower(self._reporter, task)
        with _surroundings(self._environment):
            # Importing dbt takes seconds: not before everything else was checked.
            from dbt.cli.main import dbtRunner

            runner = dbtRunner(manifest=self._manifest, callbacks=[follower])
            outcome = runner.invoke([*arguments, *self._options])
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if outcome.exception is not None:
            message = plain_message(str(outcome.exception))
            raise PipelineError(
                f"dbt stopped: {message}; {advice(message, f'its log is {self._log}')}"
            )
        return outcome.result


def plain_message(message: str) -> str:
    """What a message of dbt says, in one line, without where it says so."""
    lines = [line.strip() for line in message.strip().splitlines()]
    kept = [line for line in lines if line and not line.startswith(_NOISE)]
    if len(kept) > 1 and " Error" in kept[0]:
        del kept[0]
    return " ".join(kept)[:500]


def advice(message: str, otherwise: str) -> str:
    """What to do about a failure, by what its message says."""
    signs = ("disk is full", "disk I/O error", "No space left", "File too large")
    if any(sign in message for sign in signs):
        return "free some disk space and run again"
    return otherwise


class _Follower:
    """Turns dbt's events into progress. dbt calls it from several threads."""

    def __init__(self, reporter: Reporter, task: Task) -> None:
        self._reporter, self._task = reporter, task
        self._finished: set[str] = set()

    def __call__(self, event: Any) -> None:
        name = event.info.name
        if name == "ConcurrencyLine":
            self._task.expect(event.data.node_count, "building and testing")
        elif name == "NodeStart":
            self._task.doing(event.data.node_info.node_name)
        elif name == "NodeFinished":
            # dbt says so twice of a unit test.
            node = event.data.node_info.unique_id
            if node not in self._finished and not node.startswith("operation."):
                self._finished.add(node)
                self._task.advance(1)
        elif name == "JinjaLogWarning":
            self._reporter.warn(plain_message(event.data.msg))
        elif name == "LogTestResult" and event.data.status in ("warn", "fail"):
            self._reporter.warn(
                f"test {event.data.name}: {event.data.status}, "
                f"{event.data.num_failures} rows"
            )


@contextmanager
def _surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and undo what dbt does to the process.

    dbt's own variables, each of which stands for an option, do not reach it: some would
    leave tests out or number every key anew, and nothing would tell.
    """
    removed = [name for name in os.environ if name.upper().startswith("DBT_")]
    before = {name: os.environ.get(name) for name in (*removed, *environment)}
    folder, command = Path.cwd(), sys.argv
    for name in removed:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = command[:1]  # dbt notes it, and stops at a name that is no UTF-8
    try:
        yield
    finally:
        sys.argv = command
        os.chdir(folder)  # dbt moves into the project
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _node(result: Any, aliases: Mapping[str, str], kinds: Mapping[str, str]) -> Node:
    node = result.node
    generic = getattr(node, "test_metadata", None)
    kind = str(node.resource_type)
    fqn = list(getattr(node, "fqn", []))
    folders = [folder for folder in fqn[1:-1] if folder != "marts"]
    layer = folders[0] if kind == "model" and folders else ""
    config = node.config
    is_table = kind in ("model", "seed") and str(config.materialized) != "view"
    return Node(
        unique_id=node.unique_id,
        name=node.name,
        kind="test" if kind == "unit_test" else kind,
        layer=layer,
        table=getattr(node, "alias", "") if kind in ("model", "seed") else "",
        relation=(getattr(node, "relation_name", "") or "") if is_table else "",
        status=str(result.status),
        message=plain_message(str(result.message or "")),
        failures=result.failures,
        seconds=float(result.execution_time),
        description=getattr(node, "description", None)
        or (kinds.get(f"test_{generic.name}") if generic else None)
        or None,
        test=_tested(node, kind, aliases) if kind in ("test", "unit_test") else None,
    )


def _tested(node: Any, kind: str, aliases: Mapping[str, str]) -> TestedColumn:
    depends = list(getattr(node.depends_on, "nodes", []))
    tested = (
        getattr(node, "attached_node", None)
        or getattr(node, "tested_node_unique_id", None)
        or (depends[0] if depends else None)
    )
    model = tested.split(".")[2] if tested else None
    return TestedColumn(
        kind="unit" if kind == "unit_test" else "data",
        model=model,
        table=aliases.get(tested, model) if tested else None,
        column=getattr(node, "column_name", None) or _tested_columns(node) or None,
        severity=str(getattr(node.config, "severity", None) or "error").lower(),
    )


def _tested_columns(node: Any) -> str:
    """The columns that a test of several names in its arguments."""
    generic = getattr(node, "test_metadata", None)
    arguments = generic.kwargs if generic else {}
    columns = [
        *arguments.get("combination_of_columns", ()),
        *(
            column
            for parent in arguments.get("parents", ())
            for column in parent["columns"]
        ),
        *arguments.get("not_null", ()),
        *arguments.get("accepted_values", ()),
        *arguments.get("accepted_range", ()),
    ]
    return ", ".join(columns)
