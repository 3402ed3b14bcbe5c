"""Arrays that belong to a network but are not trained: a covariance, a basis of EOFs, a mean.

Training moves every inexact array it finds. An array inside ``Frozen`` takes part in every computation and is saved
with the rest, but is handed out under stop-gradient, so its gradient is zero to any order; ``learnable`` says which
leaves are left. Called by the priors that are computed instead of trained.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Inexact, PyTree

__all__ = ["Frozen", "learnable", "number"]


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


def learnable(tree: PyTree) -> PyTree:
    """Say of each leaf whether training may move it: inexact arrays outside ``Frozen``.

    Made for ``equinox.filter``, ``equinox.partition`` and ``optax.masked``.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> jax.tree.leaves(learnable((jnp.ones(2), 3.0, Frozen(jnp.ones(2)))))
    [True, False, False]
    """

    def of(node: Any) -> Any:
        return jax.tree.map(lambda _: False, node) if isinstance(node, Frozen) else eqx.is_inexact_array(node)

    return jax.tree.map(of, tree, is_leaf=lambda node: isinstance(node, Frozen))


def number(value: Any) -> Any:
    """Return a NumPy number as a Python number, anything else as it is.

    Training moves arrays and leaves numbers alone; a NumPy scalar, as comes out of any computation, is a number to its
    user and an array to equinox. Fields that hold a setting are converted by this.

    Examples
    --------
    >>> import numpy as np
    >>> learnable(number(np.float64(0.5))), learnable(np.float64(0.5))
    (False, True)
    """
    return value.item() if isinstance(value, np.generic) else value
