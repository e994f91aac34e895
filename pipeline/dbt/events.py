"""Which of dbt's events become messages.

dbt makes a message of every event, thousands of them for debugging in a build, and the
log then passes over most. They were a twentieth of the demo shop's build.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import (
    ctx_set_event_manager,
    get_event_manager,
)

# Events for debugging that tell how far a build is.
PROGRESS = ("ConcurrencyLine", "NodeStart", "NodeFinished")


class BuildEvents(EventManager):
    """Passes over what is there for debugging only."""

    def fire_event(
        self, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **named: Any
    ) -> None:
        """Make the event a message for the log and the callbacks, or nothing of it."""
        is_heard = (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST)
        if is_heard or type(e).__name__ in PROGRESS:
            super().fire_event(e, level, *rest, **named)


@contextmanager
def build_events() -> Iterator[None]:
    """Let dbt use them for a while."""
    stock = get_event_manager()
    ctx_set_event_manager(BuildEvents())
    try:
        yield
    finally:
        ctx_set_event_manager(stock)
