"""The filters that people turn, each kept in the address of the page.

A widget's key is its name in the URL; a bad value there is dropped. `session` keeps a
choice while one goes from page to page.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from dashboard import cache, frame
from dashboard.filters import SalesFilter
from dashboard.formatting import day, day_range
from dashboard.metrics import Metric, metric
from dashboard.periods import (
    Comparison,
    DateRange,
    Grain,
    Preset,
    comparison_range,
    default_grain,
    default_preset,
    preset_range,
)

_KEPT = "kept_choices"
# The defaults of what is in the bar, by key: parts of a page do not draw that anew.
_IN_BAR = "choices_in_the_bar"
# How wide a filter is, on every page.
_NARROW, _WIDE = 190, 270
# One key each, pressed anywhere but in a field.
_PRESSED = {
    Preset.LAST_DAY: "1",
    Preset.LAST_7_DAYS: "7",
    Preset.LAST_30_DAYS: "3",
}
# The product's name in the address; which is asked for, which the address of this page
# was seen or made to name, and the widget's.
_PRODUCT = "product"
_WANTED, _ADDRESSED, _CHOSEN = "product_wanted", "product_addressed", "product_chosen"
_PAGE = "page_drawn"

T = TypeVar("T", bound=StrEnum)


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


def begin_page(name: str) -> None:
    """Forget the filters, and the address, of the page before."""
    st.session_state.pop(_IN_BAR, None)
    if st.session_state.get(_PAGE) != name:
        st.session_state[_PAGE] = name
        st.session_state.pop(_ADDRESSED, None)


def are_in_address() -> bool:
    """Whether the address tells of all that is chosen in the bar."""
    return all(
        st.session_state.get(key, default) == default
        or _is_in_address(key, st.session_state[key])
        for key, default in st.session_state.get(_IN_BAR, {}).items()
    )


def _kept_in_bar(key: str, default: object) -> dict[str, Any]:
    """`kept` for a widget in the bar."""
    st.session_state.setdefault(_IN_BAR, {})[key] = default
    return kept(key, default)


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


def listed(
    label: str,
    options: Sequence[str],
    key: str,
    default: str | None = None,
    *,
    wide: bool = False,
) -> str:
    """One of several options, in the bar; the first is the default unless named."""
    first = options[0] if default is None else default
    with frame.bar():
        chosen: str = st.selectbox(
            label,
            list(options),
            index=list(options).index(first),
            filter_mode=None,
            width=_WIDE if wide else _NARROW,
            **_kept_in_bar(key, first),
        )
    return chosen


def _one_of(
    label: str, choices: type[T], default: T, key: str, *, wide: bool = False
) -> T:
    """One of the members of an enumeration, in the bar."""
    options = [choice.value for choice in choices]
    return choices(listed(label, options, key, default.value, wide=wide))


def days() -> DateRange:
    """The range of days, in the bar; it may be turned round."""
    known = cache.span()
    usual = default_preset(known.first, known.as_of)
    chosen = _one_of("Period", Preset, usual, "period")

    def choose(preset: Preset) -> None:
        st.session_state["period"] = preset.value

    def one_day(label: str, default: dt.date) -> dt.date:
        key = label.lower()
        # A day that is the widget's own default would not be written into the address,
        # and be another one with tomorrow's data.
        if key not in st.session_state and key not in st.query_params:
            st.session_state[key] = default
        picked_day: dt.date | None = st.date_input(
            label,
            None,
            min_value=known.first,
            max_value=known.as_of,
            format="YYYY-MM-DD",
            width=_NARROW,
            **kept(key, None),
        )
        return picked_day or default

    default = preset_range(usual, known.first, known.as_of)
    with frame.bar():
        if chosen is Preset.CUSTOM:
            return DateRange(one_day("From", default.start), one_day("To", default.end))
        for preset, pressed in _PRESSED.items():
            st.button(
                preset.value,
                key=f"press_{pressed}",
                shortcut=pressed,
                type="tertiary",
                on_click=choose,
                args=(preset,),
            )
    shown = preset_range(chosen, known.first, known.as_of)
    # Days of one's own begin as those on the screen. Streamlit writes only what it knew
    # before the widget was there into the address at once.
    for key, shown_day in (("from", shown.start), ("to", shown.end)):
        if key not in st.session_state.get(_KEPT, {}):
            st.session_state[key] = shown_day
    return shown


def comparison() -> Comparison:
    """What the range is held against, in the bar."""
    previous = Comparison.PREVIOUS_PERIOD
    return _one_of("Compare with", Comparison, previous, "compare", wide=True)


def countries() -> tuple[str, ...]:
    """Countries, in the bar; empty for all, and not asked where one is all."""
    with frame.bar():
        return _several(*_COUNTRIES, cache.choices()[0], "country", _kept_in_bar)


def categories() -> tuple[str, ...]:
    """Categories, in the bar; empty for all, and not asked where one is all."""
    with frame.bar():
        return _several(*_CATEGORIES, cache.choices()[1], "category", _kept_in_bar)


def countries_and_categories(prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same where they stand, for one card alone, under keys of their own."""
    countries, categories = cache.choices()
    return (
        _several(*_COUNTRIES, countries, f"{prefix}_country", kept),
        _several(*_CATEGORIES, categories, f"{prefix}_category", kept),
    )


