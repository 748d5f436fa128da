"""Figures and times as people read them. No Qt."""

from __future__ import annotations

import datetime
import math

_GB = 1e9
_UNITS = (("GB", _GB), ("MB", 1e6), ("kB", 1e3))


def gigabytes(used_bytes: float) -> str:
    """Decimal gigabytes: one place below 100, none above."""
    value = used_bytes / _GB
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def size(size_bytes: float) -> str:
    """Of a file: `840 kB`, `26.3 MB`, `14.9 GB`, `240 GB`."""
    return f"{_in_unit(size_bytes, size_bytes)} {_unit(size_bytes)[0]}"


def size_so_far(done_bytes: float, total_bytes: float) -> str:
    """Of a download: `3.1 of 26.3 MB`."""
    return f"{_in_unit(done_bytes, total_bytes)} of {size(total_bytes)}"


def _in_unit(size_bytes: float, of_bytes: float) -> str:
    """In the unit that fits `of_bytes`; one place below 100, none above."""
    value = size_bytes / _unit(of_bytes)[1]
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _unit(size_bytes: float) -> tuple[str, float]:
    return next((unit for unit in _UNITS if size_bytes >= unit[1]), _UNITS[-1])


def duration(seconds: float) -> str:
    """`40 s`, `6 min`, `2 h 05 min`, `3 days`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02d} min"
    return f"{hours // 24} days"


def ago(then: float, now: float) -> str:
    """`just now`, `5 min ago`, `yesterday`, `12 Nov`."""
    elapsed_s = now - then
    if elapsed_s < 60:
        return "just now"
    if elapsed_s < 3600:
        return f"{int(elapsed_s // 60)} min ago"
    day = datetime.datetime.fromtimestamp(then).astimezone().date()
    today = datetime.datetime.fromtimestamp(now).astimezone().date()
    if day == today:
        return f"{int(elapsed_s // 3600)} h ago"
    if (today - day).days == 1:
        return "yesterday"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def clock(t: float) -> str:
    """Local time of day, `14:02:11`."""
    return datetime.datetime.fromtimestamp(t).astimezone().strftime("%H:%M:%S")


def moment(t: float) -> str:
    """Local date and time of day, `12 Nov, 14:02:11`."""
    then = datetime.datetime.fromtimestamp(t).astimezone()
    return f"{then.day} {then:%b}, {then:%H:%M:%S}"


def figure(value: float) -> str:
    """A measured value with about four significant digits, short."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        digits, power = f"{value:.2e}".split("e")
        return f"{float(digits):g}e{int(power)}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def count(number: int, one: str, many: str) -> str:
    """`1 pair`, `254 pairs`, `1,820 pairs`."""
    return f"{number:,} {one if number == 1 else many}"
