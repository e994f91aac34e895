"""The dashboard's entry: `streamlit run dashboard/app.py`.

Streamlit comes here twice: once to find the server it shall run, and then, as
`__main__`, whenever a page is drawn.
"""

import sys
from pathlib import Path

# Streamlit puts this folder first on the path, where its modules could be taken for
# packages of the same name; the project's root belongs there.
_HERE = str(Path(__file__).resolve().parent)
_ROOT = str(Path(__file__).resolve().parents[1])
sys.path[:] = [_ROOT, *(entry for entry in sys.path if entry not in (_HERE, _ROOT))]

import streamlit as st  # noqa: E402

if __name__ == "__main__":
    from dashboard import navigation

    navigation.draw()
else:
    from dashboard import server

    app = st.App(__file__, **server.settings(Path(__file__)))
