"""What stands around every page: the line of its name, and the bar of its filters.

Both are made before the page is drawn, so that a page declares its filters before it
knows what to say of them. Their looks stand in `frame.css`; `frame.js` makes a choice
a step that the browser's Back takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_HERE = Path(__file__).parent
_LOOKS = _HERE / "frame.css"
_STEPS = f"<script>{(_HERE / 'frame.js').read_text(encoding='utf-8')}</script>"
_HEAD, _BAR, _SHOWN = "frame_head", "frame_bar", "frame_shown"
_TIMES = "frame_times_shown"
# Into sight, if it is not.
_INTO_SIGHT = """<script>
    document.querySelector(".st-key-{key}")?.scrollIntoView(
        {{block: "nearest", behavior: "smooth"}});  // {times}
</script>"""


def begin() -> None:
    """Draw an empty frame; what the page says then goes below it."""
    st.html(_LOOKS)
    with st.container(key="frame", gap=None):
        with st.container(key="steps"):
            st.html(_STEPS, unsafe_allow_javascript=True)
        st.session_state[_HEAD] = st.container(
            key="head", horizontal=True, vertical_alignment="bottom", gap="small"
        )
        st.session_state[_BAR] = st.container(
            key="bar", horizontal=True, vertical_alignment="center", gap="small"
        )


def head() -> DeltaGenerator:
    """The line of the page's name, its question and its choice."""
    line: DeltaGenerator = st.session_state[_HEAD]
    return line


@contextmanager
def bar() -> Iterator[None]:
    """The bar of filters: what is drawn in here stands in it, in one line."""
    with st.session_state[_BAR]:
        yield


def show(card: str) -> None:
    """Once the page is drawn, bring a card into sight, by its key."""
    st.session_state[_SHOWN] = card


def end() -> None:
    """What is to be done once the page is drawn."""
    card = st.session_state.pop(_SHOWN, "")
    times = st.session_state.get(_TIMES, 0) + bool(card)
    st.session_state[_TIMES] = times
    with st.container(key="sight"):
        if card:
            script = _INTO_SIGHT.format(key=card, times=times)
            st.html(script, unsafe_allow_javascript=True)
