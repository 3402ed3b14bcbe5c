"""xarray on JAX arrays: import xarray-jax, keep xarray's settings, and teach xarray the means that it lacks.

xarray-jax registers xarray's types as pytrees. xarray of 2024, the newest that it lives with, skips missing values with
NumPy's own functions, which no traced array passes; ``(error ** 2).mean()`` would fail.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import xarray as xr

__all__ = ["register"]

_REDUCTIONS = ("nanmax", "nanmean", "nanmedian", "nanmin", "nanstd", "nanvar")


@functools.cache
def register() -> None:
    """Make Datasets of JAX arrays work; at the first call only.

    Raises
    ------
    ImportError
        xarray-jax is not there.
    """
    # Importing xarray-jax sets this for all of xarray, in the user's own code too.
    before = xr.get_options()["keep_attrs"]
    try:
        importlib.import_module("xarray_jax")
    except ImportError as missing:
        raise ImportError(
            "costs over named variables need xarray-jax: pip install 'xdvn[xarray-jax]', best in an environment of its "
            "own, since it holds jax and xarray at their versions of 2024"
        ) from missing
    xr.set_options(keep_attrs=before)
    nanops = importlib.import_module("xarray.core.nanops")
    for name in _REDUCTIONS:
        setattr(nanops, name, _also_for_jax(getattr(nanops, name), getattr(jnp, name)))


def _also_for_jax(of_numpy: Callable[..., Any], of_jax: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(of_numpy)
    def reduced(a: Any, *args: Any, **options: Any) -> Any:
        return (of_jax if isinstance(a, jax.Array) else of_numpy)(a, *args, **options)

    return reduced
