"""Small drawings that a style sheet can only take from files: carets, ticks, dots.

They are written once per colour into the cache as SVG.
"""

from __future__ import annotations

from pathlib import Path

from workbench.core.paths import cache_dir

_STROKE = 'fill="none" stroke="{color}" stroke-width="1.6" stroke-linecap="round"'
_SHAPES = {
    "down": f'<path d="M4 6.5 8 10.5 12 6.5" {_STROKE}/>',
    "up": f'<path d="M4 9.5 8 5.5 12 9.5" {_STROKE}/>',
    "right": f'<path d="M6.5 4 10.5 8 6.5 12" {_STROKE}/>',
    "tick": f'<path d="M3.5 8.5 6.5 11.5 12.5 5" {_STROKE}/>',
    "dash": f'<path d="M4 8 H12" {_STROKE}/>',
    "dot": '<circle cx="8" cy="8" r="3.2" fill="{color}"/>',
    "cross": f'<path d="M5 5 11 11 M11 5 5 11" {_STROKE}/>',
}


def mark(shape: str, color: str) -> str:
    """The address of `shape` in `color`, to stand inside `url(…)` of a style sheet."""
    folder = cache_dir() / "marks"
    path = folder / f"{shape}-{color.removeprefix('#')}.svg"
    if not path.is_file():
        folder.mkdir(exist_ok=True)
        _write(path, _SHAPES[shape].format(color=color))
    return path.as_posix()


def _write(path: Path, drawing: str) -> None:
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">'
        f"{drawing}</svg>",
        encoding="utf-8",
    )
