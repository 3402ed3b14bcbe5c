"""Selection of instants: dates as text, of NumPy, of Python and of cftime calendars, positions, lists and slices."""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres, holds_dates

__all__ = ["calendar_dates", "date_text", "days_of", "instant_days", "nearest_index", "selected_indices"]

_DATE = re.compile(
    r"(-?\d{4,6})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?:[T ](\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d*)?)?)?(Z)?"
)
_DAY = 1.0


def nearest_index(da: xr.DataArray, dim: Hashable, time: Any, *, outside: bool = False) -> int:
    """Return the position of the nearest instant along a time dimension.

    Parameters
    ----------
    da : xr.DataArray
        Variable with the dimension ``dim``.
    dim : hashable
        Time dimension.
    time : str, date, datetime, numpy.datetime64, cftime, int or float
        Instant; a text without hours is a whole day. On an axis of dates, or without a coordinate, an integer is a
        position, as in ``isel``. On an axis of numbers, a number is a coordinate.
    outside : bool
        Whether the instant may be outside the period. Default: False.

    Raises
    ------
    ValueError
        The instant is not a date, or outside the period by more than a time step.

    Examples
    --------
    >>> day = np.array(["2020-01-01T12", "2020-01-02T12", "2020-01-03T12"], "datetime64[ns]")
    >>> da = xr.DataArray([0.0, 1.0, 2.0], {"time": day}, ("time",))
    >>> nearest_index(da, "time", "2020-01-02"), nearest_index(da, "time", -1)
    (1, 2)
    """
    n = da.sizes[dim]
    if isinstance(time, slice) or (np.ndim(time) > 0 and np.size(time) != 1):
        raise ValueError(
            f"time={_shown(time)}: expected one instant. Use time={_label(da, dim, n // 2)!r}, or draw several with "
            "ds.dvn.plot('name', time=[...])"
        )
    if np.ndim(time) > 0:
        time = np.asarray(time, object).ravel()[0] if not isinstance(time, xr.DataArray) else time.values.ravel()[0]
    if isinstance(time, xr.DataArray | np.ndarray):
        time = time.values[()] if isinstance(time, xr.DataArray) else time[()]
    dated = dim in da.coords and da[dim].ndim == 1 and holds_dates(da[dim])
    position = isinstance(time, int | np.integer) and not isinstance(time, bool | np.timedelta64)
    if position and (dated or dim not in da.coords):
        if not -n <= time < n:
            raise ValueError(f"time={time}: expected a position in 0 to {n - 1} (or -{n} to -1), or a date")
        return int(time) % n
    if not dated:
        if not isinstance(time, int | float | np.number) or isinstance(time, bool):
            raise ValueError(
                f"time={time!r}: expected a number, because {dim!r} has no dates. Decode them with xr.decode_cf(ds), "
                f"or use the position, time={n // 2}"
            )
        centres = cell_centres(da, str(dim))
        wanted, length = float(time), 0.0
    else:
        centres = days_of(da, dim)
        wanted, length = instant_days(time, da, dim)
    return _nearest(da, dim, centres, wanted, length, time, outside)


def selected_indices(da: xr.DataArray, dim: Hashable, time: Any) -> list[int] | None:
    """Return the positions of a list or slice of instants, None for a single one.

    Raises
    ------
    ValueError
        No instant is selected.

    Examples
    --------
    >>> days = np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]").astype("datetime64[ns]")
    >>> da = xr.DataArray(np.zeros(4), {"time": days}, ("time",))
    >>> selected_indices(da, "time", slice("2020-01-02", "2020-01-03")), selected_indices(da, "time", [0, -1])
    ([1, 2], [0, 3])
    """
    if not isinstance(time, slice):
        if np.ndim(time) == 0:
            return None
        listed = time.values.ravel() if isinstance(time, xr.DataArray) else list(time)
        if len(listed) == 0:
            raise ValueError(f"time=[]: expected one instant or more. Use time=[{_label(da, dim, 0)!r}]")
        return list(dict.fromkeys(nearest_index(da, dim, instant) for instant in listed))
    n = da.sizes[dim]
    ends = [time.start, time.stop]
    dated = dim in da.coords and da[dim].ndim == 1 and holds_dates(da[dim])
    if all(end is None or isinstance(end, int | np.integer) for end in ends) and (dated or dim not in da.coords):
        found = list(range(n))[time]
    else:
        centres = days_of(da, dim) if dated else cell_centres(da, str(dim))
        low, high = -np.inf, np.inf
        if time.start is not None:
            low = instant_days(time.start, da, dim)[0] if dated else float(time.start)
        if time.stop is not None:
            stop, length = instant_days(time.stop, da, dim) if dated else (float(time.stop), 0.0)
            high = stop + max(length - 1e-9, 0.0)
        found = [int(i) for i in np.flatnonzero((centres >= low) & (centres <= high))][:: time.step or 1]
    if not found:
        raise ValueError(
            f"time={_shown(time)}: expected a part of {_label(da, dim, 0)} to {_label(da, dim, n - 1)}. Use "
            f"time=slice({_label(da, dim, 0)!r}, None), for example"
        )
    return found


