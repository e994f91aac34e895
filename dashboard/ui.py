"""What the pages share: titles, cards, key figures, charts, tables and messages."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import cache, cells, exports, frame
from dashboard.charts.as_table import as_table
from dashboard.charts.figure import Figure
from dashboard.charts.spark import spark
from dashboard.charts.theme import CONFIG, Theme, clipped, dark, light
from dashboard.exports import Export
from dashboard.filters import SalesFilter
from dashboard.formatting import DASH, MINUS, change, exact, percent, short
from dashboard.metrics import Change, Metric, Unit, metric
from dashboard.queries import sales
from dashboard.warehouse import Trouble, WarehouseError

_WHOLE_PAGE = "whole_page"
_PRODUCT_TO_OPEN = "product_to_open"
# In the key of what a click chooses from; `frame.css` gives it another pointer.
_TO_CLICK = "_to_click_"


def choose(key: str, *names: str, none: str | None = None) -> None:
    """What a click on a mark or a row does: choose it alone; again, take it back.

    Args:
        key: The filter's key.
        names: What the mark stands for.
        none: What a filter of one name, not of a list, holds when none is chosen.
    """
    chosen: object = [*names] if none is None else names[0]
    nothing: object = [] if none is None else none
    is_alone = st.session_state.get(key) == chosen
    st.session_state[key] = nothing if is_alone else chosen


def redraw_whole_page() -> None:
    """Let a click in a part of the page draw all of it."""
    st.session_state[_WHOLE_PAGE] = True


def is_whole_page_asked_for() -> bool:
    """Whether a click did so since this was asked last."""
    return bool(st.session_state.pop(_WHOLE_PAGE, False))


def theme() -> Theme:
    """The theme that the browser shows, with the warehouse's currency."""
    colours = dark if st.context.theme.type == "dark" else light
    return colours(cache.currency())


# What Streamlit makes a link of by itself, or a picture of, escaped or not: an address
# on the web, an e-mail address, a name between colons.
_MADE_OF_TEXT = re.compile(r"(https?(?=:)|ftp(?=:)|www(?=\.)|@|:(?=\w))", re.IGNORECASE)


def plain(text: str) -> str:
    """Text from the data, so that Markdown leaves it as it is, and links nothing.

    No line ends after a minus: between it and a currency's sign one could.
    """
    text = _MADE_OF_TEXT.sub("\\1\N{WORD JOINER}", text)
    text = text.replace(MINUS, f"{MINUS}\N{WORD JOINER}")
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])", r"\\\1", text)


def title(name: str, question: str, described: str = "") -> None:
    """The page's name, its question, what is chosen, and how fresh the data are."""
    try:
        fresh = cache.freshness()
    except WarehouseError as error:
        if error.trouble is not Trouble.SLOW:
            raise
        fresh = "how fresh the data are took too long to ask"
    said = " \N{MIDDLE DOT} ".join(filter(None, (described, fresh)))
    with frame.head():
        st.title(name, anchor=False, width="content")
        st.markdown(question, width="content")
        caption(plain(said), width="content")


def caption(text: str, width: Literal["auto", "content"] = "auto") -> None:
    """Small text beside the matter, as Markdown without square brackets.

    Streamlit's own caption is too pale for some readers (WCAG 2.1, 1.4.3).
    """
    st.markdown(f":small[:gray[{text}]]", width=width)


@contextmanager
def in_time() -> Iterator[None]:
    """What takes too long in here is said in its place; the rest is drawn as ever."""
    try:
        yield
    except WarehouseError as error:
        if error.trouble is not Trouble.SLOW:
            raise
        too_slow(error)


@contextmanager
def card(
    question: str,
    note: str = "",
    help_text: str | None = None,
    key: str | None = None,
) -> Iterator[None]:
    """A bordered box under a question, in which nothing may take too long.

    Its key is what `chart` and `table` open.
    """
    with st.container(border=True, height="stretch", key=key):
        st.header(question, anchor=False, help=help_text)
        if note:
            caption(note)
        with in_time():
            yield


_GOOD: dict[Change, tuple[str, str]] = {
    Change.HIGHER_IS_BETTER: ("green", "red"),
    Change.LOWER_IS_BETTER: ("red", "green"),
    Change.NEUTRAL: ("gray", "gray"),
}


def moved(now: float | None, before: float | None, shown: Metric) -> dict[str, Any]:
    """What `st.metric` shows of how a figure moved, as `change` has it.

    Streamlit takes only a hyphen for a minus: where the arrow points, and its colour,
    have to be said beside it.
    """
    text = change(now, before, shown)
    if text is None:
        return {}
    falls = text.startswith(MINUS)
    return {
        "delta": text,
        "delta_arrow": "down" if falls else "up",
        "delta_color": _GOOD[shown.change][falls],
    }


