"""Masks that products write as flags, turned into booleans: bits, numbered values, and quality levels.

CF calls them ``flag_masks`` (bits) and ``flag_values`` (numbers) with ``flag_meanings``; several meanings are joined by
"or". The readers of temperature and chlorophyll use it. CF conventions, section 3.5: https://cfconventions.org.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

__all__ = ["flagged"]


def flagged(flags: xr.DataArray, meanings: Sequence[str]) -> xr.DataArray:
    """Return where any of the named flags is set.

    Parameters
    ----------
    flags : xr.DataArray
        Flags with CF attributes, integers or, after decoding, floats with NaN for "no flag known".
    meanings : sequence of str
        Words out of the attribute ``flag_meanings``.

    Returns
    -------
    xr.DataArray
        Booleans; False where no flag is known.

    Raises
    ------
    ValueError
        If the variable does not explain its flags, or has none of that name.

    Examples
    --------
    >>> attrs = {"flag_meanings": "land cloud ice", "flag_masks": [1, 2, 4]}
    >>> flagged(xr.DataArray([0, 1, 2, 6], attrs=attrs), ["cloud", "ice"]).values.tolist()
    [False, False, True, True]
    """
    words = str(flags.attrs.get("flag_meanings", "")).split()
    kind = next((k for k in ("flag_masks", "flag_values") if k in flags.attrs), None)
    unknown = [word for word in meanings if word not in words]
    if kind is None or unknown:
        raise ValueError(
            f"{flags.name or 'the variable'} has no flag {' or '.join(unknown) or 'of any kind'}; its meanings are "
            f"{', '.join(words) or 'not told (no flag_meanings, or neither flag_masks nor flag_values)'}"
        )
    numbers = np.atleast_1d(flags.attrs[kind]).astype(np.int64)
    chosen = [int(numbers[words.index(word)]) for word in meanings]
    known = flags.fillna(0).astype(np.int64) if flags.dtype.kind == "f" else flags.astype(np.int64)
    if kind == "flag_values":
        return known.isin(chosen)
    return (known & sum(set(chosen))) != 0
