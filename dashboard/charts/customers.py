"""Pictures of the Retention, Segments and Lifetime value pages."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.bars import ranked
from dashboard.charts.look import (
    BLUE,
    GOLD,
    GREY,
    ORANGE,
    PURPLE,
    TEAL,
    Look,
    axis_format,
    escaped,
    figure,
    records,
    share_axis,
)
from dashboard.formatting import exact, short
from dashboard.metrics import Metric, Unit, metric
from dashboard.queries.customers import MILESTONES, SEGMENT_GROUPS

# Segments by what to do about them: keep, grow, hold, win back, let go.
GROUP_COLOURS = dict(zip(SEGMENT_GROUPS, (BLUE, TEAL, GOLD, ORANGE, GREY), strict=True))
SEGMENT_COLOURS = {
    name: GROUP_COLOURS[group]
    for group, names in SEGMENT_GROUPS.items()
    for name in names
}

# Where a label disturbs the neighbours least.
_LABEL_PLACES = {
    "Loyal": "middle left",
    "Need Attention": "middle left",
    "Potential Loyalists": "middle left",
    "Promising": "bottom center",
    "New Customers": "bottom center",
    "About To Sleep": "bottom center",
    "Cannot Lose Them": "bottom center",
    "Lost": "bottom center",
}


def cohort_heat_map(
    matrix: pd.DataFrame,
    average: pd.DataFrame,
    sizes: pd.Series,
    incomplete: set[tuple[str, int]],
    shown: Metric,
    look: Look,
) -> go.Figure:
    """Cohorts down, months since the start across; blank where the future is.

    Args:
        matrix: Rows of `queries.customers.cohort_matrix`.
        average: `queries.customers.average`; stands on top, where it is of most.
        sizes: Cohort size by cohort month.
        incomplete: (cohort_month, month_index) of months that are not over.
        shown: What the cells hold.
        look: Colours and currency.
    """
    months = [int(column) for column in matrix.columns]
    names = [
        f"{name}  ({short(float(sizes[name]), metric('cohort_size'), look.currency)})"
        for name in matrix.index
    ]
    label = "Average" if shown.unit in (Unit.SHARE, Unit.MONEY) else "Total"
    if shown.key in ("total_spending", "active_customers"):
        label = "Total"
    means = average["value"].where(average["is_of_most"])
    values = np.vstack([means.reindex(matrix.columns).to_numpy(float), matrix])
    coloured = values.astype(float).copy()
    if label == "Total":
        coloured[0, :] = np.nan  # a sum would outshine every cohort
    # Month 0 is 100 % by definition and would wash out all others.
    if shown.key == "retention_rate" and months and months[0] == 0:
        later = coloured[:, 1:]
        top = np.nanmax(later) if later.size and not np.isnan(later).all() else 1.0
    else:
        top = np.nanmax(coloured) if not np.isnan(coloured).all() else 1.0
    texts, hovers = [], []
    for row, name in enumerate([label, *matrix.index]):
        texts.append([_cell(value, shown, look) for value in values[row]])
        hovers.append(
            [
                _cell_hover(
                    name, month, value, (name, month) in incomplete, shown, look
                )
                for month, value in zip(months, values[row], strict=True)
            ]
        )
    for row, name in enumerate(matrix.index, start=1):
        for column, month in enumerate(months):
            is_open = (name, month) in incomplete and texts[row][column]
            # The first month of a cohort is whole by definition.
            if is_open and (month > 0 or shown.key != "retention_rate"):
                texts[row][column] += "*"
    # Hover and figures also where the colour is left out.
    background = np.where(np.isnan(values), np.nan, np.nan_to_num(coloured))
    chart = figure(look, 84 + 27 * (len(names) + 1))
    chart.add_heatmap(
        x=months,
        y=[f"<b>{label}</b>", *(escaped(name) for name in names)],
        z=background,
        zmin=0,
        zmax=top or 1.0,
        text=texts,
        texttemplate="%{text}",
        # Two digits fit into a cell on a phone; longer figures shrink to theirs.
        textfont={"color": look.text, "size": 11 if shown.unit is Unit.SHARE else None},
        hovertext=hovers,
        hovertemplate="%{hovertext}<extra></extra>",
        colorscale=look.cell_scale,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
    )
    chart.update_yaxes(
        autorange="reversed",
        showgrid=False,
        type="category",
        tickfont={"color": look.text, "size": 12},
    )
    chart.update_xaxes(
        side="top",
        showgrid=False,
        title_text="Months since the start",
        tickangle=0,
        dtick=1 if len(months) <= 13 else 3,
        zeroline=False,
    )
    return chart


def _cell(value: float, shown: Metric, look: Look) -> str:
    if np.isnan(value):
        return ""
    if shown.unit is Unit.SHARE:
        return f"{value * 100:.0f}"
    return escaped(short(float(round(value)), metric("units"), look.currency))


def _cell_hover(
    name: str, month: int, value: float, unfinished: bool, shown: Metric, look: Look
) -> str:
    if np.isnan(value):
        return ""
    note = "<br>The month is not over yet." if unfinished else ""
    return (
        f"<b>{escaped(name)}</b>, month {month}<br>"
        f"{escaped(shown.name)}: {look.exact(float(value), shown)}{note}"
    )


def cohort_curves(
    matrix: pd.DataFrame,
    average: pd.DataFrame,
    incomplete: set[tuple[str, int]],
    shown: Metric,
    look: Look,
    height: int = 320,
) -> go.Figure:
    """One thin line a cohort, and the weighted average on top; complete months only.

    The average ends where it would be of fewer than half of the customers.
    """
    chart = figure(look, height)
    first = 1 if shown.key == "retention_rate" else 0
    for name in matrix.index:
        row = matrix.loc[name].dropna()
        row = row[
            [month for month in row.index if (name, int(month)) not in incomplete]
        ]
        row = row[row.index >= first]
        if row.empty:
            continue
        chart.add_scatter(
            x=list(row.index),
            y=row.to_numpy(float),
            mode="lines+markers" if len(row) == 1 else "lines",
            line={"color": GREY, "width": 1},
            marker={"size": 4},
            opacity=0.55,
            text=[look.exact(float(value), shown) for value in row],
            hovertemplate=f"<b>{escaped(str(name))}</b>, month %{{x}}<br>"
            f"{escaped(shown.name)}: %{{text}}<extra></extra>",
            showlegend=False,
        )
    whole = average[average["is_of_most"] & (average.index >= first)].dropna()
    chart.add_scatter(
        x=list(whole.index),
        y=whole["value"].to_numpy(float),
        mode="lines+markers",
        name="All cohorts, weighted by size",
        line={"color": BLUE, "width": 3},
        marker={"size": 6},
        text=[
            f"{look.exact(float(row.value), shown)}<br>"
            f"of {row.customers_at_risk:,} customers in {row.cohorts:,} cohorts"
            for row in records(whole)
        ],
        hovertemplate="<b>All cohorts</b>, month %{x}<br>"
        f"{escaped(shown.name)}: %{{text}}<extra></extra>",
        showlegend=True,
    )
    chart.update_xaxes(
        title_text="Months since the start", showgrid=False, zeroline=False
    )
    chart.update_yaxes(rangemode="tozero", nticks=6, **axis_format(shown, look))
    chart.update_layout(showlegend=True, margin={"l": 8, "r": 8, "t": 28, "b": 8})
    return chart


def segment_map(segments: pd.DataFrame, look: Look, height: int = 420) -> go.Figure:
    """Segments by mean scores: right bought lately, up bought often and much.

    The area of a mark is the number of buyers.

    Args:
        segments: Rows of `queries.customers.segments`.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    largest = float(segments["customers"].max()) if len(segments) else 1.0
    money, count = metric("monetary_value"), metric("buyers")
    chart.add_scatter(
        x=segments["r_mean"],
        y=segments["fm_mean"],
        mode="markers+text",
        marker={
            "size": segments["customers"],
            "sizemode": "area",
            "sizeref": 2 * largest / 58**2,
            "sizemin": 5,
            "color": [
                SEGMENT_COLOURS.get(name, GREY) for name in segments["segment_name"]
            ],
            "opacity": 0.85,
            "line": {"color": look.ground, "width": 1},
        },
        text=[escaped(name) for name in segments["segment_name"]],
        textposition=[
            _LABEL_PLACES.get(name, "top center") for name in segments["segment_name"]
        ],
        textfont={"size": 12, "color": look.text},
        cliponaxis=False,
        customdata=segments["segment_name"],
        hovertext=[
            f"<b>{escaped(row.segment_name)}</b><br>"
            f"Buyers: {look.exact(row.customers, count)} ({row.customer_share:.1%})<br>"
            f"Net sales: {look.exact(row.monetary_value, money)}"
            f" ({row.money_share:.1%})<br>"
            f"Last order {row.average_recency:,.0f} days ago, "
            f"{row.average_orders:,.1f} orders (means)"
            for row in records(segments)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        unselected={"marker": {"opacity": 0.3}},
    )
    chart.update_xaxes(
        range=[0.4, 5.6],
        tickvals=[1, 2, 3, 4, 5],
        title_text="Recency score: long ago → lately",
        zeroline=False,
    )
    chart.update_yaxes(
        range=[0.4, 5.6],
        tickvals=[1, 2, 3, 4, 5],
        title_text="Frequency and money score",
        zeroline=False,
    )
    return chart


def score_grid(cells: pd.DataFrame, look: Look, height: int = 420) -> go.Figure:
    """Buyers by recency and frequency score.

    Args:
        cells: Rows of `queries.customers.rfm_cells`.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    scores = [1, 2, 3, 4, 5]
    numbers, amounts = (
        cells.pivot_table(
            index="f_score", columns="r_score", values=column, aggfunc="sum"
        )
        .reindex(index=scores, columns=scores)
        .fillna(0)
        .to_numpy(float)
        .tolist()
        for column in ("customers", "monetary_value")
    )
    buyers, value = metric("buyers"), metric("monetary_value")
    chart.add_heatmap(
        x=scores,
        y=scores,
        z=numbers,
        text=[[look.short(number, buyers) for number in row] for row in numbers],
        texttemplate="%{text}",
        textfont={"color": look.text},
        hovertext=[
            [
                f"<b>Recency {recency}, frequency {frequency}</b><br>"
                f"Buyers: {look.exact(numbers[frequency - 1][recency - 1], buyers)}<br>"
                f"Net sales: {look.exact(amounts[frequency - 1][recency - 1], value)}"
                for recency in scores
            ]
            for frequency in scores
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        colorscale=look.cell_scale,
        showscale=False,
        xgap=3,
        ygap=3,
    )
    chart.update_xaxes(
        title_text="Recency score: long ago → lately",
        dtick=1,
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(
        title_text="Frequency score", dtick=1, showgrid=False, zeroline=False
    )
    return chart


def lorenz_curve(curve: pd.DataFrame, look: Look, height: int = 320) -> go.Figure:
    """How unequal the buyers' values are; the diagonal would be all alike."""
    chart = figure(look, height)
    chart.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    chart.add_scatter(
        x=curve["buyer_share"],
        y=curve["money_share"],
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        fill="tonexty",
        fillcolor="rgba(59,125,196,0.13)",
        hovertemplate="The smaller %{x:.0%} of buyers<br>brought %{y:.1%} of the money"
        "<extra></extra>",
    )
    chart.update_xaxes(**share_axis(), showgrid=False, title_text="Share of buyers")
    chart.update_yaxes(**share_axis(), title_text="Share of money")
    return chart


def forecast_check(tenths: pd.DataFrame, look: Look, height: int = 280) -> go.Figure:
    """Forecast beside what came, for tenths of customers from high to low forecasts.

    Args:
        tenths: Rows of `queries.customers.backtest_tenths`.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    for column, name, colour in (
        ("predicted_orders", "Forecast", TEAL),
        ("actual_orders", "What came", BLUE),
    ):
        chart.add_bar(
            x=tenths["decile"],
            y=tenths[column].astype(float),
            name=name,
            marker={"color": colour},
            hovertemplate=f"Tenth %{{x}}<br>{name}: %{{y:,.0f}} purchases"
            "<extra></extra>",
        )
    chart.update_layout(
        barmode="group",
        showlegend=True,
        bargap=0.2,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    chart.update_xaxes(
        dtick=1,
        showgrid=False,
        title_text="Tenths of customers, highest forecasts first",
    )
    chart.update_yaxes(tickformat="~s", nticks=5)
    return chart


def by_cohort(
    cohorts: pd.DataFrame, shown: Metric, look: Look, height: int = 320
) -> go.Figure:
    """One bar a cohort.

    Args:
        cohorts: cohort_month, buyers, and a column named average_value; also
            predicted_value where it is known: a lighter part on top.
        shown: What the bars are.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    months = pd.to_datetime(cohorts["cohort_month"] + "-01")
    names = [f"{month:%B %Y}" for month in months]
    hover = [
        f"<b>{name}</b><br>{escaped(shown.name)}, mean: "
        f"{exact(value, shown, look.currency)}<br>Buyers: {buyers:,}"
        for name, value, buyers in zip(
            names, cohorts["average_value"], cohorts["buyers"], strict=True
        )
    ]
    chart.add_bar(
        x=months,
        y=cohorts["average_value"],
        name=shown.name,
        marker={"color": BLUE},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if "predicted_value" in cohorts:
        predicted = metric("predicted_value")
        chart.add_bar(
            x=months,
            y=cohorts["predicted_value"],
            name=predicted.name,
            marker={"color": TEAL, "pattern": {"shape": "/", "size": 5}},
            text=[
                exact(v, predicted, look.currency) for v in cohorts["predicted_value"]
            ],
            textposition="none",
            hovertemplate=f"{escaped(predicted.name)}, mean: %{{text}}<extra></extra>",
        )
        chart.update_layout(barmode="stack", showlegend=True)
    chart.update_yaxes(nticks=6, **axis_format(shown, look))
    chart.update_xaxes(showgrid=False, nticks=8)
    return chart


def segment_history(
    history: pd.DataFrame, shown: Metric, look: Look, height: int = 320
) -> go.Figure:
    """Buyers at each month's end, stacked by group of segments.

    Args:
        history: Rows of `queries.customers.segment_history`.
        shown: buyers or buyer_share.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    months = [pd.Timestamp(f"{month}-01") for month in history.index]
    shares = history.div(history.sum(axis=1), axis=0)
    values = shares if shown.unit is Unit.SHARE else history
    buyers, share = metric("buyers"), metric("buyer_share")
    for group, colour in GROUP_COLOURS.items():
        chart.add_scatter(
            x=months,
            y=values[group],
            name=group,
            stackgroup="groups",
            mode="lines",
            line={"color": colour, "width": 0.5},
            fillcolor=colour,
            text=[
                f"{look.exact(count, buyers)} ({look.short(part, share)})"
                for count, part in zip(history[group], shares[group], strict=True)
            ],
            hovertemplate=f"{group}: %{{text}}<extra></extra>",
        )
    chart.update_layout(
        hovermode="x unified",
        showlegend=True,
        legend={"traceorder": "normal"},
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    chart.update_xaxes(showgrid=False, nticks=8, hoverformat="%B %Y")
    chart.update_yaxes(nticks=5, rangemode="tozero", **axis_format(shown, look))
    return chart


def move_bars(moves: pd.DataFrame, look: Look) -> go.Figure:
    """Moves between segments, most buyers first, in the colour of where they went.

    Args:
        moves: Rows of `queries.customers.moves_of_month`.
        look: Colours and currency.
    """
    money = metric("monetary_value")
    chart = ranked(
        list(moves["from_segment"]),
        moves["customers"],
        metric("customers_moved"),
        look,
        second_lines=[f"\N{RIGHTWARDS ARROW} {name}" for name in moves["to_segment"]],
        details=[
            f"now {escaped(row.to_segment)}<br>"
            f"Net sales so far: {look.exact(row.monetary_value, money)}"
            for row in records(moves)
        ],
        label_length=22,
    )
    chart.data[0].update(
        name="Moves",
        marker={
            "color": [SEGMENT_COLOURS.get(name, GREY) for name in moves["to_segment"]]
        },
    )
    return chart


def repeat_curves(repeats: pd.DataFrame, look: Look, height: int = 320) -> go.Figure:
    """The share that has ordered again by the days since an order, a line an order.

    Args:
        repeats: Rows of `queries.customers.repeat_purchases`.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    shown = metric("share_back")
    colours = (BLUE, TEAL, GOLD, ORANGE, PURPLE)
    for row, colour in zip(records(repeats), colours, strict=False):
        known = [
            (days, share, getattr(row, f"customers_at_risk_{days}_days"))
            for days in MILESTONES
            if not np.isnan(share := getattr(row, f"returned_within_{days}_days"))
        ]
        if not known:
            continue
        number = int(row.order_number)
        chart.add_scatter(
            x=[0, *(days for days, _, _ in known)],
            y=[0.0, *(share for _, share, _ in known)],
            mode="lines+markers",
            name=f"{_ORDINALS.get(number, number)} order",
            line={"color": colour, "width": 3 if number == 1 else 2},
            marker={"size": 6},
            text=[
                "",
                *(
                    f"{look.exact(share, shown)}<br>{at_risk:,} still waited for"
                    for _, share, at_risk in known
                ),
            ],
            hovertemplate=f"<b>Within %{{x}} days of order {number}</b><br>"
            f"{escaped(shown.name)}: %{{text}}<extra></extra>",
        )
    chart.update_xaxes(
        title_text="Days since the order",
        tickvals=[0, *MILESTONES],
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(rangemode="tozero", nticks=6, tickformat=".0%")
    chart.update_layout(showlegend=True, margin={"l": 8, "r": 8, "t": 28, "b": 8})
    return chart


_ORDINALS = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth"}

CUSTOMER_TYPES = {
    "new": ("New", TEAL),
    "returning": ("Returning", BLUE),
    "reactivated": ("Won back", GOLD),
    "no order yet": ("Before a first order", GREY),
}


def sales_by_type(rows: pd.DataFrame, look: Look, height: int = 320) -> go.Figure:
    """Net sales a month, stacked by the type of customer; the open month is hatched.

    Args:
        rows: Rows of `queries.customers.sales_by_type`.
        look: Colours and currency.
        height: Pixels.
    """
    chart = figure(look, height)
    money = metric("net_sales")
    for kind, (name, colour) in CUSTOMER_TYPES.items():
        part = rows[rows["customer_type"] == kind]
        if not part["net_sales"].any():
            continue
        chart.add_bar(
            x=[pd.Timestamp(f"{month}-01") for month in part["month"]],
            y=part["net_sales"],
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": ["" if done else "/" for done in part["is_complete"]],
                    "size": 5,
                },
            },
            text=[
                f"{look.exact(row.net_sales, money)}, {row.customers:,} buyers, "
                f"{row.orders:,} orders"
                for row in records(part)
            ],
            textposition="none",
            hovertemplate=f"{escaped(name)}: %{{text}}<extra></extra>",
        )
    chart.update_layout(
        barmode="relative",
        hovermode="x unified",
        showlegend=True,
        legend={"traceorder": "normal"},
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    chart.update_xaxes(showgrid=False, nticks=8, hoverformat="%B %Y")
    chart.update_yaxes(nticks=6, **axis_format(money, look))
    return chart


def origin_bars(origins: pd.DataFrame, look: Look) -> go.Figure:
    """What buyers are worth by how they began, the highest value first.

    Args:
        origins: Rows of `queries.customers.origin_values`.
        look: Colours and currency.
    """
    orders, back = metric("mean_orders"), metric("returning_share")
    return ranked(
        list(origins["origin"]),
        origins["value_per_customer"],
        metric("value_per_customer"),
        look,
        second_lines=[f"{count:,} customers" for count in origins["customers"]],
        details=[
            f"Customers: {row.customers:,}<br>"
            f"{escaped(orders.name)}: {look.exact(row.orders_per_customer, orders)}<br>"
            f"{escaped(back.name)}: {look.exact(row.returning_share, back)}"
            for row in records(origins)
        ],
    )
