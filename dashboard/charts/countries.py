"""The world map of the Countries page."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import HOVER_TEXT, Theme, escaped
from dashboard.country_codes import code_of, small_places
from dashboard.metrics import Metric


def unplaced(countries: pd.Series) -> list[str]:
    """The names that no place on the map is known for."""
    return [str(name) for name in countries if code_of(str(name)) is None]


def world(countries: pd.DataFrame, metric: Metric, theme: Theme) -> Figure:
    """Countries coloured by a figure; those too small to be drawn are dots.

    The outlines come from this machine (`CONFIG["topojsonURL"]`). `countries` have
    their names, and a column named as the metric.
    """
    chart = theme.figure(400)
    placed = countries.assign(code=countries["country"].map(code_of))
    placed = placed[placed["code"].notna() & placed[metric.key].notna()]
    summed = placed.groupby("code", as_index=False).agg(
        {metric.key: "sum", "country": " + ".join}
    )
    # A root brings out the countries beside a home market that dwarfs them.
    summed["shade"] = summed[metric.key].clip(lower=0).astype(float) ** 0.5
    summed["hover"] = [
        f"<b>{escaped(name)}</b><br>{theme.named(float(value), metric)}"
        for name, value in zip(summed["country"], summed[metric.key], strict=True)
    ]
    top = (float(summed["shade"].max()) if len(summed) else 0.0) or 1.0
    marks = [0.0, top / 2, top]
    places = small_places()
    is_small = summed["code"].isin(places.keys())
    drawn, dots = summed[~is_small], summed[is_small]
    chart.add_choropleth(
        locations=drawn["code"],
        z=drawn["shade"],
        zmin=0,
        zmax=top,
        colorscale=theme.map_scale,
        marker={"line": {"color": theme.ground, "width": 0.6}},
        hovertext=drawn["hover"],
        hovertemplate=HOVER_TEXT,
        customdata=drawn["country"],
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "len": 0.5,
            "y": -0.02,
            "yanchor": "top",
            "tickvals": marks,
            "ticktext": [theme.tick(mark**2, metric) for mark in marks],
            "tickfont": {"color": theme.muted, "size": 11},
            "outlinewidth": 0,
        },
    )
    if len(dots):
        chart.add_scattergeo(
            lat=[places[code][0] for code in dots["code"]],
            lon=[places[code][1] for code in dots["code"]],
            mode="markers",
            marker={
                "size": 8,
                "color": dots["shade"],
                "colorscale": theme.map_scale,
                "cmin": 0,
                "cmax": top,
                "line": {"color": theme.muted, "width": 1},
            },
            hovertext=dots["hover"],
            hovertemplate=HOVER_TEXT,
        )
    chart.update_geos(
        projection={"type": "natural earth"},
        resolution=110,
        showframe=False,
        showcoastlines=False,
        showland=True,
        landcolor=theme.faint,
        showcountries=True,
        countrycolor=theme.ground,
        countrywidth=0.5,
        bgcolor="rgba(0,0,0,0)",
        lataxis={"range": [-56, 80]},
    )
    chart.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 28})
    return chart
