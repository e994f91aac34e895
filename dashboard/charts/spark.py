"""The small line in the card of a figure."""

from collections.abc import Sequence

from dashboard.charts.theme import BLUE, BLUE_FILL

_WIDTH, _HEIGHT, _EDGE = 200, 32, 2


def spark(values: Sequence[float]) -> str:
    """A line from the first value to the last, as SVG; the ground is 0 or lower.

    Args:
        values: Two or more.
    """
    low, high = min(0.0, *values), max(0.0, *values)
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    scale = (_HEIGHT - 2 * _EDGE) / ((high - low) or 1)
    line = " ".join(
        f"{_EDGE + index * step:.1f},{_HEIGHT - _EDGE - (value - low) * scale:.1f}"
        for index, value in enumerate(values)
    )
    ground = f"{_HEIGHT - _EDGE + low * scale:.1f}"
    area = f"{_EDGE},{ground} {line} {_WIDTH - _EDGE},{ground}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
        f'<polygon points="{area}" fill="{BLUE_FILL}"/>'
        f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="1.5" '
        'stroke-linejoin="round"/></svg>'
    )
