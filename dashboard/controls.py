"""The filters that people turn, each kept in the address of the page.

A widget's key is its name in the URL; a bad value there is dropped. `session` keeps a
choice while one goes from page to page.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard import cache
from dashboard.filters import SalesFilter
from dashboard.formatting import day_range
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


def picked(
    label: str, options: Sequence[str], key: str, help_text: str | None = None
) -> str:
    """One of a few options, as a row of buttons; the first is the default."""
    return st.segmented_control(
        label,
        list(options),
        default=options[0],
        required=True,
        key=remembered(key, options[0]),
        bind="query-params",
        persist_state="session",
        help=help_text,
        wrap=True,
    )


def picked_in_sidebar(label: str, options: Sequence[str], key: str) -> str:
    """Like `picked`, in the sidebar."""
    with st.sidebar:
        return picked(label, options, key)


def days() -> DateRange:
    """The range of days, in the sidebar; it may be turned round."""
    known = cache.span()
    presets = [preset.value for preset in Preset]
    chosen = Preset(
        st.sidebar.selectbox(
            "Period",
            presets,
            index=presets.index(Preset.LAST_12_MONTHS),
            key=remembered("period", Preset.LAST_12_MONTHS.value),
            bind="query-params",
            persist_state="session",
            filter_mode=None,
        )
    )
    if chosen is not Preset.CUSTOM:
        return preset_range(chosen, known.first, known.as_of)
    left, right = st.sidebar.columns(2)
    default = preset_range(Preset.LAST_12_MONTHS, known.first, known.as_of)
    start = left.date_input(
        "From",
        default.start,
        min_value=known.first,
        max_value=known.as_of,
        key=remembered("from", default.start),
        bind="query-params",
        persist_state="session",
        format="YYYY-MM-DD",
    )
    end = right.date_input(
        "To",
        default.end,
        min_value=known.first,
        max_value=known.as_of,
        key=remembered("to", default.end),
        bind="query-params",
        persist_state="session",
        format="YYYY-MM-DD",
    )
    return DateRange(start, end)


def comparison() -> Comparison:
    """What the range is held against, in the sidebar."""
    options = [option.value for option in Comparison]
    return Comparison(
        st.sidebar.selectbox(
            "Compare with",
            options,
            key=remembered("compare", options[0]),
            bind="query-params",
            persist_state="session",
            filter_mode=None,
        )
    )


def countries() -> tuple[str, ...]:
    """Countries, in the sidebar; empty for all, and not asked where one is all."""
    options, _ = cache.choices()
    if len(options) < 2:
        return ()
    return tuple(
        st.sidebar.multiselect(
            "Country",
            options,
            key=remembered("country", []),
            placeholder="All countries",
            bind="query-params",
            persist_state="session",
        )
    )


def categories() -> tuple[str, ...]:
    """Categories, in the sidebar; empty for all, and not asked where one is all."""
    _, options = cache.choices()
    if len(options) < 2:
        return ()
    return tuple(
        st.sidebar.multiselect(
            "Category",
            options,
            key=remembered("category", []),
            placeholder="All categories",
            bind="query-params",
            persist_state="session",
        )
    )


def slider(
    label: str, low: int, high: int, default: int, key: str, step: int = 1
) -> int:
    """A whole number."""
    return st.slider(
        label,
        low,
        high,
        default,
        step,
        key=remembered(key, default),
        bind="query-params",
        persist_state="session",
    )


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