def key_figures(
    figures: Mapping[str, float | None],
    before: Mapping[str, float | None] | None = None,
    before_name: str = "",
    sparks: Mapping[str, list[float]] | None = None,
    notes: Mapping[str, str] | None = None,
    most: int = 7,
) -> None:
    """Cards of a figure each, in as many columns as the screen has room for.

    Args:
        figures: The values, by the key of their metric, as all that follow.
        before: The values to compare with.
        before_name: What those are called.
        sparks: A small line for each card.
        notes: What else its help says.
        most: So many columns at most.
    """
    money = cache.currency()
    with st.grid(
        columns=min(most, max(1, len(figures))), min_column_width=150, gap="small"
    ):
        for key, value in figures.items():
            shown, earlier = metric(key), (before or {}).get(key)
            line = (sparks or {}).get(key, [])
            delta = moved(value, earlier, shown)
            help_text = f"{shown.formula}\n\n**{plain(exact(value, shown, money))}**"
            if delta:
                help_text += f"; {before_name}: {plain(exact(earlier, shown, money))}"
            if notes and key in notes:
                help_text += f"\n\n{notes[key]}"
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(
                    shown.name,
                    plain(short(value, shown, money)),
                    help=help_text,
                    **delta,
                )
                if len(line) > 1:
                    st.image(spark(line), width="stretch", alt="")


def chart(
    figure: Figure,
    alt: str,
    key: str,
    on_click: Callable[[Any], None] | None = None,
    opens: str = "",
) -> None:
    """A picture with a text for those who do not see it.

    Args:
        figure: What to draw.
        alt: What it shows, in a sentence.
        key: Its name on this page.
        on_click: Called with what a clicked mark stands for; then the page is drawn.
        opens: The key of the card that a click is seen in.
    """
    drawn = _unclicked(key) if on_click else key

    def clicked() -> None:
        points = st.session_state[drawn]["selection"]["points"]
        mark = points[0].get("customdata") if points else None
        if mark is None or on_click is None:  # such as all others: nothing to choose
            _forget_click(key)
            return
        _clicked(key, opens)
        on_click(mark)

    st.plotly_chart(
        figure,
        theme=None,
        config=dict(CONFIG),
        alt=alt,
        key=drawn,
        width="stretch",
        on_select=clicked if on_click else "ignore",
        selection_mode="points",
    )
    _table_behind(figure, alt, key)


def _table_behind(figure: Figure, alt: str, key: str) -> None:
    """What the picture shows as rows, once somebody asks."""
    if not figure.to_dict()["data"]:
        return
    fold = st.expander(
        ":gray[As a table]", type="compact", key=f"{key}_table", on_change="rerun"
    )
    if fold.open:
        rows = as_table(figure)
        first, *others = map(str, rows)
        with fold:
            table(
                rows,
                {first: name_column(first), **{name: name for name in others}},
                f"As a table: {alt}",
                f"{key}_rows",
            )


def _unclicked(key: str) -> str:
    """The key of a picture or table that has no mark of an earlier click.

    What was clicked before stays chosen in the browser: a second click on it would
    take it back there, and say nothing of what it was.
    """
    return f"{key}{_TO_CLICK}{st.session_state.get(f'{key}_clicks', 0)}"


def _forget_click(key: str) -> None:
    st.session_state[f"{key}_clicks"] = st.session_state.get(f"{key}_clicks", 0) + 1


def _clicked(key: str, opens: str) -> None:
    _forget_click(key)
    frame.show(opens)
    redraw_whole_page()


_NUMBER_FORMATS = {Unit.SHARE: "percent", Unit.COUNT: "%,.0f", Unit.DAYS: "%,.0f"}
# With a step, Streamlit writes as many decimals in each row, here those of 12.3 %.
PERCENT_STEP = 0.001


def metric_column(
    key: str, label: str | None = None, number_format: str | None = None
) -> Any:
    """How a table writes the column of a metric, with its unit and definition."""
    shown = metric(key)
    name = label or shown.name
    if shown.unit is Unit.MONEY:
        return money_column(name, shown.formula)
    if shown.unit is Unit.DAYS and "days" not in name.lower():
        name += ", days"
    by_unit = _NUMBER_FORMATS.get(shown.unit, "%,.2f")
    return number_column(name, number_format or by_unit, shown.formula)


