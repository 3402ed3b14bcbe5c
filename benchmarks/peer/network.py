"""The network of 4dvarnet-starter in PyTorch, built from its published equations, for comparisons with xdvn.

    J(x) = mean_Omega (x - y)^2 + mean (x - phi(x))^2,     phi(x) = up(C_out [C_1 z ; C_2 z * C_3 z]),
    g_k = dJ/dx,  s = RMS(g_0),  (u, h) = LSTM(g_k / s, h),   x <- x - [ u / (k + 1) + lr (k + 1) / K g_k ]

with z = C_h ReLU(C_in down(x)), K steps from x = y on Omega and 0 elsewhere, and a last x <- phi(x) at inference. As
published, means are over the batch. At inference, the state is detached from the graph of derivatives after every step,
but the memory of the LSTM is not. Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["PublishedNetwork", "squared_loss"]


class Prior(nn.Module):
    """The prior phi, a bilinear autoencoder at half resolution."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.encode = _conv(channels, hidden)
        self.hide = _conv(hidden, hidden)
        self.linear, self.left, self.right = (_conv(hidden, hidden) for _ in range(3))
        self.decode = _conv(2 * hidden, channels)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return phi(x)."""
        z = self.hide(functional.relu(self.encode(functional.avg_pool2d(x, 2))))
        return self.up(self.decode(torch.cat([self.linear(z), self.left(z) * self.right(z)], 1)))


class Memory(nn.Module):
    """The convolutional LSTM at full resolution."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.gates = _conv(channels + hidden, 4 * hidden)
        self.output = _conv(hidden, channels)
        self.hidden = hidden

    def forward(self, gradient: Tensor, memory: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the update and (h, c)."""
        h, c = memory
        enter, keep, leave, new = self.gates(torch.cat([gradient, h], 1)).chunk(4, 1)
        c = torch.sigmoid(keep) * c + torch.sigmoid(enter) * torch.tanh(new)
        h = torch.sigmoid(leave) * torch.tanh(c)
        return self.output(h), (h, c)


class PublishedNetwork(nn.Module):
    """The solver with K learned steps on J.

    Parameters
    ----------
    channels, steps : int
        Days of a window; number of steps K.
    prior_hidden, memory_hidden : int
        Features of phi and of the LSTM.
    descent : float
        Step lr / (B N) for a batch of B windows of N cells.
    per_window : bool
        Compute means over each window, as in xdvn, instead of over the batch, as published.
    floor : float
        Floor of s, added in square under the root, in units of N dJ/dx: 0 as published, 0.01 in xdvn.
    dropout : float
        Dropout of the LSTM's input in training: 0.1 as published, 0 for comparisons.
    projects : bool
        At inference, return phi(x) as published, for a phi that is trained to reproduce x; else x.
    detached_memory : bool
        At inference, detach the LSTM's memory from the graph as well.
    """

    def __init__(
        self,
        channels: int,
        steps: int,
        *,
        prior_hidden: int = 32,
        memory_hidden: int = 48,
        descent: float = 1e3 / (4 * 15 * 240 * 240),
        per_window: bool = False,
        floor: float = 0.0,
        dropout: float = 0.0,
        projects: bool = True,
        detached_memory: bool = False,
    ) -> None:
        super().__init__()
        self.prior = Prior(channels, prior_hidden)
        self.memory = Memory(channels, memory_hidden)
        self.steps, self.descent = steps, descent
        self.per_window, self.floor = per_window, floor
        self.dropout, self.projects, self.detached_memory = dropout, projects, detached_memory

    def cost(self, x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        """Return J, of the batch or summed over its windows."""
        axes = (1, 2, 3) if self.per_window else (0, 1, 2, 3)
        misfit = torch.where(mask, x - y, 0).square().sum(axes) / mask.sum(axes)
        return (misfit + (x - self.prior(x)).square().mean(axes)).sum()

    def forward(self, y: Tensor, mask: Tensor) -> Tensor:
        """Fill the gaps of ``y``: (batch, channel, row, column)."""
        cells = y[0].numel() * (1 if self.per_window else y.shape[0])
        axes = (1, 2, 3) if self.per_window else (0, 1, 2, 3)
        with torch.enable_grad():
            x = torch.where(mask, y, 0).requires_grad_()
            h = x.new_zeros(x.shape[0], self.memory.hidden, *x.shape[2:])
            memory, scale = (h, h), None
            for k in range(self.steps):
                (g,) = torch.autograd.grad(self.cost(x, y, mask), x, create_graph=True)
                if scale is None:
                    floor = self.floor / cells
                    scale = (g.square().mean(axes, keepdim=True) + floor**2).sqrt()
                scaled = functional.dropout(g / scale, self.dropout, self.training) if self.dropout else g / scale
                update, memory = self.memory(scaled, memory)
                x = x - (update / (k + 1) + self.descent * cells * (k + 1) / self.steps * g)
                if not self.training:
                    x = x.detach().requires_grad_()
                    if self.detached_memory:
                        memory, scale = tuple(m.detach() for m in memory), scale.detach()
            return self.prior(x) if self.projects and not self.training else x

    def groups(self, rate: float, prior_rate: float) -> list[dict[str, object]]:
        """Return Adam's groups of parameters, with a separate rate for the prior."""
        return [
            {"params": list(self.memory.parameters()), "lr": rate},
            {"params": list(self.prior.parameters()), "lr": rate * prior_rate},
        ]


def squared_loss(x: Tensor, truth: Tensor) -> Tensor:
    """Return the mean squared error of the field and of its differences along rows and columns."""
    error = x - truth
    return sum((e.square().mean() for e in (error.diff(dim=2), error.diff(dim=3))), error.square().mean())


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)
