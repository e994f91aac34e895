"""Who may see the dashboard, where its owner has set up a login.

The login is Streamlit's own (OpenID Connect, `[auth]` in `secrets.toml`). It says who
somebody is; `[dashboard] allowed_emails` says who of them may come in.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase


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
    address = str(user.get("email") or "").strip().casefold()
    # Some providers let people name any address, and say so.
    is_theirs = bool(address) and user.get("email_verified", True) is not False
    if is_theirs and any(fnmatchcase(address, name.casefold()) for name in allowed):
        return Access.GRANTED
    return Access.REFUSED