def metric_columns(*keys: str) -> dict[str, Any]:
    """The columns of metrics, by their keys."""
    return {key: metric_column(key) for key in keys}


def bridge_columns(rows: pd.DataFrame) -> dict[str, Any]:
    """The columns from gross to net sales; what nowhere was taken off has none."""
    first, *taken, last = sales.BRIDGE
    return metric_columns(first, *(key for key in taken if rows[key].any()), last)


def margin_columns(rows: pd.DataFrame) -> dict[str, Any]:
    """The columns of margin and its rate; none where no cost is known."""
    known = rows["margin"].notna().any()
    return metric_columns("margin", "margin_rate") if known else {}


def margin_note(with_cost: float, net_sales: float, said: str = "") -> None:
    """What part of net sales a margin is about, where it is not all.

    Args:
        with_cost: Net sales of the lines whose cost is known.
        net_sales: Those of all lines.
        said: What is said of the margin before, in whole sentences.
    """
    if round(with_cost - net_sales, 4) != 0:
        part_of = exact(with_cost, metric("net_sales"), cache.currency())
        if 0 < with_cost < net_sales:
            part_of += f" ({percent(with_cost / net_sales)} of all)"
        said += (
            "The margin is that of the lines whose cost is known, of net sales of "
            f"{part_of}."
        )
    if said:
        caption(plain(said.strip()))


_MONEY_FORMATS = {"USD": "dollar", "EUR": "euro"}


def money_column(name: str, help_text: str | None = None) -> Any:
    """How a table writes amounts; currencies without a format stand in the heading."""
    code = cache.currency().code
    known = _MONEY_FORMATS.get(code.upper())
    return number_column(
        name if known else f"{name} ({code})", known or "%,.2f", help_text
    )


def number_column(
    name: str, number_format: str = "%,.0f", help_text: str | None = None
) -> Any:
    """How a table writes numbers: each row with as many decimals."""
    step = PERCENT_STEP if number_format == "percent" else None
    return st.column_config.NumberColumn(
        name, format=number_format, help=help_text, step=step
    )


def change_column(name: str, help_text: str) -> Any:
    """How a table writes a change, a share: one of its `changes`, with its sign."""
    return number_column(name, "%+,.1f%%", help_text)


def name_column(name: str) -> Any:
    """The column that says what a row is; it stays when the others scroll."""
    return st.column_config.TextColumn(name, pinned=True)


def table(
    rows: pd.DataFrame,
    columns: Mapping[str, Any],
    alt: str,
    key: str,
    height: int | None = None,
    changes: Sequence[str] = (),
    on_click: Callable[[pd.Series], None] | None = None,
    opens: str = "",
) -> None:
    """A table of some columns, in their order; a click on a row is one on its mark.

    Args:
        rows: What it shows.
        columns: How each column is written.
        alt: What it shows, in a sentence.
        key: Its name on this page.
        height: In pixels; by default that of the rows, up to ten.
        changes: Columns of `change_column`, coloured by whether they rose or fell.
        on_click: Called with the row that is clicked; then the page is drawn.
        opens: The key of the card that a click is seen in.
    """
    drawn = _unclicked(key) if on_click else key
    colour = theme().of_change
    written, columns = cells.written(rows, columns, changes, colour)

    def clicked() -> None:
        cells = st.session_state[drawn]["selection"]["cells"]
        if cells and on_click is not None:
            _clicked(key, opens)
            on_click(rows.iloc[cells[0][0]])

    st.dataframe(
        written,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        alt=alt,
        key=drawn,
        width="stretch",
        height=height or "auto",
        placeholder=DASH,
        on_select=clicked if on_click else "ignore",
        selection_mode="single-cell",
    )


def product_table(
    rows: pd.DataFrame,
    columns: Mapping[str, Any],
    alt: str,
    key: str,
    names: Mapping[str, str] | None = None,
) -> None:
    """A table in which a click on a product's name opens the product's page.

    Args:
        rows: What it shows.
        columns: As of `table`.
        alt: As of `table`.
        key: As of `table`.
        names: The column of a product's key by that of its name, where it is another
            than product_key by product_name.
    """
    keys = names or {"product_name": "product_key"}

    def choose() -> None:
        for row, column in st.session_state[key]["selection"]["cells"]:
            if column in keys:
                open_product(rows.iloc[row][keys[column]])

    written, columns = cells.written(rows, columns)
    st.dataframe(
        written,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        alt=alt,
        key=key,
        width="stretch",
        placeholder=DASH,
        on_select=choose,
        selection_mode="single-cell",
    )
    caption("A click on a product's name opens its page.")


