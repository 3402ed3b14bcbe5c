"""Contract checks for custom classes, one for each abstract class: ``check_prior(MyPrior(...), shape, key)``.

A check returns None or raises an ``AssertionError`` that states what must hold and what to change. The checks of
network parts test shape and type, finite values and gradients, reproducibility, ``jit`` against eager evaluation,
``vmap`` against a loop, and a round trip through a model file. Each check adds the properties of its class.
"""

from xdvn.testing.mappers import check_mapper as check_mapper
from xdvn.testing.mappers import check_posterior as check_posterior
from xdvn.testing.models import check_covariance as check_covariance
from xdvn.testing.models import check_integrator as check_integrator
from xdvn.testing.models import check_system as check_system
from xdvn.testing.parts import check_data_projection as check_data_projection
from xdvn.testing.parts import check_gradient_modulator as check_gradient_modulator
from xdvn.testing.parts import check_initial_state as check_initial_state
from xdvn.testing.parts import check_observation_operator as check_observation_operator
from xdvn.testing.parts import check_prior as check_prior
from xdvn.testing.parts import check_schedule as check_schedule
from xdvn.testing.solves import check_adjoint as check_adjoint
from xdvn.testing.solves import check_krylov as check_krylov
from xdvn.testing.solves import check_network as check_network
from xdvn.testing.solves import check_solver as check_solver
from xdvn.testing.surroundings import check_covariate as check_covariate
from xdvn.testing.surroundings import check_grouping as check_grouping
from xdvn.testing.surroundings import check_holdout as check_holdout
from xdvn.testing.surroundings import check_noise as check_noise
from xdvn.testing.surroundings import check_orbit as check_orbit
from xdvn.testing.surroundings import check_resampling as check_resampling
from xdvn.testing.surroundings import check_tiling as check_tiling
from xdvn.testing.training import check_augmentation as check_augmentation
from xdvn.testing.training import check_loss as check_loss
