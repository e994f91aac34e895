"""Pictures of the Data health page."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import BLUE, ORANGE, Theme, share_axis


def intake_bars(intake: pd.DataFrame, theme: Theme) -> Figure:
    """Accepted and rejected share of every raw table.

    `intake` are rows of `intake`.
    """
    chart = theme.figure(60 + 36 * len(intake), legend=True)
    total = intake["rows_in"].where(intake["rows_in"] > 0)
    names = [
        name.removeprefix("raw_").replace("_", " ") for name in intake["raw_table"]
    ]
    for column, colour in (("accepted", BLUE), ("rejected", ORANGE)):
        shares = (intake[column] / total).fillna(0)
        chart.add_bar(
            x=shares,
            y=names,
            orientation="h",
            name=column.capitalize(),
            marker={"color": colour},
            text=[f"{count:,}" for count in intake[column]],
            textposition="none",
            hovertemplate=f"{column.capitalize()}: %{{text}} (%{{x:.2%}})"
            "<extra></extra>",
        )
    chart.update_layout(barmode="stack", hovermode="y unified")
    chart.update_xaxes(**share_axis(), showgrid=False)
    chart.update_yaxes(autorange="reversed", showgrid=False)
    return chart
