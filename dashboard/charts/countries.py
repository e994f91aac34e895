"""The map of the Countries page."""

from dataclasses import dataclass

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.outlines import Box, around, country_boxes
from dashboard.charts.theme import HOVER_TEXT, Theme, escaped
from dashboard.country_codes import code_of, small_places
from dashboard.metrics import Metric


def unplaced(countries: pd.Series) -> list[str]:
    """The names that no place on the map is known for."""
    return [str(name) for name in countries if code_of(str(name)) is None]


# The map shows where so many of the orders come from.
_FRAMED = 0.95
# Without the Antarctic, and what few live north of; what is so wide goes all round.
_WORLD = Box(-180.0, -56.0, 180.0, 76.0)
_ALL_ROUND = 300.0
# So near, and true to shape, a map shows.
_NEAR = 90.0


@dataclass(frozen=True)
class Frame:
    """What of the world a map shows.

    Attributes:
        box: Where.
        outside: The countries sold to that lie outside of it.
    """

    box: Box
    outside: list[str]

    @property
    def is_near(self) -> bool:
        """Whether it is so little that it can be true to shape."""
        return self.box.width < _NEAR


def frame(countries: pd.DataFrame) -> Frame:
    """Around the fewest countries with 95 % of the orders, and some of their like.

    `countries` have their names and orders; those without a place count for nothing.
    """
    placed = countries.assign(
        box=countries["country"].map(code_of).map(country_boxes())
    ).dropna(subset="box")
    if placed.empty:
        return Frame(_WORLD, [])
    ranked = placed.sort_values(["orders", "country"], ascending=[False, True])
    before = ranked["orders"].cumsum() - ranked["orders"]
    main = ranked[before < _FRAMED * ranked["orders"].sum()]
    box = around((main if len(main) else ranked)["box"]).grown(0.08, 1.5)
    west, east = (-180.0, 180.0) if box.width > _ALL_ROUND else (box.west, box.east)
    box = Box(west, max(box.south, _WORLD.south), east, min(box.north, _WORLD.north))
    is_outside = [not box.holds(each.middle) for each in ranked["box"]]
    return Frame(box, list(map(str, ranked.loc[is_outside, "country"])))


def world(
    countries: pd.DataFrame, metric: Metric, theme: Theme, shown: Frame
) -> Figure:
    """Countries coloured by a figure; those too small to be drawn are dots.

    The outlines come from this machine (`CONFIG["topojsonURL"]`). `countries` have
    their names, and a column named as the metric. A click gives back a place's code.
    """
    chart = theme.figure(340)
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
        customdata=drawn["code"],
        colorbar={
            "orientation": "h",
            "thickness": 10,
            # All of it in the middle of the map, which a phone shows first.
            "len": 0.38,
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
            customdata=dots["code"],
        )
    box = shown.box
    chart.update_geos(
        projection={
            # Of all the world, one that gives Europe room on a narrow screen.
            "type": "mercator" if shown.is_near else "miller",
            "rotation": {"lon": box.middle[0]},
        },
        resolution=110,
        showframe=False,
        showcoastlines=False,
        showland=True,
        landcolor=theme.faint,
        showcountries=True,
        countrycolor=theme.ground,
        countrywidth=0.5,
        bgcolor="rgba(0,0,0,0)",
        lonaxis={"range": [box.west, box.east]},
        lataxis={"range": [box.south, box.north]},
    )
    chart.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 28})
    return chart
