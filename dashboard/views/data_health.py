"""Data health: can I trust it?"""

import re

import pandas as pd
import streamlit as st

from dashboard import cache, ui
from dashboard.charts.data_health import intake_bars
from dashboard.formatting import DASH, day
from dashboard.metrics import METRICS
from dashboard.parts import part
from dashboard.queries import data_health, verdict
from dashboard.queries.verdict import State
from dashboard.warehouse import WarehouseError
from pipeline.installation import typed

_OUTCOMES = {
    "rejected": "Rejected rows, by reason",
    "excluded from sales": "Accepted, but not sales",
    "value nulled": "Values that could not be used",
    "noted": "Worth knowing",
}

_TROUBLES = 5
_STATES = {
    State.WELL: ("green", "yes", "check_circle"),
    State.DOUBTFUL: ("orange", "doubtful", "warning"),
    State.UNKNOWN: ("gray", "not judged", "help"),
}

_COUNTED = {
    "FactSales": "Lines",
    "FactOrders": "Orders with lines",
    "DimCustomer": "Customers",
    "DimProduct": "Products",
}


def main() -> None:
    """Draw the page."""
    ui.title("Data health", "Can I trust these figures?", "The last published build")
    _verdict()
    _freshness()
    rows = cache.ask(data_health.outcomes)
    _intake(rows)
    _left_out(rows)
    _doubts()
    _tests()
    _runs()
    _definitions()


def _verdict() -> None:
    """The answer, and why, before what it rests on."""
    answers = cache.verdicts()
    with st.container(key="verdict"):
        st.markdown(f"**{ui.plain(verdict.in_a_sentence(answers))}**")
    with st.grid(columns=3, min_column_width=260, gap="small"):
        for answer in answers:
            with st.container(border=True, height="stretch", gap="xsmall"):
                colour, said, icon = _STATES[answer.state]
                st.markdown(
                    f"**{answer.name}?** :{colour}-badge[:material/{icon}: {said}]"
                )
                ui.caption(ui.plain(answer.reason))
                ui.bullets(answer.troubles, _TROUBLES)


@ui.in_time()
def _freshness() -> None:
    info = cache.ask(data_health.build_info)
    try:
        known = cache.span()
    except WarehouseError as error:
        st.warning(f"**{ui.plain(error.what)}**", icon=":material/inbox:")
        known = None
    facts: list[tuple[str, str, str]] = []
    if known is not None:
        facts += [
            ("Orders until", day(known.last), "The last day with a line in FactSales."),
            ("As of", day(known.as_of), "The warehouse's “today”, never the clock."),
        ]
    began = "Not recorded: bare dbt built this warehouse, not the pipeline."
    built_on = DASH
    if info.get("built_at") is not None:
        built = pd.Timestamp(str(info["built_at"]))
        began = f"When the build began: {built:%Y-%m-%d %H:%M} UTC."
        built_on = day(built.date())
    facts.append(("Built", built_on, began))
    counts = cache.ask(data_health.row_counts)
    facts += [
        (label, f"{counts[table]:,}", f"Rows of {table}.")
        for table, label in _COUNTED.items()
    ]
    with st.grid(columns=7, min_column_width=140, gap="small"):
        for name, value, help_text in facts:
            st.metric(name, value, border=True, help=help_text, height="stretch")
    more = [
        f"{ui.plain(name.replace('_', ' '))}: {ui.plain(_fact(name, value))}"
        for name, value in info.items()
        if name not in ("built_at", "as_of_date", "variables") and value is not None
    ]
    if more:
        ui.caption(" · ".join(more))


def _fact(name: str, value: object) -> str:
    """A fact of the build as people read it, without the folders of the machine."""
    match name:
        case "origin":
            return re.split(r"[\\/]", str(value).rstrip("\\/"))[-1]
        case "duration_seconds":
            return f"{float(str(value)):,.0f}"
        case _:
            return str(value)


def _intake(rows: pd.DataFrame) -> None:
    table = data_health.intake(rows)
    columns = {
        "raw_table": st.column_config.TextColumn("Raw table"),
        "rows_in": ui.number_column("Rows in", "%,d"),
        "accepted": ui.number_column("Accepted", "%,d"),
        "rejected": ui.number_column("Rejected", "%,d"),
        "accepted_share": ui.number_column("Accepted, share", "percent"),
    }
    with ui.card(
        "Did every row arrive?",
        "Rows in the raw tables = accepted + rejected. Nothing is lost in silence.",
    ):
        left, right = st.columns([2, 3])
        with left:
            ui.chart(
                intake_bars(table, ui.theme()),
                "Bars of accepted and rejected rows by raw table.",
                "intake",
            )
        with right:
            alt = "Rows in, accepted and rejected by raw table."
            ui.table(table, columns, alt, "intake_table")


