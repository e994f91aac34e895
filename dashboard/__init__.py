"""The dashboard: a Streamlit app over the published warehouse."""
