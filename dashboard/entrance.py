"""The way in and out, where a login is set up; without one there is neither."""

import importlib.util

import streamlit as st

from dashboard.access import Access, access


def passed() -> bool:
    """Whether the page may be drawn; if not, what to do about it is."""
    user = st.user.to_dict()
    found = access(user, _allowed() if "is_logged_in" in user else ())
    match found:
        case Access.OPEN | Access.GRANTED:
            return True
        case Access.LOGIN:
            st.title("Shop dashboard", anchor=False)
            if importlib.util.find_spec("authlib") is None:
                st.error(
                    "**A login is set up, but the package for it is not installed.** "
                    "Run `pip install -r requirements/login.lock`, then start the "
                    "dashboard again."
                )
            else:
                st.markdown("This dashboard is for people of the shop.")
                st.button("Log in", type="primary", key="log_in", on_click=st.login)
        case Access.REFUSED:
            st.title("Shop dashboard", anchor=False)
            st.warning(
                "**Your account is not among those that may see this dashboard.** Ask "
                "its owner to add your address, or log in with another account."
            )
            st.button("Log out", key="log_out", on_click=st.logout)
    return False


def way_out() -> None:
    """A button to log out, below the filters, for somebody who is logged in."""
    if st.user.to_dict().get("is_logged_in"):
        st.sidebar.button("Log out", key="log_out", on_click=st.logout)


def _allowed() -> list[str]:
    settings = st.secrets.get("dashboard", {})
    return [str(address) for address in settings.get("allowed_emails", [])]