def open_product(key: object) -> None:
    """What a click on a product's name does: open its page, by its key."""
    st.session_state[_PRODUCT_TO_OPEN] = str(key)
    redraw_whole_page()


def open_product_asked_for() -> None:
    """Leave for the page of a product whose name was clicked on, if one was.

    Left from within a part of a page, Streamlit would lose the address at times.
    """
    product = st.session_state.pop(_PRODUCT_TO_OPEN, None)
    if product is not None:
        st.switch_page("views/product.py", query_params={"product": product})


def product_lines(rows: Iterable[tuple[object, str, str]], list_key: str) -> None:
    """A few products as links to their pages, each with a few words beside it.

    Args:
        rows: Their keys, names, and what is said of them.
        list_key: The name of the list on this page.
    """
    for index, (key, name, said) in enumerate(rows):
        with st.container(
            key=f"{list_key}_product_line_{index}",
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            gap="small",
        ):
            st.page_link(
                "views/product.py",
                label=plain(clipped(name, 40)),
                query_params={"product": str(key)},
                width="content",
            )
            st.markdown(f":small[{plain(said)}]", width="content")


def short_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A few rows of text, the first column a name and the others numbers."""
    lines = [headings, [":--", *["--:"] * (len(headings) - 1)]]
    written = [[plain(clipped(cell, 40)) for cell in row] for row in rows]
    st.markdown("\n".join(f"| {' | '.join(row)} |" for row in [*lines, *written]))


def link(page: str, label: str, **choices: str) -> None:
    """A way to another page, with choices of its filters."""
    st.page_link(
        page, label=label, icon=":material/arrow_forward:", query_params=choices
    )


def download(
    rows: pd.DataFrame | Callable[[], Export],
    name: str,
    kind: Literal["CSV", "Parquet"] = "CSV",
) -> None:
    """A button for rows as a file, which is made when it is pressed."""
    written, mime = {
        "CSV": (exports.to_csv, "text/csv"),
        "Parquet": (exports.to_parquet, "application/vnd.apache.parquet"),
    }[kind]
    make = rows if callable(rows) else partial(exports.of_frame, rows)
    st.download_button(
        f"Download {kind}",
        lambda: written(make()),
        file_name=f"{name}.{kind.lower()}",
        mime=mime,
        key=f"{name}_{kind}",
        on_click="ignore",
        icon=":material/download:",
    )


def known_of_all(what: str) -> None:
    """What stands in place of what no country has of its own."""
    note(f"{what} for all countries together. Take the country away to see it.")


def note(text: str, icon: str = "info") -> None:
    """Why there is nothing to see here, as Markdown."""
    st.info(text, icon=f":material/{icon}:")


def bullets(lines: Sequence[str], most: int) -> None:
    """A list of a few sentences from the data, and how many more there are."""
    said = [f"- {plain(line)}" for line in lines[:most]]
    if len(lines) > most:
        said.append(f"- and {len(lines) - most:,} more")
    if said:
        st.markdown("\n".join(said))


def all_well(text: str) -> None:
    """Good news, as Markdown."""
    st.success(text, icon=":material/check_circle:")


def rows_of(
    answer: Callable[[SalesFilter], pd.DataFrame], chosen: SalesFilter
) -> pd.DataFrame | None:
    """The answer about a choice; None, and why, where it has no row."""
    if chosen.days.is_reversed:
        period_turned_round()
        return None
    with in_time():
        rows = answer(chosen)
        if not rows.empty:
            return rows
        note(
            "**No sales match these filters.** Choose a longer period, or take away a "
            "country or category.",
            icon="search",
        )
    return None


def period_turned_round() -> None:
    """That the days chosen are none."""
    st.warning(
        "**The period ends before it starts.** Choose a day under “To” that is not "
        "before “From”.",
        icon=":material/event:",
    )


def warehouse_error(error: WarehouseError) -> None:
    """Why there is nothing to see, and what to do."""
    st.error(f"**{plain(error.what)}**", icon=":material/database_off:")
    st.markdown(f"**What to do.** {error.remedy}")
    st.button("Look again", type="primary", key="look_again")


def too_slow(error: WarehouseError) -> None:
    """What stands in place of an answer that did not come in time."""
    st.warning(f"**{error.what}** {error.remedy}", icon=":material/timer_off:")


def page_failed() -> None:
    """What an error of the dashboard itself shows; the details are in the log."""
    st.error(
        "**This page could not be drawn.** The reason is in the log of the terminal "
        "that runs the dashboard. Other pages may still work.",
        icon=":material/warning:",
    )
