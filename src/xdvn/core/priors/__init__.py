"""Priors phi: maps of a state to the nearest plausible state, same shape out as in.

The variational cost asks x to be close to phi(x). Subclass ``AbstractPrior`` to bring your own.
"""

from xdvn.core.priors.abstract import AbstractPrior as AbstractPrior
from xdvn.core.priors.autoencoders import BilinearPrior as BilinearPrior
from xdvn.core.priors.identity import IdentityPrior as IdentityPrior
