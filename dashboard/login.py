"""Who may see the dashboard, where its owner has set up a login.

The login is Streamlit's own (OpenID Connect, `[auth]` in `secrets.toml`). It says who
somebody is; `[dashboard] allowed_emails` says who of them may come in.
"""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

import streamlit as st

from dashboard import frame
from pipeline.installation import install

# Thirty-two hexadecimal digits, of which there are sixteen, and hardly ever nine.
_SECRET_LENGTH = 32
_SECRET_LETTERS = 8
_ADDRESS = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+")


class Access(StrEnum):
    """What somebody who opens a page may do."""

    OPEN = "no login is set up"
    LOGIN = "not logged in"
    REFUSED = "logged in, but not on the list"
    GRANTED = "logged in"


def access(user: Mapping[str, object], allowed: Sequence[str]) -> Access:
    """What the user may do.

    Args:
        user: What `st.user` holds: `is_logged_in` where a login is set up, and the
            claims of the identity provider.
        allowed: Addresses, or patterns such as `*@example.com`; empty for everybody
            whom the identity provider lets in.
    """
    if "is_logged_in" not in user:
        return Access.OPEN
    if not user["is_logged_in"]:
        return Access.LOGIN
    if not allowed:
        return Access.GRANTED
    address = str(user.get("email") or "").casefold()
    # Some providers let people name any address. What is not said to be theirs, with
    # the truth value itself and not with a text that looks like it, is not.
    is_theirs = user.get("email_verified") is True and _ADDRESS.fullmatch(address)
    if is_theirs and any(fnmatchcase(address, name.casefold()) for name in allowed):
        return Access.GRANTED
    return Access.REFUSED


def secret_fault(secret: object) -> str | None:
    """What is wrong with the secret that signs the login's cookies, if anything.

    Whoever guesses it can be anybody. `openssl rand -hex 32` makes a good one.
    """
    if not isinstance(secret, str) or len(secret) < _SECRET_LENGTH:
        return f"is shorter than {_SECRET_LENGTH} characters"
    if any(letter.isspace() for letter in secret) or len(set(secret)) < _SECRET_LETTERS:
        return "is an example, or easily guessed"
    return None


def is_let_in() -> bool:
    """Whether the page may be drawn; if not, what to do about it is."""
    user = st.user.to_dict()
    found = access(user, _allowed() if "is_logged_in" in user else ())
    if found in (Access.OPEN, Access.GRANTED):
        return True
    st.title("Shop dashboard", anchor=False)
    if found is Access.REFUSED:
        st.warning(
            "**Your account is not among those that may see this dashboard.** Ask "
            "its owner to add your address, or log in with another account."
        )
        st.button("Log out", key="log_out", on_click=st.logout)
    elif importlib.util.find_spec("authlib") is None:
        st.error(
            "**A login is set up, but the package for it is not installed.** Run "
            f"`{install('login')}`, then start the dashboard again."
        )
    else:
        st.markdown("This dashboard is for people of the shop.")
        st.button("Log in", type="primary", key="log_in", on_click=st.login)
    return False


def log_out_button() -> None:
    """A button to log out, beside the page's name, for somebody who is logged in."""
    if st.user.to_dict().get("is_logged_in"):
        frame.head().button(
            "Log out", key="log_out", type="tertiary", on_click=st.logout
        )


def _allowed() -> list[str]:
    settings = st.secrets.get("dashboard", {})
    return [str(address) for address in settings.get("allowed_emails", [])]
