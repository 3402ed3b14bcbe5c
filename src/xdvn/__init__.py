"""Gap filling of satellite fields for xarray: learned variational mapping (4DVarNet) in JAX.

Three objects: a Dataset, its ``.dvn`` accessor, and a Model. ::

    model = ds.dvn.fit(obs="ssh_obs", truth="ssh")
    maps = ds.dvn.reconstruct(model)

Names are resolved when they are first used, so ``import xdvn`` costs little more than ``import xarray``. Fablet et al.
2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from xdvn import accessor as accessor
from xdvn._version import __version__ as __version__

if TYPE_CHECKING:
    from xdvn import (
        baselines,
        benchmark,
        core,
        datasets,
        dynamics,
        grid,
        labelled,
        metrics,
        ocean,
        osse,
        plot,
        readers,
        testing,
        tracks,
        training,
        uncertainty,
    )
    from xdvn.api import fit, reconstruct, score
    from xdvn.baselines import OptimalInterpolation
    from xdvn.citation import cite
    from xdvn.comparison import compare
    from xdvn.core.networks import FourDVarNet
    from xdvn.grid.patches import Windows
    from xdvn.mapper import AbstractMapper
    from xdvn.model import Model, load
    from xdvn.training.settings import Training

_HOME = {
    "AbstractMapper": "xdvn.mapper",
    "FourDVarNet": "xdvn.core.networks",
    "Model": "xdvn.model",
    "OptimalInterpolation": "xdvn.baselines",
    "Training": "xdvn.training.settings",
    "Windows": "xdvn.grid.patches",
    "cite": "xdvn.citation",
    "compare": "xdvn.comparison",
    "fit": "xdvn.api",
    "load": "xdvn.model",
    "reconstruct": "xdvn.api",
    "score": "xdvn.api",
}

__all__ = [
    "AbstractMapper",
    "FourDVarNet",
    "Model",
    "OptimalInterpolation",
    "Training",
    "Windows",
    "__version__",
    "baselines",
    "benchmark",
    "cite",
    "compare",
    "core",
    "datasets",
    "dynamics",
    "fit",
    "grid",
    "labelled",
    "load",
    "metrics",
    "ocean",
    "osse",
    "plot",
    "readers",
    "reconstruct",
    "score",
    "testing",
    "tracks",
    "training",
    "uncertainty",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in __all__:
        return importlib.import_module(f"xdvn.{name}")
    raise AttributeError(f"module 'xdvn' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
