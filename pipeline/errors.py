"""What is meant for the person at the terminal; a type a cause that a caller tells."""


class PipelineError(Exception):
    """What was wrong and what to do, in one line.

    Line breaks are folded, so that an error stays one line in any log.

    Attributes:
        exit_code: Of the command that it ends.
        kind: The same in a few words, without anything that stands in a row: for the
            record of runs, which is kept where a log is not.
    """

    exit_code: int = 1
    kind: str = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class RawFileError(PipelineError):
    """A raw file, or the folder of them, does not hold to the contract.

    Attributes:
        batch: Of several batches, the position of the one at fault.
    """

    kind = "the raw files do not hold to the contract"
    batch: int | None = None


class LeftUndoneError(PipelineError):
    """Something was published, and yet not all is done that was asked for."""

    kind = "something was left undone"


class BuildFailedError(PipelineError):
    """Models or tests failed; what was built is there to be looked at."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
