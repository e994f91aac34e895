"""Which of dbt's events become messages.

dbt makes a message of every event, thousands of them for debugging in a build, and the
log then passes over most. They were a tenth of the demo shop's build.
"""

from collections.abc import Callable, Iterator
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


_stock_make = BaseEvent.__init__
_stock_read: Callable[[BaseEvent, str], Any] = BaseEvent.__getattr__


class BuildEvents(EventManager):
    """Passes over what is there for debugging only."""

    def fire_event(
        self, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **named: Any
    ) -> None:
        """Make the event a message for the log and the callbacks, or nothing of it."""
        is_heard = (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST)
        if is_heard or type(e).__name__ in PROGRESS:
            super().fire_event(e, level, *rest, **named)


def _hold(event: BaseEvent, *values: Any, **named: Any) -> None:
    """Keep what an event was given."""
    event.__dict__["_given"] = (values, named)


def _read(event: BaseEvent, name: str) -> Any:
    """Make an event of what it was given, once somebody asks it for anything."""
    values, named = event.__dict__.pop("_given", ((), None))
    if named is None:
        return _stock_read(event, name)
    _stock_make(event, *values, **named)
    return getattr(event, name)


def _let_events(make: Callable[..., None], read: Callable[..., Any]) -> None:
    setattr(BaseEvent, "__init__", make)  # noqa: B010
    setattr(BaseEvent, "__getattr__", read)  # noqa: B010


@contextmanager
def build_events() -> Iterator[None]:
    """Let dbt use them for a while."""
    stock = get_event_manager()
    ctx_set_event_manager(BuildEvents())
    _let_events(_hold, _read)
    try:
        yield
    finally:
        _let_events(_stock_make, _stock_read)
        ctx_set_event_manager(stock)
