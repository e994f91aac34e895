"""What is meant for the person at the terminal; a type a cause that a caller tells."""


class PipelineError(Exception):
    """What was wrong and what to do, in one line.

    Line breaks are folded, so that an error stays one line in any log.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class RawFileError(PipelineError):
    """A raw file, or the folder of them, does not hold to the contract."""


class BuildFailedError(PipelineError):
    """Models or tests failed; what was built is there to be looked at."""
