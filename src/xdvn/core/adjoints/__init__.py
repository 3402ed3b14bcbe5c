"""How the inner loop is differentiated: an object that receives the loop and its arguments.

The forward value is the same under all of them; they differ in memory, in time and in what they claim:

    Unrolled, RecursiveCheckpoint   exact for the K steps run
    KStep                           exact for the last k steps, the rest taken as given (k = 1: one-step)
    Implicit                        exact at a fixed point x = T(x), whatever led there

Bolte et al. 2023, arXiv:2305.13768 (one-step); Bai et al. 2019, arXiv:1909.01377 (implicit).
"""

from xdvn.core.adjoints.abstract import AbstractAdjoint as AbstractAdjoint
from xdvn.core.adjoints.exact import RecursiveCheckpoint as RecursiveCheckpoint
from xdvn.core.adjoints.exact import Unrolled as Unrolled
from xdvn.core.adjoints.implicit import Convergence as Convergence
from xdvn.core.adjoints.implicit import Implicit as Implicit
from xdvn.core.adjoints.implicit import Unconverged as Unconverged
from xdvn.core.adjoints.krylov import GMRES as GMRES
from xdvn.core.adjoints.krylov import AbstractKrylov as AbstractKrylov
from xdvn.core.adjoints.krylov import BiCGStab as BiCGStab
from xdvn.core.adjoints.krylov import ConjugateGradient as ConjugateGradient
from xdvn.core.adjoints.truncated import KStep as KStep
