"""The dashboard's entry: which pages there are, and what is around each of them.

Run it with `streamlit run dashboard/app.py`. Numbers come from `queries`, pictures from
`charts`; this file only lays out.
"""

import logging
import sys
from pathlib import Path

# Streamlit puts this folder first on the path, where its modules could be taken for
# packages of the same name; the project's root belongs there.
_HERE = str(Path(__file__).resolve().parent)
_ROOT = str(Path(__file__).resolve().parents[1])
sys.path[:] = [_ROOT, *(entry for entry in sys.path if entry not in (_HERE, _ROOT))]

import streamlit as st  # noqa: E402

from dashboard import data, entrance, frame  # noqa: E402
from dashboard.warehouse import Trouble, WarehouseError  # noqa: E402

WATCH_SECONDS = 5

st.set_page_config(page_title="Shop dashboard", page_icon="🛒", layout="wide")

PAGES = [
    st.Page("views/overview.py", title="Overview", default=True),
    st.Page("views/products.py", title="Products"),
    st.Page("views/countries.py", title="Countries"),
    st.Page("views/retention.py", title="Retention"),
    st.Page("views/segments.py", title="Segments"),
    st.Page("views/lifetime_value.py", title="Lifetime value"),
    st.Page("views/baskets.py", title="Baskets"),
    st.Page("views/data_health.py", title="Data health"),
    st.Page("views/explore.py", title="Explore"),
]


@st.fragment(run_every=WATCH_SECONDS)
def watch(shown: str) -> None:
    """Draw the page anew once another version is published."""
    if data.published_version() != shown:
        st.rerun()


def main() -> None:
    """Draw the page that the address names, for those who may see it."""
    if not entrance.passed():
        st.navigation(PAGES, position="hidden")
        return
    page = st.navigation(PAGES, position="top")
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


main()
