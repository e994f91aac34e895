"""Which pages there are, and what is around each of them.

Numbers come from `queries`, pictures from `charts`; this file only lays out.
"""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import cache, controls, frame, login, parts, ui

WATCH_SECONDS = 5
_PHONE = Path(__file__).with_name("phone.css")
_SEEN = "a_page_was_drawn"
_OF_OVERVIEW = {"period", "compare", "country", "category", "show", "per"}

# Which rows of other pages lead to.
_OUT_OF_THE_MENU = ("product",)

PAGES = {
    "today": "Today",
    "overview": "Overview",
    "products": "Products",
    "product": "Product",
    "countries": "Countries",
    "retention": "Retention",
    "segments": "Segments",
    "due": "Due",
    "lifetime_value": "Lifetime value",
    "baskets": "Baskets",
    "data_health": "Data health",
    "explore": "Explore",
}


@st.fragment(run_every=WATCH_SECONDS)
def watch(shown: str) -> None:
    """Draw the page anew once another version is published."""
    if cache.published_version() != shown:
        st.rerun()


def _send_on(page: StreamlitPage) -> None:
    """An address of a time when the Overview opened first goes there, as it was."""
    is_first = not st.session_state.get(_SEEN, False)
    st.session_state[_SEEN] = True
    if is_first and page.title == PAGES["today"] and _OF_OVERVIEW & {*st.query_params}:
        choices = {key: st.query_params.get_all(key) for key in st.query_params}
        st.switch_page("views/overview.py", query_params=choices)


def draw() -> None:
    """Draw the page that the address names, for those who may see it."""
    st.set_page_config(page_title="Shop dashboard", page_icon="🛒", layout="wide")
    st.html(_PHONE)
    pages = [
        st.Page(
            f"views/{name}.py",
            title=title,
            default=name == "today",
            visibility="hidden" if name in _OUT_OF_THE_MENU else "visible",
        )
        for name, title in PAGES.items()
    ]
    if not login.is_let_in():
        st.navigation(pages, position="hidden")
        return
    page = st.navigation(pages, position="top")
    ui.open_product_asked_for()
    _send_on(page)
    frame.begin()
    # Asked before the page is drawn: what is published while it is drawn is news.
    version = cache.published_version()
    ui.is_whole_page_asked_for()  # it is being drawn
    with parts.failures_said(page.title, page.title):
        cache.open_published()
        controls.begin_page(page.title)
        page.run()
    frame.end()
    login.log_out_button()
    watch(version)
