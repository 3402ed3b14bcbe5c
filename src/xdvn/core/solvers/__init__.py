"""Inner solvers: iterations that fit a state to the observations of one sample.

    projection   x <- m y + (1 - m) phi(x)                       the DINEOF / DINCAE iteration
    gradient     x <- x - (a_k Phi(step_size g, h) + b_k g)      g = dJ/dx, classical or learned

A solver has an ``init`` and a pure ``step``; the adjoint runs the loop and defines its derivative. The schedule
(a_k, b_k), the initial state and the projection on the observations are objects.
"""

from xdvn.core.solvers.abstract import AbstractInitialState as AbstractInitialState
from xdvn.core.solvers.abstract import AbstractSolver as AbstractSolver
from xdvn.core.solvers.abstract import ObservedState as ObservedState
from xdvn.core.solvers.abstract import SolverState as SolverState
from xdvn.core.solvers.abstract import StepMap as StepMap
from xdvn.core.solvers.abstract import ZeroState as ZeroState
from xdvn.core.solvers.gradient import GradientSolver as GradientSolver
from xdvn.core.solvers.projection import AbstractDataProjection as AbstractDataProjection
from xdvn.core.solvers.projection import HardProjection as HardProjection
from xdvn.core.solvers.projection import ProjectionSolver as ProjectionSolver
from xdvn.core.solvers.projection import SoftProjection as SoftProjection
from xdvn.core.solvers.schedules import AbstractSchedule as AbstractSchedule
from xdvn.core.solvers.schedules import AnnealedSchedule as AnnealedSchedule
from xdvn.core.solvers.schedules import ConstantSchedule as ConstantSchedule
from xdvn.core.solvers.schedules import ReferenceSchedule as ReferenceSchedule
