"""Skill with gridded observations, gridded observations with offsets, and observations at their own positions.

    python benchmarks/off_grid.py [epochs] [seed]

Windows, steps, seed and zero first guess are equal; only the observation operator H differs. A run takes a few CPU
minutes, without a download.
"""

from __future__ import annotations

import sys
from typing import Any

from twin_runs import run

from xdvn import datasets
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import IdentityOperator


def identity(channels: int, ndim: int, *, key: Any) -> FourDVarNet:
    """Return the default network with H = identity, which reads measurements as values at cell centres."""
    return FourDVarNet.default(channels, ndim, obs_operator=IdentityOperator(), key=key)


if __name__ == "__main__":
    epochs, seed = (int(a) for a in (*sys.argv[1:], *("6", "0")[len(sys.argv) - 1 :]))
    ds, tracks = datasets.eddies(), datasets.eddies_tracks()
    run("daily cells, identity", ds, "ssh_obs", "ssh", epochs, seed, network=identity)
    run("daily cells, offset in the cell", ds, "ssh_obs", "ssh", epochs, seed)
    run("points", ds, "ssh_obs", "ssh", epochs, seed, tracks=tracks)
