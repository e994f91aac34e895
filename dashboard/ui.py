"""What the pages share: titles, cards, key figures, charts, tables and messages."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import cache, exports
from dashboard.charts.theme import CONFIG, Theme
from dashboard.exports import Export
from dashboard.formatting import Currency, change, exact, short
from dashboard.metrics import Metric, Unit, metric
from dashboard.queries import sales
from dashboard.warehouse import WarehouseError


def theme() -> Theme:
    """The theme that the browser shows, and the warehouse's currency."""
    return Theme(dark=st.context.theme.type == "dark", currency=cache.currency())


# What Streamlit makes a link of by itself, or a picture of, escaped or not: an address
# on the web, an e-mail address, a name between colons.
_MADE_OF_TEXT = re.compile(r"(https?(?=:)|ftp(?=:)|www(?=\.)|@|:(?=\w))", re.IGNORECASE)


def plain(text: str) -> str:
    """Text from the data, so that Markdown leaves it as it is, and links nothing."""
    text = _MADE_OF_TEXT.sub("\\1\N{WORD JOINER}", text)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])", r"\\\1", text)


def title(name: str, question: str, described: str = "") -> None:
    """The page's name, its question, and what is chosen."""
    st.title(name, anchor=False)
    st.markdown(question)
    if described:
        caption(plain(described))


def caption(text: str) -> None:
    """Small text beside the matter, as Markdown without square brackets.

    Streamlit's own caption is too pale for some readers (WCAG 2.1, 1.4.3).
    """
    st.markdown(f":small[:gray[{text}]]")


@contextmanager
def card(question: str, note: str = "", help_text: str | None = None) -> Iterator[None]:
    """A bordered box under a question."""
    with st.container(border=True, height="stretch"):
        st.header(question, anchor=False, help=help_text)
        if note:
            caption(note)
        yield


def key_figures(
    figures: Sequence[tuple[str, float | None]],
    before: dict[str, float | None] | None = None,
    before_name: str = "",
    sparks: dict[str, list[float]] | None = None,
    notes: dict[str, str] | None = None,
) -> None:
    """Cards of a figure each, in as many columns as the screen has room for.

    Args:
        figures: Keys of metrics, and their values.
        before: The values to compare with, by key.
        before_name: What those are called.
        sparks: A small line for each card, by key.
        notes: What else its help says, by key.
    """
    money = cache.currency()
    with st.grid(
        columns=min(5, max(1, len(figures))), min_column_width=150, gap="small"
    ):
        for key, value in figures:
            _key_figure(
                metric(key),
                value,
                (before or {}).get(key),
                before_name,
                (sparks or {}).get(key),
                (notes or {}).get(key, ""),
                money,
            )


def _key_figure(
    shown: Metric,
    value: float | None,
    before: float | None,
    before_name: str,
    spark: list[float] | None,
    note: str,
    money: Currency,
) -> None:
    moved = change(value, before, shown)
    help_text = f"{shown.formula}\n\n**{plain(exact(value, shown, money))}**"
    if moved is not None:
        help_text += f"; {before_name}: {plain(exact(before, shown, money))}"
    if note:
        help_text += f"\n\n{note}"
    st.metric(
        shown.name,
        plain(short(value, shown, money)),
        delta=moved[0] if moved else None,
        delta_color=_delta_color(shown),
        help=help_text,
        border=True,
        height="stretch",
        chart_data=spark if spark and len(spark) > 1 else None,
        chart_type="area",
    )


def _delta_color(shown: Metric) -> Literal["normal", "inverse", "off"]:
    if shown.is_neutral:
        return "off"
    return "inverse" if shown.lower_is_better else "normal"


