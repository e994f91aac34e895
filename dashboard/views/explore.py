"""Explore: give me the rows."""

from functools import partial
from typing import Literal

import streamlit as st

from dashboard import cache, controls, frame, ui
from dashboard.formatting import DASH
from dashboard.queries import explore
from dashboard.queries.explore import Condition, Kind, Operator, Search

_SHOWN = 1_000
_EXPORTED = 1_000_000
_CONDITIONS = 3
_NO_COLUMN, _AS_STORED = "(none)", "(as stored)"


def main() -> None:
    """Draw the page."""
    warehouse = cache.current()
    names = explore.tables(warehouse)
    ui.title("Explore", "Give me the rows: any mart, filtered, sorted, to take away.")
    table = controls.listed("Table", names, "table", wide=True)
    show_pii = cache.show_pii()
    columns = explore.searchable(warehouse, table, show_pii=show_pii)
    conditions, problem = _conditions(table, columns)
    with frame.bar():
        sort_by = _one_of("Sort by", [_AS_STORED, *columns], f"sort_{table}", 270)
        order = controls.picked("Order", ("Ascending", "Descending"), "order")
    if problem:
        st.warning(f"**{ui.plain(problem)}**", icon=":material/edit:")
        return
    search = Search(
        table,
        conditions,
        None if sort_by == _AS_STORED else sort_by,
        descending=order == "Descending",
        show_pii=show_pii,
    )
    found = cache.ask(explore.count, search)
    rows = cache.ask(explore.rows, search, _SHOWN)
    listed = f", the first {_SHOWN:,} are shown" if found > _SHOWN else ""
    asked = " and ".join(
        f"{one.column} {one.operator.value} {one.value}".strip() for one in conditions
    )
    where = f" where {ui.plain(asked)}" if asked else ""
    with st.container(key="found"):
        st.markdown(
            f"**{ui.plain(table)}**: {found:,} rows{where}{listed}. Amounts are in "
            f"{ui.plain(cache.currency().code)}, shares from 0 to 1."
        )
    known = warehouse.columns[table.lower()]
    if masked := ", ".join(f"`{name}`" for name in known if name not in columns):
        ui.caption(
            f"Masked, and not to be searched: {masked}. `DWH_SHOW_PII=1` shows them."
        )
    if rows.empty:
        ui.note("**No row meets these conditions.** Take one away.", "search")
        return
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height=560,
        alt=f"Rows of {table}.",
        placeholder=DASH,
        column_config={
            str(name): st.column_config.NumberColumn(format="plain")
            for name in rows.columns
            if str(name).endswith("_key") or str(name) in ("year", "iso_year")
        },
    )
    with st.container(horizontal=True):
        export = partial(explore.export, warehouse, search, _EXPORTED)
        ui.download(export, table)
        ui.download(export, table, "Parquet")
    if found > _EXPORTED:
        ui.caption(f"A file holds the first {_EXPORTED:,} rows.")


def _one_of(
    label: str,
    options: list[str],
    key: str,
    width: int | Literal["stretch"] = "stretch",
) -> str:
    """One of the options, the first unless chosen; forgotten with the page."""
    kept = controls.remembered(key, options[0])
    chosen: str = st.selectbox(
        label, options, key=kept, bind="query-params", width=width
    )
    return chosen


def _conditions(
    table: str, columns: list[str]
) -> tuple[tuple[Condition, ...], str | None]:
    """The conditions that are filled in, and what is wrong with one of them."""
    warehouse = cache.current()
    found: list[Condition] = []
    problem = None
    for index in range(_CONDITIONS):
        with frame.bar(), st.popover(f"Condition {index + 1}"):
            names = [_NO_COLUMN, *columns]
            column = _one_of("Column", names, f"column{index}_{table}")
            if column == _NO_COLUMN:
                continue
            kind = explore.kind(warehouse, table, column)
            operators = [one.value for one in explore.OPERATORS[kind]]
            key = f"operator{index}_{table}_{kind}"
            operator = Operator(_one_of("Condition", operators, key))
            value = ""
            if operator.needs_value:
                value = st.text_input(
                    "Value", key=f"value{index}_{table}", bind="query-params"
                )
                if not value.strip():
                    continue
                of = Kind.TEXT if operator is Operator.CONTAINS else kind
                try:
                    explore.parse(value, of)
                except ValueError as error:
                    problem = str(error)
            found.append(Condition(column, operator, value))
    return tuple(found), problem


main()
