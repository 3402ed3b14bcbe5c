"""Arrays of a network that are not trained, such as a covariance, EOFs or a mean."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Inexact, PyTree

__all__ = ["Frozen", "as_python_scalar", "trainable_mask"]


class Frozen(eqx.Module):
    """Array that is used and saved but not trained: its gradient is zero to any order.

    Parameters
    ----------
    array : Array, "*shape"
        Constant array.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> float(jax.grad(lambda f: f() ** 2)(Frozen(jnp.asarray(3.0))).array)
    0.0
    """

    array: Inexact[Array, "*shape"]

    def __call__(self) -> Inexact[Array, "*shape"]:
        """Return the array as a constant."""
        return jax.lax.stop_gradient(self.array)


def trainable_mask(tree: PyTree) -> PyTree:
    """Return True for each leaf that training updates, an inexact array outside ``Frozen``, and False for the others.

    The result is a mask for ``equinox.filter``, ``equinox.partition`` and ``optax.masked``.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> jax.tree.leaves(trainable_mask((jnp.ones(2), 3.0, Frozen(jnp.ones(2)))))
    [True, False, False]
    """

    def mask(node: Any) -> Any:
        return jax.tree.map(lambda _: False, node) if isinstance(node, Frozen) else eqx.is_inexact_array(node)

    return jax.tree.map(mask, tree, is_leaf=lambda node: isinstance(node, Frozen))


def as_python_scalar(value: Any) -> Any:
    """Return a NumPy scalar as a Python number, and any other value unchanged.

    Training updates arrays but not numbers, and equinox treats a NumPy scalar as an array. The conversion keeps
    settings of a network constant.

    Examples
    --------
    >>> import numpy as np
    >>> trainable_mask(as_python_scalar(np.float64(0.5))), trainable_mask(np.float64(0.5))
    (False, True)
    """
    return value.item() if isinstance(value, np.generic) else value
