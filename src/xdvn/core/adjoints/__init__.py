"""Adjoints: objects that run the inner loop and define how it is differentiated.

The forward value is the same for all of them; they differ in memory, in time and in the gradient:

    Unrolled, RecursiveCheckpoint   exact for the K steps
    TruncatedAdjoint                exact for the last k steps, the state before them constant (k = 1: one-step)
    Implicit                        exact at a fixed point x = T(x)
"""

from xdvn.core.adjoints.abstract import AbstractAdjoint as AbstractAdjoint
from xdvn.core.adjoints.implicit import Convergence as Convergence
from xdvn.core.adjoints.implicit import Implicit as Implicit
from xdvn.core.adjoints.implicit import OnUnconverged as OnUnconverged
from xdvn.core.adjoints.krylov import GMRES as GMRES
from xdvn.core.adjoints.krylov import AbstractKrylov as AbstractKrylov
from xdvn.core.adjoints.krylov import BiCGStab as BiCGStab
from xdvn.core.adjoints.krylov import ConjugateGradient as ConjugateGradient
from xdvn.core.adjoints.unrolled import RecursiveCheckpoint as RecursiveCheckpoint
from xdvn.core.adjoints.unrolled import TruncatedAdjoint as TruncatedAdjoint
from xdvn.core.adjoints.unrolled import Unrolled as Unrolled
