"""Networks: maps from observations (and a first guess) to a ``Solution``.

``FourDVarNet`` descends a variational cost with a learned solver; ``FeedForwardNetwork`` and
``ConditionalFeedForwardNetwork`` compute it in one pass; ``DeepEquilibriumNetwork`` iterates to a fixed point;
``GaussianHead`` adds an error variance to any of them. Subclass ``AbstractNetwork`` to add one.
"""

from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork, FeedForwardNetwork
from xdvn.core.networks.fixed_point import DeepEquilibriumNetwork
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet, Solution
from xdvn.core.networks.gaussian_head import GaussianHead
from xdvn.core.networks.trace import Trace

__all__ = [
    "AbstractNetwork",
    "ConditionalFeedForwardNetwork",
    "DeepEquilibriumNetwork",
    "FeedForwardNetwork",
    "FourDVarNet",
    "GaussianHead",
    "Solution",
    "Trace",
]