_COUNTRIES = "Country", "All countries"
_CATEGORIES = "Category", "All categories"


def _several(
    label: str,
    all_of_them: str,
    options: list[str],
    key: str,
    keep: Callable[[str, object], dict[str, Any]],
) -> tuple[str, ...]:
    if len(options) < 2:
        return ()
    chosen = st.multiselect(
        label,
        options,
        placeholder=all_of_them,
        wrap=False,
        width=_WIDE,
        **keep(key, []),
    )
    return tuple(chosen)


def number(label: str, low: int, high: int, default: int, key: str) -> int:
    """A whole number, in the bar."""
    with frame.bar():
        chosen: int = st.number_input(
            label, low, high, default, 1, width=_WIDE + 60, **_kept_in_bar(key, default)
        )
    return chosen


def slider(
    label: str, low: int, high: int, default: int, key: str, step: int = 1
) -> int:
    """A whole number."""
    chosen: int = st.slider(label, low, high, default, step, **kept(key, default))
    return chosen


def product(products: pd.DataFrame, **options: Any) -> int:
    """One of many products, by its key in the address; the first is the default.

    It is the same product on every page that has it. Streamlit would write a product's
    name into the address, which another one may have tomorrow.

    Args:
        products: product_key, product_id, product_name.
        options: Of the widget.
    """
    named = products[["product_key", "product_name", "product_id"]]
    labels = {
        str(key): f"{name} \N{MIDDLE DOT} {product_id}"
        for key, name, product_id in named.itertuples(index=False)
    }
    state, asked = st.session_state, st.query_params.get(_PRODUCT)
    # A link, or the way back; a page that was just come to may have been told nothing.
    is_told = asked is not None or _ADDRESSED in state
    if is_told and asked != state.get(_ADDRESSED):
        state[_WANTED] = asked
    wanted = state.get(_WANTED)
    chosen = wanted if wanted in labels else None
    state[_CHOSEN] = chosen or next(iter(labels))
    shown: str = st.selectbox(
        "Product",
        list(labels),
        format_func=labels.__getitem__,
        key=_CHOSEN,
        on_change=lambda: choose_product(state[_CHOSEN]),
        **options,
    )
    if chosen is None and asked is not None:
        del st.query_params[_PRODUCT]
    elif chosen is not None and asked != chosen:
        st.query_params[_PRODUCT] = chosen
    state[_ADDRESSED] = chosen
    return int(shown)


def choose_product(key: object) -> None:
    """Let `product` choose another one, by its key."""
    st.session_state[_WANTED] = str(key)


def click_product(key: object) -> None:
    """What a click on a product's mark does: choose it; again, the first one."""
    is_chosen = st.session_state.get(_WANTED) == str(key)
    st.session_state[_WANTED] = None if is_chosen else str(key)


def earlier(chosen: SalesFilter, against: Comparison) -> tuple[SalesFilter | None, str]:
    """The choice to compare with, and how to say so.

    There is none where the data do not reach back: a part would look like growth.
    """
    before = comparison_range(chosen.days, against)
    if before is None or chosen.days.is_reversed:
        return None, ""
    first = cache.span().first
    if before.start < first:
        return None, f" · no comparison: the data start on {day(first)}"
    period = day_range(before.start, before.end)
    return chosen.during(before), f" · compared with {period}"


def grain(chosen: DateRange) -> Grain:
    """The length of a period; by itself as long as suits the range."""
    value = picked("Per", ["Auto", *(option.value for option in Grain)], "per")
    return default_grain(chosen) if value == "Auto" else Grain(value)


def describe(chosen: SalesFilter) -> str:
    """The choice in words, to stand under the page's title."""
    period = day_range(chosen.days.start, chosen.days.end)
    named = (period, _named(chosen.countries), _named(chosen.categories))
    return " · ".join(filter(None, named))


def _named(names: tuple[str, ...]) -> str:
    if len(names) > 3:
        return f"{names[0]} and {len(names) - 1} more"
    return ", ".join(names)


def describe_countries(chosen: tuple[str, ...]) -> str:
    """The choice of a page that knows all days."""
    where = ", ".join(chosen) or "all countries"
    return f"All orders until {day(cache.span().as_of)} · {where}"
