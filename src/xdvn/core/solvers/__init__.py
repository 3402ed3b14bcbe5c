"""Inner solvers: how a state is improved, step by step, against one sample's observations.

    projection   x <- m y + (1 - m) phi(x)                       the DINEOF / DINCAE iteration
    gradient     x <- x - (a_k Phi(step_size g, h) + b_k g)      g = dJ/dx, classical or learned

A solver is ``init`` and a pure ``step``; the adjoint runs the loop and decides what is differentiated. The schedule
(a_k, b_k), the start and the return of data into the state are objects. Fablet et al. 2021,
doi:10.1029/2021MS002572; Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2.
"""

from xdvn.core.solvers.abstract import AbstractSolver as AbstractSolver
from xdvn.core.solvers.abstract import SolverState as SolverState
from xdvn.core.solvers.abstract import StepMap as StepMap
from xdvn.core.solvers.data_projection import AbstractDataProjection as AbstractDataProjection
from xdvn.core.solvers.data_projection import HardProjection as HardProjection
from xdvn.core.solvers.data_projection import SoftProjection as SoftProjection
from xdvn.core.solvers.gradient import GradientSolver as GradientSolver
from xdvn.core.solvers.projection import ProjectionSolver as ProjectionSolver
from xdvn.core.solvers.schedules import AbstractSchedule as AbstractSchedule
from xdvn.core.solvers.schedules import AnnealedSchedule as AnnealedSchedule
from xdvn.core.solvers.schedules import ConstantSchedule as ConstantSchedule
from xdvn.core.solvers.schedules import ReferenceSchedule as ReferenceSchedule
from xdvn.core.solvers.starts import AbstractStart as AbstractStart
from xdvn.core.solvers.starts import MeanStart as MeanStart
from xdvn.core.solvers.starts import ObservationStart as ObservationStart
