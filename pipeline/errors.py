"""The one exception that is meant for the person at the terminal."""


class PipelineError(Exception):
    """What was wrong and what to do, in one line.

    Line breaks are folded, so that an error stays one line in any log.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