def days_of(da: xr.DataArray, dim: Hashable) -> np.ndarray:
    """Return dates along a dimension in days since 1970-01-01 of their calendar, NaN where missing."""
    values = da[dim].values
    if values.dtype.kind == "M":
        days = (values - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
        return np.where(np.isnat(values), np.nan, days)
    return cell_centres(da, str(dim))


def date_text(instant: Any) -> str:
    """Return a date, with hours and minutes unless they are 00:00 or 12:00.

    Examples
    --------
    >>> date_text(np.datetime64("2020-01-02T12")), date_text(np.datetime64("2020-01-02T03:20"))
    ('2020-01-02', '2020-01-02 03:20')
    """
    if isinstance(instant, np.datetime64):
        if np.isnat(instant):
            return ""
        day, clock = np.datetime_as_string(instant, unit="m").split("T")
    else:
        # strftime of cftime does not pad years before 1000.
        day = f"{instant.year:04d}-{instant.month:02d}-{instant.day:02d}"
        clock = f"{getattr(instant, 'hour', 0):02d}:{getattr(instant, 'minute', 0):02d}"
    return str(day if clock in ("00:00", "12:00") else f"{day} {clock}")


def calendar_dates(values: np.ndarray) -> np.ndarray:
    """Return dates that matplotlib draws: datetime64, with the same year, month and day for a cftime calendar.

    Days that the Gregorian calendar does not have, such as 30 February, become the day after its last one.
    """
    values = np.asarray(values)
    if values.dtype != object or not values.size or not hasattr(values[0], "calendar"):
        return values
    months = [np.datetime64(f"{t.year:04d}-{t.month:02d}", "M") for t in values]
    return np.array(
        [
            m.astype("datetime64[s]")
            + np.timedelta64(((t.day - 1) * 24 + t.hour) * 3600 + t.minute * 60 + t.second, "s")
            for m, t in zip(months, values, strict=True)
        ]
    )


def _nearest(
    da: xr.DataArray, dim: Hashable, centres: np.ndarray, wanted: float, length: float, time: Any, outside: bool
) -> int:
    if not np.isfinite(centres).any():
        raise ValueError(f"{dim!r} of {da.name!r} has no valid time: expected dates. Select with da.isel({dim}=0)")
    if length:
        inside = np.flatnonzero((centres >= wanted - 1e-9) & (centres < wanted + length - 1e-9))
        if inside.size:
            return int(inside[np.argmin(centres[inside])])
        wanted += length / 2
    i = int(np.nanargmin(np.abs(centres - wanted)))
    ordered = np.unique(centres[np.isfinite(centres)])
    step = float(np.median(np.diff(ordered))) if ordered.size > 1 else 0.0
    margin = max(step, _DAY) if holds_dates(da[dim]) else max(step, 0.5)
    if not outside and not ordered[0] - margin <= wanted <= ordered[-1] + margin:
        first, last = (_label(da, dim, int(k)) for k in (np.nanargmin(centres), np.nanargmax(centres)))
        nearest = _label(da, dim, i)
        raise ValueError(
            f"time={_shown(time)}: expected an instant in {first} to {last}. Use the nearest, time={nearest!r}"
        )
    return i


def instant_days(time: Any, da: xr.DataArray, dim: Hashable) -> tuple[float, float]:
    """Return an instant [days since 1970 in the calendar of the axis], and the length [days] of a day, month or year.

    Raises
    ------
    ValueError
        The instant is not a date of this calendar.

    Examples
    --------
    >>> day = np.array(["1970-01-02", "1970-02-03"], "datetime64[ns]")
    >>> da = xr.DataArray([0.0, 1.0], {"time": day}, ("time",))
    >>> instant_days("1970-01-02T12", da, "time"), instant_days("1970-02", da, "time")
    ((1.5, 0.0), (31.0, 28.0))
    """
    if isinstance(time, np.datetime64):
        whole_day, text = np.datetime_data(time.dtype)[0] in "YMD", str(time)
    elif isinstance(time, datetime.datetime):
        if time.tzinfo is not None:
            time = time.astimezone(datetime.UTC).replace(tzinfo=None)
        whole_day, text = False, time.isoformat()
    elif isinstance(time, str):
        whole_day, text = True, re.sub(r"(\.\d+)?(\+00:?00)?$", "", time.strip())
    else:
        text = time.isoformat() if hasattr(time, "isoformat") else ""
        whole_day = isinstance(time, datetime.date)
    match = _DATE.fullmatch(re.sub(r"\.\d+$", "", text))
    example = repr(_label(da, dim, da.sizes[dim] // 2))
    if match is None:
        raise ValueError(f"time={_shown(time)}: expected a date or a position. Use time={example}, for example")
    parts = [int(part) if part else None for part in match.groups()[:6]]
    year, month, day = parts[0] or 0, parts[1] or 1, parts[2] or 1
    try:
        start = _to_days(da, dim, year, month, day)
        if not whole_day or parts[3] is not None:
            hour, minute, second = (part or 0 for part in parts[3:])
            return start + ((hour * 60 + minute) * 60 + second) / 86400, 0.0
        if parts[2] is not None:
            return start, 1.0
        after = (year + 1, 1) if parts[1] is None or month == 12 else (year, month + 1)
        return start, _to_days(da, dim, *after, 1) - start
    except ValueError as error:
        raise ValueError(f"time={_shown(time)}: {error}. Use time={example}, for example") from None


def _to_days(da: xr.DataArray, dim: Hashable, year: int, month: int, day: int) -> float:
    values = da[dim].values
    if values.dtype.kind == "M":
        date = np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D")
        return float((date - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))
    import cftime

    calendar = values[0].calendar
    return float(
        cftime.date2num(cftime.datetime(year, month, day, calendar=calendar), "days since 1970-01-01", calendar)
    )


def _label(da: xr.DataArray, dim: Hashable, i: int) -> Any:
    """Return the label of a position as users type it."""
    if dim not in da.coords or da[dim].ndim != 1:
        return i
    value = da[dim].values[i]
    return date_text(value) if holds_dates(da[dim]) else value.item()


def _shown(time: Any) -> str:
    if isinstance(time, slice):
        return f"slice({time.start!r}, {time.stop!r})"
    return repr(time) if isinstance(time, str | Sequence) else str(time)