def _left_out(rows: pd.DataFrame) -> None:
    with ui.card(
        "What was left out, and what was it worth?",
        "Sales hold sale, return, refund and gift lines. Everything else stands here.",
    ):
        shown = rows[rows["outcome"] != "accepted"]
        if shown.empty:
            ui.all_well("Nothing was left out.")
            return
        for outcome, heading in _OUTCOMES.items():
            part = shown[shown["outcome"] == outcome]
            if part.empty:
                continue
            st.markdown(f"**{heading}**")
            columns = {
                "words": ui.name_column("What"),
                "row_count": ui.number_column("Rows", "%,d"),
            }
            if part["amount"].notna().any():
                columns["amount"] = ui.money_column("Amount")
            columns["raw_table"] = st.column_config.TextColumn("Raw table")
            columns["reason"] = st.column_config.TextColumn("Reason in the warehouse")
            part = part.assign(words=part["reason"].map(data_health.in_words))
            ui.table(part, columns, heading, f"outcome_{outcome}")


def _doubts() -> None:
    with ui.card(
        "Is anything odd?",
        "Old raw tables, days unlike the same weekdays before, what stopped selling, "
        "rows rejected of a sudden. What comes of each is set by a variable.",
    ):
        found = cache.ask(data_health.doubts)
        if found is None:
            ui.note(f"**Nobody asked.** `{typed('build')}` does so.", icon="search")
            return
        if found.empty:
            ui.all_well("Nothing is odd.")
            return
        columns = {
            "doubt": ui.name_column("What"),
            "subject": st.column_config.TextColumn("Of"),
            "words": st.column_config.TextColumn("How", width="large"),
            "since": st.column_config.TextColumn("Known since"),
        }
        shown = found[list(columns)]
        ui.table(shown, columns, "What is odd about the last build.", "doubts")


def _tests() -> None:
    with ui.card("Did the last build pass its tests?"):
        results = cache.ask(data_health.build_tests)
        if results is None:
            ui.note(
                f"**This build kept no test results.** `{typed('build')}` keeps "
                "them; after bare dbt, run `dbt test` to see them.",
                icon="science",
            )
            return
        others = results[results["status"] != "pass"]
        names = list(map(str, results))
        passed = len(results) - len(others)
        if others.empty:
            ui.all_well(f"All {passed:,} tests passed.")
        else:
            st.warning(
                f"{passed:,} of {len(results):,} tests passed; the others are warnings "
                "(a build that fails a test is never published).",
                icon=":material/warning:",
            )
            ui.table(others, {name: name for name in names}, "Tests", "failed_tests")
        with st.expander("All tests"):
            columns = {name: name.replace("_", " ").capitalize() for name in names}
            ui.table(results, columns, "All tests of the last build.", "all_tests")


def _runs() -> None:
    with ui.card(
        "How did the last runs go?",
        "The newest first, until the build of these figures. A run that failed changed "
        "nothing; its log says more.",
    ):
        runs = cache.ask(data_health.runs)
        if runs is None:
            ui.note(
                f"**No runs were written down.** `{typed('build')}` does so.",
                icon="history",
            )
            return
        columns = {
            "started": ui.name_column("Started (UTC)"),
            "command": st.column_config.TextColumn("What"),
            "outcome": st.column_config.TextColumn("What came of it"),
            "seconds": ui.number_column("Seconds", "%,.0f"),
            "rows_in": ui.number_column("Rows in", "%,d"),
            "rows_rejected": ui.number_column("Rejected", "%,d"),
            "tests_passed": ui.number_column("Tests passed", "%,d"),
        }
        ui.table(runs, columns, "The last runs of the pipeline.", "runs")


@part
def _definitions() -> None:
    """The glossary, folded, and what of it holds all words of a search."""
    with (
        ui.card("What does each figure mean?"),
        st.expander(f"{len(METRICS)} figures, with their definitions and units"),
    ):
        sought = st.text_input(
            "Search", key="glossary", placeholder="A word, such as returns or share"
        )
        found = data_health.glossary(sought)
        if not found:
            ui.note("**No figure is named or defined so.** Try another word.", "search")
            return
        rows = [(each.name, each.formula, each.unit.value) for each in found]
        columns = ["Figure", "Definition", "Unit"]
        st.table(pd.DataFrame(rows, columns=columns).set_index("Figure"))


main()
