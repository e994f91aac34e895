"""Pictures of the pages' numbers: functions from data to Plotly figures.

None of them queries or knows Streamlit. Each takes a `Theme`, which holds the colours
of the light or the dark theme and the currency.
"""
