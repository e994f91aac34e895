"""What can be wrong with a warehouse: an exception a cause, whatever the engine."""

from pipeline.errors import PipelineError


class BusyError(PipelineError):
    """Somebody else is writing, or holds what is asked for."""

    kind = "in use by somebody else"


class UnfinishedError(BusyError):
    """A killed writer left work that only a writer can undo."""


class UnreadableError(PipelineError):
    """The file is no database of the engine, or a damaged one."""

    kind = "a file is damaged, or no database"


class FullDiskError(PipelineError):
    """There is no room left, or the disk cannot be written."""

    kind = "the disk is full, or cannot be written"


class UnreachableError(PipelineError):
    """The server does not answer, or refuses the login."""

    kind = "the server does not answer, or refuses the login"


class TimeLimitError(PipelineError):
    """A query took longer than it may, and was interrupted."""

    kind = "a query took too long"


class MissingPackagesError(PipelineError):
    """The engine's packages are not installed."""

    kind = "packages are not installed"


class MissingRelationError(PipelineError):
    """There is no such table or column.

    Attributes:
        relation: What is missing, in the engine's words and without a path.
    """

    def __init__(self, message: str, relation: str) -> None:
        super().__init__(message)
        self.relation = relation
