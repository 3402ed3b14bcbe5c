"""Values that cannot be what they claim to be: no numbers, packed integers, infinities, fill values in disguise.

A gap is NaN and nothing else. A file opened without decoding holds 9.97e36, -32768 or 999 where nothing was measured,
and a map made from them looks like a map. What can be told for certain is refused here, before anything is learned or
mapped; CF conventions, sections 2.5.1 and 8.1: doi:10.5281/zenodo.14275599. Called by ``fit`` and ``reconstruct``.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["check_finite", "check_numbers", "sentinels"]

_SCALED = ("scale_factor", "add_offset")
_GAPS = ("_FillValue", "missing_value")
_CANDIDATES = (
    *(sign * n for n in (999.0, 9999.0, 99999.0, 999999.0, 999.9, 9999.9, 1e20, 1e30, 1e35, 1e36) for sign in (-1, 1)),
    -32768.0, -32767.0, 32767.0, 65535.0, -2147483648.0, -2147483647.0, 2147483647.0, 9.969209968386869e36,
)  # fmt: skip


def check_numbers(da: xr.DataArray, role: str) -> None:
    """Refuse a variable by what it says of itself: type, packing, empty dimensions. Reads no value.

    Parameters
    ----------
    da : xr.DataArray
        The variable.
    role : str
        What it is used as, for the message: "observed", "truth".

    Raises
    ------
    ValueError
        It is not made of numbers, is packed and was not decoded, or has an empty dimension.
    """
    if np.issubdtype(da.dtype, np.timedelta64):
        raise ValueError(
            f"the {role} variable {da.name!r} was read as durations, because its units are a time; open the file with "
            "xr.open_dataset(path, decode_timedelta=False)"
        )
    if da.dtype.kind not in "iuf":
        raise ValueError(
            f"the {role} variable {da.name!r} has dtype {da.dtype}; expected numbers. Convert it, as in "
            f"ds[{str(da.name)!r}].astype(float)"
        )
    gaps = [a for a in _GAPS if np.isfinite(da.attrs.get(a, np.nan)).any()]
    packed = [*(a for a in _SCALED if a in da.attrs), *gaps]
    if packed:
        raise ValueError(
            f"the {role} variable {da.name!r} still has the attributes {packed}: it is packed, or its gaps are "
            "numbers. Decode it first, as in ds = xr.decode_cf(ds), or open the file without mask_and_scale=False"
        )
    empty = [d for d, n in da.sizes.items() if n == 0]
    if empty:
        raise ValueError(
            f"the {role} variable {da.name!r} has no step along {', '.join(map(repr, empty))}; check the selection "
            "that was made before, such as a slice that runs the other way"
        )


def check_finite(da: xr.DataArray, role: str) -> None:
    """Refuse infinite values and numbers that stand for gaps; the values are read.

    Raises
    ------
    ValueError
        The message says how many there are, and how to turn them into NaN.
    """
    values = np.asarray(da.values)
    infinite = int(np.isinf(values).sum()) if values.dtype.kind == "f" else 0
    if infinite:
        raise ValueError(
            f"the {role} variable {da.name!r} is infinite at {infinite} of its values; a gap is NaN: "
            f"ds.assign({da.name}=ds[{str(da.name)!r}].where(np.isfinite(ds[{str(da.name)!r}])))"
        )
    found = sentinels(values)
    if found:
        listed = ", ".join(f"{s:g}" for s in found)
        raise ValueError(
            f"the {role} variable {da.name!r} holds {listed} far from all its other values: an undeclared fill value? "
            f"A gap is NaN: ds.assign({da.name}=ds[{str(da.name)!r}].where(ds[{str(da.name)!r}] != {found[0]:g}))"
        )


def sentinels(values: np.ndarray) -> list[float]:
    """Return the customary fill values that are in ``values``, far from everything else.

    Far means: ten times the extent of the other values away from them. A fill value within the reach of the data (0,
    for instance) cannot be told from data.

    Examples
    --------
    >>> sentinels(np.array([0.1, -0.2, 0.3, 999.0, 999.0, np.nan]))
    [999.0]
    >>> sentinels(np.array([900.0, 950.0, 999.0]))
    []
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return []
    # Values of any type compare with the sentinel as that type stores it.
    low, high = known.min(), known.max()
    candidates = [c for c in _CANDIDATES if _fits(c, values.dtype) and low <= values.dtype.type(c) <= high]
    present = [c for c in candidates if (known == values.dtype.type(c)).any()]
    if not present:
        return []
    others = known[~np.isin(known, np.array(present, values.dtype))].astype(np.float64)
    if not others.size:
        return []
    low, high = others.min(), others.max()
    extent = 10 * max(high - low, np.finfo(np.float32).eps * max(abs(low), abs(high)))
    return [c for c in present if c > high + extent or c < low - extent]


def _fits(number: float, dtype: np.dtype) -> bool:
    if dtype.kind == "f":
        # As a Python float: compared with a float16, the number itself would be cast to one and overflow.
        return abs(number) <= float(np.finfo(dtype).max)
    info = np.iinfo(dtype)
    return number.is_integer() and info.min <= number <= info.max
