"""Which pages there are, and what is around each of them.

Numbers come from `queries`, pictures from `charts`; this file only lays out.
"""

import logging

import streamlit as st

from dashboard import data, entrance, frame
from dashboard.warehouse import Trouble, WarehouseError

WATCH_SECONDS = 5

PAGES = {
    "overview": "Overview",
    "products": "Products",
    "countries": "Countries",
    "retention": "Retention",
    "segments": "Segments",
    "lifetime_value": "Lifetime value",
    "baskets": "Baskets",
    "data_health": "Data health",
    "explore": "Explore",
}


@st.fragment(run_every=WATCH_SECONDS)
def watch(shown: str) -> None:
    """Draw the page anew once another version is published."""
    if data.published_version() != shown:
        st.rerun()


def draw() -> None:
    """Draw the page that the address names, for those who may see it."""
    st.set_page_config(page_title="Shop dashboard", page_icon="🛒", layout="wide")
    pages = [
        st.Page(f"views/{name}.py", title=title, default=name == "overview")
        for name, title in PAGES.items()
    ]
    if not entrance.passed():
        st.navigation(pages, position="hidden")
        return
    page = st.navigation(pages, position="top")
    # Asked before the page is drawn: what is published while it is drawn is news.
    version = data.published_version()
    try:
        data.open_published()
        page.run()
    except WarehouseError as error:
        if error.trouble is Trouble.REPLACED:
            st.rerun()
        st.title(page.title, anchor=False)
        frame.trouble(error)
    except Exception:
        logging.getLogger("dashboard").exception("page %s", page.title)
        frame.fault()
    entrance.way_out()
    watch(version)
