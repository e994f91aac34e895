"""Run dbt inside this process, follow its progress, and keep what came of each node."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pipeline.dbt.nodes import Node, read_node
from pipeline.dbt.oddities import ParsedProject, advice, plain_message, surroundings
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.installation import make_folder
from pipeline.terminal.progress import Reporter, Task

# The tag of tests of macros. Like unit tests they test the code, not the data.
_CODE_TESTS = "macros"


@dataclass(frozen=True)
class DbtBuild:
    """All nodes that dbt built, in the order they finished, and its log."""

    nodes: tuple[Node, ...]
    log: Path

    @property
    def failed(self) -> list[Node]:
        """The nodes that failed, without those skipped because of them."""
        return [node for node in self.nodes if node.is_failed]


@dataclass(frozen=True)
class CompiledTest:
    """A test of the data: its name, and the query of the rows that fail it."""

    name: str
    sql: str


class DbtSession:
    """The project, parsed once, of which parts can be built one after the other.

    Args:
        environment: Variables for dbt only, such as the database's path.
        target_path: Where dbt puts its artifacts and its log.

    Attributes:
        left_out: Kinds of nodes that are not built; unit tests are of the code.
    """

    left_out: ClassVar[tuple[str, ...]] = ("unit_test",)

    def __init__(
        self,
        project: Project,
        target: str,
        environment: Mapping[str, str],
        target_path: Path,
        reporter: Reporter,
    ) -> None:
        self._target = target
        self._environment = environment
        self._reporter = reporter
        self._log = target_path / "dbt.log"
        self._options = [
            "--no-write-json",
            *("--target", target),
            # The profile's one is for dbt without the pipeline, on its own connections.
            *(("--threads", "2") if target == "sqlite" else ()),
            *("--project-dir", str(project.root)),
            *("--profiles-dir", str(project.root)),
            *("--target-path", str(target_path)),
            *("--log-path", str(target_path)),
            *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
        ]
        # Parsed without them, whatever they are: none of the project's configurations
        # or dependencies asks for one, and dbt would parse everything for each set.
        self._variables = (
            ["--vars", json.dumps(dict(project.given))] if project.given else []
        )
        self._manifest: Any = None
        self._parsed = ParsedProject(target, target_path)
        self._results: list[Any] = []
        make_folder(target_path)

    def build(
        self, select: Sequence[str] = (), exclude: Sequence[str] = ()
    ) -> DbtBuild:
        """Run `dbt build` of a part of the project, without the tests of its code.

        Returns:
            What came of each node, failures included.

        Raises:
            PipelineError: dbt could not even start building.
            KeyboardInterrupt: It was interrupted.
        """
        arguments = [
            # Of the tests, those named, and not all of what is named.
            *("build", "--indirect-selection=empty"),
            *(f"--exclude-resource-type={kind}" for kind in self.left_out),
            *(("--select", *select) if select else ()),
            *("--exclude", f"tag:{_CODE_TESTS}", *exclude),
            *self._variables,
        ]
        with self._reporter.task("starting dbt", 0, steps=True) as task:
            self._require_manifest(task)
            result = self._invoke(arguments, task)
        results = getattr(result, "results", None)
        if not results:
            raise PipelineError(f"dbt built nothing (log: {self._log})")
        nodes = tuple(read_node(result, self._manifest) for result in results)
        # dbt's artifact is one of the whole build: dbt would write it for each part.
        result.results = self._results = [*self._results, *results]
        result.write(str(self._log.with_name("run_results.json")))
        return DbtBuild(nodes, self._log)

    def _parse(self, task: Task) -> Any:
        with surroundings(self._environment):
            options = self._parsed.options()
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

    def tables(self) -> dict[str, list[str]]:
        """The tables of all seeds and models, with the columns of their contracts."""
        with self._reporter.task("starting dbt", 0, steps=True) as task:
            self._require_manifest(task)
        return {
            node.alias: list(node.columns) if node.config.contract.enforced else []
            for node in self._manifest.nodes.values()
            if str(node.resource_type) in ("seed", "model")
        }

    def compiled_tests(self) -> list[CompiledTest]:
        """The tests of the data that stop a build, without asking the database."""
        select = ["--select", "test_type:data", "--exclude", f"tag:{_CODE_TESTS}"]
        ask_nothing = ["--no-introspect", "--no-populate-cache", "--no-write-json"]
        with self._reporter.task("compiling tests", 0, steps=True) as task:
            self._require_manifest(task)
            compiled = self._invoke(
                ["compile", *ask_nothing, *select, *self._variables], task
            )
        return [
            CompiledTest(result.node.name, result.node.compiled_code.strip())
            for result in compiled.results
            if str(result.node.config.severity).lower() == "error"
        ]

    def _require_manifest(self, task: Task) -> None:
        if self._manifest is None:
            self._manifest = self._parse(task)

    def _invoke(self, arguments: Sequence[str], task: Task) -> Any:
        follower = _Follower(self._reporter, task)
        with surroundings(self._environment):
            # Importing dbt takes seconds: not before everything else was checked.
            from dbt.cli.main import dbtRunner

            from pipeline.dbt.contexts import build_contexts
            from pipeline.dbt.events import build_events
            from pipeline.dbt.templates import compiled_templates

            contexts = build_contexts() if self._manifest else nullcontext()
            runner = dbtRunner(manifest=self._manifest, callbacks=[follower])
            templates = compiled_templates(self._log.parent)
            with build_events(), contexts, templates, self._connections():
                outcome = runner.invoke([*arguments, *self._options])
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if outcome.exception is not None:
            message = plain_message(str(outcome.exception))
            raise PipelineError(
                f"dbt stopped: {message}; {advice(message, f'its log is {self._log}')}"
            )
        return outcome.result

    def _connections(self) -> AbstractContextManager[None]:
        if self._target == "sqlite":
            from pipeline.dbt.sqlite_connections import build_connections
        elif self._target == "postgres":
            from pipeline.dbt.postgres_connections import build_connections
        else:
            return nullcontext()
        return build_connections()


class _Follower:
    """Turns dbt's events into progress. dbt calls it from several threads."""

    def __init__(self, reporter: Reporter, task: Task) -> None:
        self._reporter, self._task = reporter, task

    def __call__(self, event: Any) -> None:
        match event.info.name:
            case "ConcurrencyLine":
                self._task.expect(event.data.node_count, "building and testing")
            case "NodeStart":
                self._task.doing(event.data.node_info.node_name)
            case "NodeFinished":
                if not event.data.node_info.unique_id.startswith("operation."):
                    self._task.advance(1)
            case "JinjaLogWarning":
                self._reporter.warn(plain_message(event.data.msg))
            case "LogTestResult" if event.data.status in ("warn", "fail"):
                self._reporter.warn(
                    f"test {event.data.name}: {event.data.status}, "
                    f"{event.data.num_failures} rows"
                )