def chart(
    figure: go.Figure,
    alt: str,
    key: str,
    on_select: Callable[[], None] | None = None,
) -> None:
    """A picture with a text for those who do not see it.

    Args:
        figure: What to draw.
        alt: What it shows, in a sentence.
        key: Its name on this page.
        on_select: Called when a mark is clicked; the choice is in session_state[key].
    """
    if on_select is None:
        st.plotly_chart(
            figure, theme=None, config=dict(CONFIG), alt=alt, key=key, width="stretch"
        )
        return
    st.plotly_chart(
        figure,
        theme=None,
        config=dict(CONFIG),
        alt=alt,
        key=key,
        width="stretch",
        on_select=on_select,
        selection_mode="points",
    )


def clicked(key: str) -> Any:
    """What the clicked mark of a chart stands for; None where nothing is clicked."""
    state = st.session_state.get(key)
    if not state:
        return None
    points = state["selection"]["points"]
    if not points:
        return None
    found = points[0].get("customdata")
    return found[0] if isinstance(found, list) else found


def column_format(key: str, money: Currency, label: str | None = None) -> Any:
    """How a table writes the column of a metric, with its definition as help."""
    shown = metric(key)
    name = label or shown.name
    match shown.unit:
        case Unit.MONEY:
            return money_column(name, money, shown.formula)
        case Unit.SHARE:
            return st.column_config.NumberColumn(
                name, format="percent", help=shown.formula
            )
        case Unit.COUNT | Unit.DAYS:
            return st.column_config.NumberColumn(
                name, format="%,.0f", help=shown.formula
            )
        case _:
            return st.column_config.NumberColumn(
                name, format="%,.2f", help=shown.formula
            )


def bridge_formats(rows: pd.DataFrame, money: Currency) -> dict[str, Any]:
    """The columns from gross to net sales; what nowhere was taken off has none."""
    return {
        key: column_format(key, money)
        for key in sales.BRIDGE
        if key not in sales.BRIDGE[1:-1] or rows[key].any()
    }


_MONEY_FORMATS = {"USD": "dollar", "EUR": "euro"}


def money_column(name: str, money: Currency, help_text: str | None = None) -> Any:
    """How a table writes amounts; currencies without a format stand in the heading."""
    known = _MONEY_FORMATS.get(money.code.upper())
    return st.column_config.NumberColumn(
        name if known else f"{name} ({money.code})",
        format=known or "%,.2f",
        help=help_text,
    )


def table(
    rows: pd.DataFrame,
    columns: dict[str, Any],
    alt: str,
    key: str,
    height: int | None = None,
) -> None:
    """A table of some columns, in their order."""
    st.dataframe(
        rows,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        alt=alt,
        key=key,
        width="stretch",
        height=height or "auto",
        placeholder="\N{EM DASH}",
    )


def download_csv(make: Callable[[], Export], name: str, key: str) -> None:
    """A button for rows as CSV; they are fetched when it is pressed."""
    st.download_button(
        "Download CSV",
        lambda: exports.to_csv(make()),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def note(text: str) -> None:
    """Why there is nothing to see here, as Markdown."""
    st.info(text, icon=":material/info:")


def good(text: str) -> None:
    """Good news, as Markdown."""
    st.success(text, icon=":material/check_circle:")


def nothing_found() -> None:
    """What a filter without rows shows."""
    st.info(
        "**No sales match these filters.** Choose a longer period, or take away a "
        "country or category.",
        icon=":material/search:",
    )


def reversed_range() -> None:
    """What a range that ends before it starts shows."""
    st.warning(
        "**The period ends before it starts.** Choose a day under “To” that is not "
        "before “From”.",
        icon=":material/event:",
    )


def trouble(error: WarehouseError) -> None:
    """Why there is nothing to see, and what to do."""
    st.error(f"**{plain(error.what)}**", icon=":material/database_off:")
    st.markdown(f"**What to do.** {error.remedy}")
    st.button("Theme again", type="primary", key="look_again")


def fault() -> None:
    """What an error of the dashboard itself shows; the details are in the log."""
    st.error(
        "**This page could not be drawn.** The reason is in the log of the terminal "
        "that runs the dashboard. Other pages may still work.",
        icon=":material/warning:",
    )
