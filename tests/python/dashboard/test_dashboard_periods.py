"""Ranges of days: presets, comparisons, periods."""

import datetime as dt
import itertools

import pytest
from dashboard_support import period_start
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import SalesFilter, one_of, values_of
from dashboard.periods import (
    Comparison,
    DateRange,
    Grain,
    Preset,
    add_months,
    comparison_range,
    default_grain,
    default_preset,
    is_partial,
    period_end,
    period_starts,
    preset_range,
    split_months,
)

D = dt.date
DAYS = st.dates(D(1999, 1, 1), D(2030, 12, 31))


@st.composite
def ranges(draw: st.DrawFn) -> DateRange:
    start = draw(DAYS)
    return DateRange(start, start + dt.timedelta(days=draw(st.integers(0, 900))))


def test_presets_end_on_the_as_of_date_and_stay_within_the_data() -> None:
    first, as_of = D(2023, 3, 10), D(2024, 2, 29)
    assert preset_range(Preset.LAST_DAY, first, as_of) == DateRange(as_of, as_of)
    assert preset_range(Preset.LAST_7_DAYS, first, as_of).days == 7
    assert preset_range(Preset.LAST_30_DAYS, first, as_of).days == 30
    assert preset_range(Preset.LAST_90_DAYS, first, as_of).days == 90
    assert preset_range(Preset.THIS_YEAR, first, as_of).start == D(2024, 1, 1)
    assert preset_range(Preset.ALL_TIME, first, as_of) == DateRange(first, as_of)
    twelve = preset_range(Preset.LAST_12_MONTHS, first, as_of)
    assert twelve == DateRange(first, as_of)
    assert preset_range(Preset.LAST_12_MONTHS, D(2020, 1, 1), as_of) == DateRange(
        D(2023, 3, 1), as_of
    )


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (D(2023, 1, 1), Preset.LAST_12_MONTHS),
        (D(2024, 1, 1), Preset.LAST_12_MONTHS),
        (D(2024, 1, 2), Preset.LAST_90_DAYS),
        (D(2025, 7, 5), Preset.LAST_90_DAYS),
        (D(2025, 7, 6), Preset.LAST_30_DAYS),
        (D(2025, 11, 2), Preset.LAST_30_DAYS),
        (D(2025, 11, 3), Preset.LAST_7_DAYS),
        (D(2025, 12, 18), Preset.LAST_7_DAYS),
        (D(2025, 12, 19), Preset.LAST_12_MONTHS),
        (D(2025, 12, 31), Preset.LAST_12_MONTHS),
    ],
)
def test_a_page_begins_with_what_can_be_compared(
    first: dt.date, expected: Preset
) -> None:
    assert default_preset(first, D(2025, 12, 31)) is expected


def test_as_of_before_the_first_day_gives_one_day_not_a_turned_range() -> None:
    assert not preset_range(Preset.THIS_YEAR, D(2024, 5, 5), D(2024, 5, 5)).is_reversed


@given(ranges())
def test_the_previous_period_ends_the_day_before_and_never_overlaps(
    chosen: DateRange,
) -> None:
    before = comparison_range(chosen, Comparison.PREVIOUS_PERIOD)
    assert before is not None
    assert before.end == chosen.start - dt.timedelta(days=1)
    if chosen.is_whole_months:
        assert before.is_whole_months
    else:
        assert before.days == chosen.days


def test_whole_months_are_compared_with_whole_months() -> None:
    march = DateRange(D(2024, 3, 1), D(2024, 3, 31))
    assert comparison_range(march, Comparison.PREVIOUS_PERIOD) == DateRange(
        D(2024, 2, 1), D(2024, 2, 29)
    )
    february = DateRange(D(2023, 2, 1), D(2023, 2, 28))
    assert comparison_range(february, Comparison.PREVIOUS_YEAR) == DateRange(
        D(2022, 2, 1), D(2022, 2, 28)
    )
    after_leap = DateRange(D(2025, 2, 1), D(2025, 2, 28))
    assert comparison_range(after_leap, Comparison.PREVIOUS_YEAR) == DateRange(
        D(2024, 2, 1), D(2024, 2, 29)
    )
    assert comparison_range(march, Comparison.NONE) is None


@given(DAYS, st.integers(-600, 600))
def test_adding_months_keeps_the_day_or_takes_the_months_last(
    day: dt.date, months: int
) -> None:
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == min(day.day, period_end(moved, Grain.MONTH).day)


@given(ranges(), st.sampled_from(Grain))
def test_periods_cover_the_range_without_gap_or_overlap(
    chosen: DateRange, grain: Grain
) -> None:
    starts = period_starts(chosen, grain)
    assert starts[0] <= chosen.start
    assert period_end(starts[-1], grain) >= chosen.end
    for earlier, later in itertools.pairwise(starts):
        assert period_end(earlier, grain) + dt.timedelta(days=1) == later
    assert all(period_start(start, grain) == start for start in starts)
    inner = starts[1:-1]
    assert not any(is_partial(start, grain, chosen) for start in inner)


def test_a_week_cut_by_the_range_is_partial_on_both_ends() -> None:
    chosen = DateRange(D(2024, 1, 3), D(2024, 1, 17))  # Wednesday to Wednesday
    flags = [
        is_partial(start, Grain.WEEK, chosen)
        for start in period_starts(chosen, Grain.WEEK)
    ]
    assert flags == [True, False, True]


def test_the_default_grain_keeps_the_number_of_points_readable() -> None:
    start = D(2020, 1, 1)
    for days in (1, 30, 45, 46, 200, 400, 401, 2000):
        chosen = DateRange(start, start + dt.timedelta(days=days - 1))
        assert len(period_starts(chosen, default_grain(chosen))) <= 70


@given(ranges())
def test_whole_months_and_edges_are_the_range_exactly_once(chosen: DateRange) -> None:
    whole, edges = split_months(chosen)
    parts = list(edges)
    if whole is not None:
        parts.append(whole)
        assert whole.start.day == 1
        assert (whole.end + dt.timedelta(days=1)).day == 1
    for edge in edges:
        assert edge.start.replace(day=1) == edge.end.replace(day=1) or whole is None
    days = [
        part.start + dt.timedelta(days=i) for part in parts for i in range(part.days)
    ]
    expected = [chosen.start + dt.timedelta(days=i) for i in range(chosen.days)]
    assert sorted(days) == expected


def test_values_are_bound_never_written_into_the_condition() -> None:
    values = ["x' or 1=1 --", "b"]
    condition = one_of("country", values, "country")
    assert condition == "country in (:country_0, :country_1)"
    assert values_of("country", values) == {"country_0": values[0], "country_1": "b"}
    assert (one_of("country", [], "country"), values_of("country", [])) == ("1 = 1", {})


def test_the_days_of_a_choice_are_bound_as_keys_of_the_calendar() -> None:
    found = SalesFilter(DateRange(D(2024, 1, 9), D(2024, 12, 31))).parameters
    assert (found["start_key"], found["end_key"]) == (20240109, 20241231)


@pytest.mark.parametrize("grain", list(Grain))
def test_a_single_day_is_one_period(grain: Grain) -> None:
    assert len(period_starts(DateRange(D(2024, 2, 29), D(2024, 2, 29)), grain)) == 1
