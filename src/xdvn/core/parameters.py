"""Arrays of a network that are not trained: a covariance, a basis of EOFs, a mean.

Training updates every inexact array. An array inside ``Frozen`` takes part in every computation and is saved, but its
gradient is zero to any order (stop-gradient); ``trainable_mask`` marks the other leaves.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Inexact, PyTree

__all__ = ["Frozen", "as_python_scalar", "trainable_mask"]


class Frozen(eqx.Module):
    """An array that is used but not trained.

    Parameters
    ----------
    array : Array
        The array.

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
    """Say of each leaf whether training may move it: inexact arrays outside ``Frozen``.

    Made for ``equinox.filter``, ``equinox.partition`` and ``optax.masked``.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> jax.tree.leaves(trainable_mask((jnp.ones(2), 3.0, Frozen(jnp.ones(2)))))
    [True, False, False]
    """

    def of(node: Any) -> Any:
        return jax.tree.map(lambda _: False, node) if isinstance(node, Frozen) else eqx.is_inexact_array(node)

    return jax.tree.map(of, tree, is_leaf=lambda node: isinstance(node, Frozen))


def as_python_scalar(value: Any) -> Any:
    """Return a NumPy number as a Python number, anything else as it is.

    Training moves arrays and leaves numbers alone; a NumPy scalar, as comes out of any computation, is a number to its
    user and an array to equinox. Fields that hold a setting are converted by this.

    Examples
    --------
    >>> import numpy as np
    >>> trainable_mask(as_python_scalar(np.float64(0.5))), trainable_mask(np.float64(0.5))
    (False, True)
    """
    return value.item() if isinstance(value, np.generic) else value
