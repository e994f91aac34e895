"""Explore: give me the rows."""

import streamlit as st

from dashboard import cache, controls, exports, privacy, ui
from dashboard.formatting import DASH
from dashboard.queries import explore
from dashboard.queries.explore import Condition, Kind, Operator

_SHOWN = 1_000
_EXPORTED = 1_000_000
_CONDITIONS = 3


def main() -> None:
    """Draw the page."""
    warehouse = cache.current()
    names = explore.tables(warehouse)
    ui.title("Explore", "Give me the rows: any mart, filtered, sorted, to take away.")
    table = st.sidebar.selectbox(
        "Table",
        names,
        key=controls.remembered("table", names[0]),
        bind="query-params",
        persist_state="session",
    )
    show_pii = cache.show_pii()
    columns = explore.searchable(warehouse, table, show_pii=show_pii)
    conditions, problem = _conditions(table, columns)
    order = st.sidebar.selectbox(
        "Sort by",
        ["(as stored)", *columns],
        key=controls.remembered(f"sort_{table}", "(as stored)"),
        bind="query-params",
    )
    descending = (
        controls.picked_in_sidebar("Order", ("Ascending", "Descending"), "order")
        == "Descending"
    )
    if problem:
        st.warning(f"**{ui.plain(problem)}**", icon=":material/edit:")
        return
    sort_by = None if order == "(as stored)" else order
    found = cache.ask(explore.count, table, conditions, show_pii=show_pii)
    rows = cache.ask(
        explore.rows,
        table,
        conditions,
        sort_by,
        descending=descending,
        limit=_SHOWN,
        show_pii=show_pii,
    )
    st.markdown(
        f"**{ui.plain(table)}**: {found:,} rows"
        + (f", the first {_SHOWN:,} are shown" if found > _SHOWN else "")
        + "."
    )
    masked = [
        name
        for name in warehouse.columns[table.lower()]
        if privacy.is_personal(table, name)
    ]
    if masked and not show_pii:
        ui.caption(
            "Masked, and not to be searched: "
            + ", ".join(f"`{name}`" for name in masked)
            + ". `DWH_SHOW_PII=1` shows them."
        )
    if rows.empty:
        st.info(
            "**No row meets these conditions.** Take one away.",
            icon=":material/search:",
        )
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

    def every() -> exports.Export:
        return explore.export(
            warehouse,
            table,
            conditions,
            sort_by,
            descending=descending,
            limit=_EXPORTED,
            show_pii=show_pii,
        )

    with st.container(horizontal=True):
        ui.download_csv(every, table, "rows_csv")
        st.download_button(
            "Download Parquet",
            lambda: exports.to_parquet(every()),
            file_name=f"{table}.parquet",
            mime="application/vnd.apache.parquet",
            key="rows_parquet",
            on_click="ignore",
            icon=":material/download:",
        )
    if found > _EXPORTED:
        ui.caption(f"A file holds the first {_EXPORTED:,} rows.")


def _conditions(
    table: str, columns: list[str]
) -> tuple[tuple[Condition, ...], str | None]:
    """The conditions that are filled in, and what is wrong with one of them."""
    warehouse = cache.current()
    found: list[Condition] = []
    problem = None
    for index in range(_CONDITIONS):
        with st.sidebar.expander(f"Condition {index + 1}", expanded=index == 0):
            column = st.selectbox(
                "Column",
                ["(none)", *columns],
                key=controls.remembered(f"column{index}_{table}", "(none)"),
                bind="query-params",
            )
            if column == "(none)":
                continue
            kind = explore.kind(warehouse, table, column)
            operators = [one.value for one in explore.operators(kind)]
            operator = Operator(
                st.selectbox(
                    "Condition",
                    operators,
                    key=controls.remembered(
                        f"operator{index}_{table}_{kind}", operators[0]
                    ),
                    bind="query-params",
                )
            )
            value = ""
            if operator.needs_value:
                value = st.text_input(
                    "Value", key=f"value{index}_{table}", bind="query-params"
                )
                if not value.strip():
                    continue
                try:
                    explore.parse(
                        value, Kind.TEXT if operator is Operator.CONTAINS else kind
                    )
                except ValueError as error:
                    problem = str(error)
            found.append(Condition(column, operator, value))
    return tuple(found), problem


main()
