"""Priors phi: maps from a state to a more plausible state of the same shape.

The variational cost penalises x - phi(x). ``learned`` contains autoencoders and U-Nets with trained weights. The other
priors are specified: ``dynamical`` by equations, ``gaussian`` by a covariance, ``eof`` by patterns. Subclass
``AbstractPrior`` to add one.
"""

from xdvn.core.priors.abstract import AbstractPrior as AbstractPrior
from xdvn.core.priors.abstract import IdentityPrior as IdentityPrior
from xdvn.core.priors.dynamical import DynamicalPrior as DynamicalPrior
from xdvn.core.priors.eof import EOFPrior as EOFPrior
from xdvn.core.priors.eof import TruncatedSVDPrior as TruncatedSVDPrior
from xdvn.core.priors.gaussian import AbstractCovariance as AbstractCovariance
from xdvn.core.priors.gaussian import ExponentialCovariance as ExponentialCovariance
from xdvn.core.priors.gaussian import GaussianPrior as GaussianPrior
from xdvn.core.priors.gaussian import Matern32Covariance as Matern32Covariance
from xdvn.core.priors.learned import BilinearPrior as BilinearPrior
from xdvn.core.priors.learned import ConvPrior as ConvPrior
from xdvn.core.priors.learned import DenseBilinearPrior as DenseBilinearPrior
from xdvn.core.priors.learned import MLPPrior as MLPPrior
from xdvn.core.priors.learned import TwoScalePrior as TwoScalePrior
from xdvn.core.priors.learned import UNetPrior as UNetPrior
