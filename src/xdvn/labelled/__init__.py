"""Losses, priors and observation operators as functions of Datasets with named variables.

    LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).mean(), labels)

``Labels`` converts the channels of a state, variable x time, to variables with named dimensions. The Datasets have no
coordinates, so all windows of one shape share one compiled program. The subpackage needs the extra
``xdvn[xarray-jax]`` (github.com/allen-adastra/xarray_jax). The Datasets do not support ``differentiate``, ``interp``,
``rolling`` (use ``diff`` and ``shift``) and NumPy functions (use ``xr.apply_ufunc(jnp.f, ...)``).
"""

from xdvn.labelled.costs import LabelledLoss, LabelledOperator, LabelledPrior
from xdvn.labelled.labels import Labels

__all__ = ["LabelledLoss", "LabelledOperator", "LabelledPrior", "Labels"]
