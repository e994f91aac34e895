"""Parts of a page that a click draws anew alone, and what is said when one fails.

Streamlit's fragments do the drawing. They know nothing of the page around them, so a
part looks first whether the page has to be drawn whole instead.
"""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from dashboard import cache, controls, frame, ui
from dashboard.warehouse import Trouble, WarehouseError

P = ParamSpec("P")


@contextmanager
def failures_said(page: str, heading: str = "") -> Iterator[None]:
    """What goes wrong in here is said in its own words; the log has the rest.

    Args:
        page: Whose drawing it is, for the log.
        heading: Stands above what is said of the warehouse.
    """
    try:
        yield
    except WarehouseError as error:
        if error.trouble is Trouble.REPLACED:
            st.rerun()
        if error.trouble is Trouble.SLOW:
            ui.too_slow(error)
            return
        if heading:
            frame.head().title(heading, anchor=False)
        ui.warehouse_error(error)
    except Exception:
        logging.getLogger("dashboard").exception("page %s", page)
        ui.page_failed()


def part(draw: Callable[P, None]) -> Callable[P, None]:
    """A function that draws a part of a page, which its own widgets draw anew alone.

    What takes too long is said in its place. What else fails while the page is drawn is
    raised as without it. A click that concerns
    the rest of the page too (`ui.redraw_whole_page`), or another version published
    meanwhile, draws the page.
    """

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with_the_page = True

        @st.fragment
        @functools.wraps(draw)
        def fragment() -> Exception | None:
            if with_the_page:
                # Raised in here, Streamlit would show it in its own words.
                try:
                    with ui.in_time():
                        draw(*args, **kwargs)
                except Exception as error:
                    return error
                return None
            is_stale = not (cache.is_published() and controls.are_in_address())
            if ui.is_whole_page_asked_for() or is_stale:
                st.rerun()
            with failures_said(draw.__module__):
                draw(*args, **kwargs)
            return None

        failure = fragment()
        with_the_page = False
        if failure is not None:
            raise failure

    return drawn
