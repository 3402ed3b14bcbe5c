"""xdvn fills the gaps of satellite fields: learned variational mapping (4DVarNet) for xarray.

Three words on day one: a Dataset, its ``.dvn`` accessor, and a Model. ::

    model = ds.dvn.fit(obs="ssh_obs", truth="ssh")
    maps = ds.dvn.reconstruct(model)

This file is the table of contents; names are resolved when first used, so importing xdvn costs little more than
importing xarray. Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from xdvn import accessor as accessor

if TYPE_CHECKING:
    from xdvn import (
        baselines,
        benchmark,
        core,
        datasets,
        dynamics,
        experiments,
        grid,
        labelled,
        metrics,
        osse,
        plot,
        posteriors,
        readers,
        retakes,
        testing,
        topography,
    )
    from xdvn.baselines import OptimalInterpolation
    from xdvn.citation import cite
    from xdvn.comparison import compare
    from xdvn.core.fourdvarnet import FourDVarNet
    from xdvn.mapper import AbstractMapper
    from xdvn.model import Model, load
    from xdvn.pipeline import fit, reconstruct
    from xdvn.scoring import score

__version__ = "0.1.0"

__all__ = [
    "AbstractMapper",
    "FourDVarNet",
    "Model",
    "OptimalInterpolation",
    "__version__",
    "baselines",
    "benchmark",
    "cite",
    "compare",
    "core",
    "datasets",
    "dynamics",
    "experiments",
    "fit",
    "grid",
    "labelled",
    "load",
    "metrics",
    "osse",
    "plot",
    "posteriors",
    "readers",
    "reconstruct",
    "retakes",
    "score",
    "testing",
    "topography",
]

_HOME = {
    "AbstractMapper": "xdvn.mapper",
    "FourDVarNet": "xdvn.core.fourdvarnet",
    "Model": "xdvn.model",
    "OptimalInterpolation": "xdvn.baselines",
    "cite": "xdvn.citation",
    "compare": "xdvn.comparison",
    "fit": "xdvn.pipeline",
    "load": "xdvn.model",
    "reconstruct": "xdvn.pipeline",
    "score": "xdvn.scoring",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in __all__:
        return importlib.import_module(f"xdvn.{name}")
    raise AttributeError(f"module 'xdvn' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
