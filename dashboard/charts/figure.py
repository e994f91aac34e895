"""Plotly's figures as the plain dictionaries that a browser is sent.

`plotly.graph_objects` checks every property whenever a figure is made (25 ms each, 8
without) and adds a template of its own; the tests check the same pictures once.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import partialmethod
from typing import Any

from plotly.basedatatypes import BaseFigure


class Figure(BaseFigure):  # type: ignore[misc]
    """A picture: marks, and what lies around them.

    Streamlit takes any of Plotly's own figures as it is, and asks it for `to_dict`
    only. Methods are named as Plotly names them.
    """

    def __init__(self) -> None:
        # Not Plotly's: that one builds the objects that are done without here.
        traces: list[dict[str, Any]] = []
        layout: dict[str, Any] = {"xaxis": {}, "yaxis": {}}
        self.__dict__.update(traces=traces, around=layout)

    def to_dict(self) -> dict[str, Any]:
        """Its traces and its layout, as Plotly.js reads them."""
        return {"data": self.__dict__["traces"], "layout": self.__dict__["around"]}

    def _add(self, kind: str, **properties: Any) -> None:
        self.__dict__["traces"].append({"type": kind, **properties})

    add_bar = partialmethod(_add, "bar")
    add_choropleth = partialmethod(_add, "choropleth")
    add_heatmap = partialmethod(_add, "heatmap")
    add_scatter = partialmethod(_add, "scatter")
    add_scattergeo = partialmethod(_add, "scattergeo")

    def _around(self, part: str, **properties: Any) -> None:
        layout: dict[str, Any] = self.__dict__["around"]
        _merge(layout.setdefault(part, {}) if part else layout, properties)

    update_layout = partialmethod(_around, "")
    update_xaxes = partialmethod(_around, "xaxis")
    update_yaxes = partialmethod(_around, "yaxis")
    update_geos = partialmethod(_around, "geo")

    def update_trace(self, index: int, **properties: Any) -> None:
        """Change the marks that were added as the first, second and so on, from 0."""
        _merge(self.__dict__["traces"][index], properties)

    def _listed(self, name: str, **properties: Any) -> None:
        self.__dict__["around"].setdefault(name, []).append(properties)

    add_annotation = partialmethod(_listed, "annotations")
    add_shape = partialmethod(_listed, "shapes")


def _merge(into: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """Set properties where they are, leaving the others of the same group."""
    for name, value in properties.items():
        if isinstance(value, Mapping):
            group = into.setdefault(name, {})
            _merge(group, deepcopy(value))
        else:
            into[name] = value
