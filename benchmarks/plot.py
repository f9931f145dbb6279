"""Draws what a job costs against how many tenants have work, as an SVG for the documentation."""

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 640, 300
LEFT, BOTTOM, TOP = 60, 50, 30
BAR = 46
SERIES: Mapping[str, str] = {"first_cpu_ms": "#b8c4d6", "warm_cpu_ms": "#2f5d9b"}
WORDS: Mapping[str, str] = {"first_cpu_ms": "first touch of each tenant", "warm_cpu_ms": "from then on"}


def svg_of(costs: Sequence[Mapping[str, Any]]) -> str:
    """Return the drawing: two bars for each number of active tenants, in ms of CPU a job, everything counted."""
    most = max(float(cost[name]) for cost in costs for name in SERIES)
    step = (WIDTH - LEFT) / len(costs)
    bars = "".join(
        _bar(LEFT + step * group + step / 2 + BAR * (number - 1), float(cost[name]), most, SERIES[name])
        for group, cost in enumerate(costs)
        for number, name in enumerate(SERIES)
    )
    labels = "".join(
        _text(LEFT + step * group + step / 2, HEIGHT - BOTTOM + 18, f"{cost['active']:,} tenants with work")
        for group, cost in enumerate(costs)
    )
    keys = "".join(
        f'<rect x="{LEFT + 220 * number}" y="{HEIGHT - 18}" width="12" height="12" fill="{SERIES[name]}"/>'
        + _text(LEFT + 18 + 220 * number, HEIGHT - 8, word, anchor="start")
        for number, (name, word) in enumerate(WORDS.items())
    )
    title = _text(LEFT, 16, "CPU of everything a job, in ms", anchor="start")
    style = 'font-family="sans-serif" font-size="12" fill="#333"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{title}{bars}{labels}{keys}</svg>\n'
    )


def _bar(x: float, value: float, most: float, colour: str) -> str:
    height = (HEIGHT - TOP - BOTTOM - 16) * value / most
    top = HEIGHT - BOTTOM - height
    bar = f'<rect x="{x:.1f}" y="{top:.1f}" width="{BAR - 4}" height="{height:.1f}" fill="{colour}"/>'
    return bar + _text(x + BAR / 2 - 2, top - 4, f"{value:.1f}")


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
