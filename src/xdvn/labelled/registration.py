"""Registration of xarray for JAX arrays, with reductions such as ``mean`` for traced arrays.

xarray-jax registers the types of xarray as pytrees. It requires xarray of 2024, which reduces with NumPy functions that
reject traced arrays, so that ``(error ** 2).mean()`` fails.
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
    """Register xarray for JAX arrays, once per process.

    Raises
    ------
    ImportError
        If xarray-jax is not installed.
    """
    # The import of xarray-jax changes this option globally.
    before = xr.get_options()["keep_attrs"]
    try:
        importlib.import_module("xarray_jax")
    except ImportError as error:
        raise ImportError(
            "xarray-jax is not installed: expected for named variables. Run pip install 'xdvn[xarray-jax]' in a "
            "separate environment, because it requires jax and xarray of 2024."
        ) from error
    xr.set_options(keep_attrs=before)
    nanops = importlib.import_module("xarray.core.nanops")
    for name in _REDUCTIONS:
        setattr(nanops, name, _dispatch(getattr(nanops, name), getattr(jnp, name)))


def _dispatch(numpy_function: Callable[..., Any], jax_function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that uses ``jax_function`` for JAX arrays."""

    @functools.wraps(numpy_function)
    def reduce(a: Any, *args: Any, **options: Any) -> Any:
        return (jax_function if isinstance(a, jax.Array) else numpy_function)(a, *args, **options)

    return reduce
