"""The filters that people turn, each kept in the address of the page.

A widget's key is its name in the URL; a bad value there is dropped. `session` keeps a
choice while one goes from page to page.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import cache
from dashboard.filters import SalesFilter
from dashboard.formatting import day, day_range
from dashboard.metrics import Metric, metric
from dashboard.periods import Comparison, DateRange, Grain, Preset, preset_range

_KEPT = "kept_choices"


def remembered(key: str, default: object) -> str:
    """The key of a widget, after making sure that its choice and the address agree.

    A click while a page is still being drawn changes the widget but, at times, not the
    address (Streamlit 1.67), and a page left that early forgets what came from the
    address. Setting the same choice from here makes Streamlit write it out again.

    Args:
        key: The widget's key, and its name in the address.
        default: What the widget holds when nothing was chosen.
    """
    kept: dict[str, object] = st.session_state.setdefault(_KEPT, {})
    if key in st.session_state:
        chosen = st.session_state[key]
        if chosen != default and not _is_in_address(key, chosen):
            st.session_state[key] = chosen
        kept[key] = chosen
    elif key in st.query_params:
        kept.pop(key, None)
    elif kept.get(key, default) != default:
        st.session_state[key] = kept[key]
    return key


def _is_in_address(key: str, chosen: object) -> bool:
    written = st.query_params.get_all(key)
    if isinstance(chosen, str):
        return written == [chosen]
    if isinstance(chosen, list):
        return written == [str(name) for name in chosen]
    return bool(written)


def kept(key: str, default: object) -> dict[str, Any]:
    """Arguments of a widget whose choice stays in the address, and on other pages."""
    return {
        "key": remembered(key, default),
        "bind": "query-params",
        "persist_state": "session",
    }


def picked(label: str, options: Sequence[str], key: str) -> str:
    """One of a few options, as a row of buttons; the first is the default."""
    chosen: str = st.segmented_control(
        label,
        list(options),
        default=options[0],
        required=True,
        wrap=True,
        **kept(key, options[0]),
    )
    return chosen


def picked_metric(label: str, keys: Sequence[str], key: str) -> Metric:
    """One of a few metrics, as a row of buttons with their names."""
    names = {metric(one).name: one for one in keys}
    return metric(names[picked(label, list(names), key)])


def days() -> DateRange:
    """The range of days, in the sidebar; it may be turned round."""
    known = cache.span()
    presets = [preset.value for preset in Preset]
    chosen = Preset(
        st.sidebar.selectbox(
            "Period",
            presets,
            index=presets.index(Preset.LAST_12_MONTHS),
            filter_mode=None,
            **kept("period", Preset.LAST_12_MONTHS.value),
        )
    )
    if chosen is not Preset.CUSTOM:
        return preset_range(chosen, known.first, known.as_of)
    default = preset_range(Preset.LAST_12_MONTHS, known.first, known.as_of)

    def one_day(column: Any, label: str, key: str, default: dt.date) -> dt.date:
        picked_day: dt.date = column.date_input(
            label,
            default,
            min_value=known.first,
            max_value=known.as_of,
            format="YYYY-MM-DD",
            **kept(key, default),
        )
        return picked_day

    left, right = st.sidebar.columns(2)
    return DateRange(
        one_day(left, "From", "from", default.start),
        one_day(right, "To", "to", default.end),
    )


def comparison() -> Comparison:
    """What the range is held against, in the sidebar."""
    options = [option.value for option in Comparison]
    return Comparison(
        st.sidebar.selectbox(
            "Compare with", options, filter_mode=None, **kept("compare", options[0])
        )
    )


def countries() -> tuple[str, ...]:
    """Countries, in the sidebar; empty for all, and not asked where one is all."""
    options, _ = cache.choices()
    return _several("Country", options, "country", "All countries")


def categories() -> tuple[str, ...]:
    """Categories, in the sidebar; empty for all, and not asked where one is all."""
    _, options = cache.choices()
    return _several("Category", options, "category", "All categories")


def _several(
    label: str, options: list[str], key: str, placeholder: str
) -> tuple[str, ...]:
    if len(options) < 2:
        return ()
    return tuple(
        st.sidebar.multiselect(label, options, placeholder=placeholder, **kept(key, []))
    )


def slider(
    label: str, low: int, high: int, default: int, key: str, step: int = 1
) -> int:
    """A whole number."""
    chosen: int = st.slider(label, low, high, default, step, **kept(key, default))
    return chosen


def product(labels: Sequence[str], key: str, **options: Any) -> str:
    """One of many products; the first is the default."""
    chosen: str = st.selectbox("Product", labels, **kept(key, labels[0]), **options)
    return chosen


def grain(chosen: DateRange, automatic: Grain) -> Grain:
    """The length of a period; by itself as long as suits the range."""
    options = ["Auto", *(option.value for option in Grain)]
    value = picked("Per", options, "per")
    return automatic if value == "Auto" else Grain(value)


def describe(chosen: SalesFilter, *, by_country: bool = True) -> str:
    """The choice in words, to stand under the page's title."""
    parts = [day_range(chosen.days.start, chosen.days.end)]
    if by_country:
        parts.append(_listed(chosen.countries, "all countries"))
    parts.append(_listed(chosen.categories, "all categories"))
    return " · ".join(parts)


def _listed(names: tuple[str, ...], all_of_them: str) -> str:
    if not names:
        return all_of_them
    return (
        ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} more"
    )


def describe_countries(chosen: tuple[str, ...]) -> str:
    """The choice of a page that knows all days."""
    where = ", ".join(chosen) if chosen else "all countries"
    return f"All orders until {day(cache.span().as_of)} · {where}"
