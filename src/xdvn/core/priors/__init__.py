"""Priors phi: maps of a state to the nearest plausible state, same shape out as in.

The variational cost asks x to be close to phi(x). Learned: ``autoencoders``, ``convolutional``, ``flattened``,
``unet`` and the sum of two in ``two_scale``. Known beforehand: ``dynamical`` (equations), ``gaussian`` (a covariance),
``eof`` (patterns), ``truncated_svd`` (the state's own patterns), ``identity`` (nothing). Subclass ``AbstractPrior`` to
bring your own.
"""

from xdvn.core.priors.abstract import AbstractPrior as AbstractPrior
from xdvn.core.priors.autoencoders import BilinearPrior as BilinearPrior
from xdvn.core.priors.convolutional import ConvPrior as ConvPrior
from xdvn.core.priors.covariances import AbstractCovariance as AbstractCovariance
from xdvn.core.priors.covariances import ExponentialCovariance as ExponentialCovariance
from xdvn.core.priors.covariances import Matern32Covariance as Matern32Covariance
from xdvn.core.priors.dynamical import DynamicalPrior as DynamicalPrior
from xdvn.core.priors.eof import EOFPrior as EOFPrior
from xdvn.core.priors.flattened import DenseBilinearPrior as DenseBilinearPrior
from xdvn.core.priors.flattened import MLPPrior as MLPPrior
from xdvn.core.priors.gaussian import GaussianPrior as GaussianPrior
from xdvn.core.priors.identity import IdentityPrior as IdentityPrior
from xdvn.core.priors.truncated_svd import TruncatedSVDPrior as TruncatedSVDPrior
from xdvn.core.priors.two_scale import TwoScalePrior as TwoScalePrior
from xdvn.core.priors.unet import UNetPrior as UNetPrior
