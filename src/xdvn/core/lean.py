"""Programs that take half the time and half the memory to compile, for a few per cent of their speed.

XLA's emitters of fused loops make element-wise work on CPUs a little faster: a training step of 4DVarNet by 3 %. They
take 4 s and some 450 MB of memory to compile it, which stay with the process (docs/performance.md). Called by the
training.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

__all__ = ["LeanJit", "lean_jit"]

_OPTIONS = {"xla_cpu_use_fusion_emitters": False}


class LeanJit:
    """A jitted function; see ``lean_jit``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    @functools.cached_property
    def jitted(self) -> Any:
        """The ``equinox.filter_jit`` that is called."""
        # Made when it is first called, not when it is defined: importing a module must not start a device.
        jit: Any = eqx.filter_jit
        return jit(self._function, compiler_options=_OPTIONS) if _understood() else jit(self._function)

    def __call__(self, *args: Any) -> Any:
        """Compile if need be, and call."""
        return self.jitted(*args)


def lean_jit(function: Callable[..., Any]) -> LeanJit:
    """Return ``equinox.filter_jit`` of a function, on CPUs without emitters of fused loops.

    Examples
    --------
    >>> @lean_jit
    ... def twice(x):
    ...     return 2 * x
    >>> float(twice(jnp.ones(())))
    2.0
    """
    return LeanJit(function)


@functools.cache
def _understood() -> bool:
    """Whether this compiler knows the option: older ones do not, and newer ones may drop it."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(jnp.negative, compiler_options=_OPTIONS)(1.0)
    except Exception:  # what an unknown option raises differs between versions
        return False
    return True
