"""Forward models of the ocean and of toy systems, written in JAX.

They make the truths of twin experiments and can be the dynamics inside a variational prior: one state in, the state
one time step later out, everything differentiable.
"""

from xdvn.dynamics.quasigeostrophic import QGState, TwoLayerQG

__all__ = ["QGState", "TwoLayerQG"]
