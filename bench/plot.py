"""Plots for docs/performance.md: bars, as SVG, with nothing but the standard library."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

_LABEL: Final = 260
_BARS: Final = 420
_ROW: Final = 20
_COLOUR: Final = "#2f6f8f"


def draw_bars(title: str, bars: Sequence[tuple[str, float]]) -> str:
    """A horizontal bar for each figure, as long as the figure is large.

    Args:
        title: Stands above.
        bars: Name and figure, at least 0.

    Returns:
        An SVG document that reads on light and dark pages.
    """
    height = (len(bars) + 2) * _ROW
    size = {"width": str(_LABEL + _BARS + 90), "height": str(height)}
    svg = ET.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": "sans-serif", **size}
    )
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _text(svg, 8, _ROW, title, weight="bold")
    most = max((figure for _, figure in bars), default=1) or 1
    for place, (name, figure) in enumerate(bars, 2):
        y = place * _ROW
        _text(svg, _LABEL - 8, y, name, anchor="end")
        bar = {"x": str(_LABEL), "y": str(y - 12), "height": "14", "fill": _COLOUR}
        ET.SubElement(svg, "rect", bar | {"width": f"{figure / most * _BARS:.1f}"})
        _text(svg, _LABEL + figure / most * _BARS + 6, y, f"{figure:,.0f}")
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _text(
    svg: ET.Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    weight: str = "normal",
) -> None:
    found = {"x": f"{x:.0f}", "y": str(y), "font-size": "12", "fill": "#222"}
    found |= {"text-anchor": anchor, "font-weight": weight}
    ET.SubElement(svg, "text", found).text = text
