"""Costs and losses over named variables: the user's function sees Datasets, the network sees arrays.

    LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).mean(), labels)

``Labels`` cuts the channels of a state, variable x time, into variables with named dimensions. The Datasets have no
coordinates, so that windows of one shape are one trace, whatever their place and time. Needs the extra
``xdvn[xarray-jax]``, whose tree registration lets xarray compute on what JAX differentiates
(github.com/allen-adastra/xarray_jax). What is not possible on such Datasets: ``differentiate``, ``interp``, ``rolling``
(use ``diff`` and ``shift``), and NumPy functions (use ``xr.apply_ufunc(jnp.f, ...)``).
"""

from xdvn.labelled.costs import LabelledLoss, LabelledOperator, LabelledPrior
from xdvn.labelled.labels import Labels

__all__ = ["LabelledLoss", "LabelledOperator", "LabelledPrior", "Labels"]
