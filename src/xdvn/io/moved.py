"""Names of earlier versions: where the classes and fields of model files of format 1 and 2 are now.

Those files name a class by the module that defined it. Files of format 3 name it by its public path, which does not
change when a module moves, so this table only grows when a public name changes.
"""

from __future__ import annotations

__all__ = ["FIELDS", "MOVED"]

MOVED = {
    "xdvn.baselines.analysis.ExactAnalysis": "xdvn.baselines.analysis.CholeskyAnalysis",
    "xdvn.baselines.gridded_analysis.GriddedAnalysis": "xdvn.baselines.structured_kernel.StructuredKernelInterpolation",
    "xdvn.baselines.tiling.EachTime": "xdvn.baselines.tiling.PerTimeTiling",
    "xdvn.baselines.withholding.Blocks": "xdvn.grid.holdout_masks.SpaceTimeBoxes",
    "xdvn.baselines.withholding.CloudsOfOtherTimes": "xdvn.grid.holdout_masks.TransplantedCloudMasks",
    "xdvn.baselines.withholding.Pieces": "xdvn.grid.holdout_masks.WholeTracks",
    "xdvn.baselines.withholding.RandomPoints": "xdvn.grid.holdout_masks.RandomPoints",
    "xdvn.baselines.withholding.WholeTimes": "xdvn.grid.holdout_masks.WholeTimeSteps",
    "xdvn.core.adjoints.exact.RecursiveCheckpoint": "xdvn.core.adjoints.unrolled.RecursiveCheckpoint",
    "xdvn.core.adjoints.exact.Unrolled": "xdvn.core.adjoints.unrolled.Unrolled",
    "xdvn.core.adjoints.implicit.Unconverged": "xdvn.core.adjoints.implicit.OnUnconverged",
    "xdvn.core.adjoints.truncated.KStep": "xdvn.core.adjoints.unrolled.TruncatedAdjoint",
    "xdvn.core.convolution.Convolution": "xdvn.core.layers.convolution.Convolution",
    "xdvn.core.convolution.Padding": "xdvn.core.layers._conv.padding.Padding",
    "xdvn.core.correlation.Padding": "xdvn.core.layers._conv.padding.Padding",
    "xdvn.core.dense.Dense": "xdvn.core.layers.dense.Dense",
    "xdvn.core.explicit.ConditionalNetwork": "xdvn.core.networks.feed_forward.ConditionalFeedForwardNetwork",
    "xdvn.core.explicit.ExplicitNetwork": "xdvn.core.networks.feed_forward.FeedForwardNetwork",
    "xdvn.core.explicit._Anchor": "xdvn.core.networks.feed_forward._Anchor",
    "xdvn.core.fixed_point.Contraction": "xdvn.core.networks.fixed_point.Contraction",
    "xdvn.core.fixed_point.FixedPointNetwork": "xdvn.core.networks.fixed_point.DeepEquilibriumNetwork",
    "xdvn.core.fourdvarnet.AbstractNetwork": "xdvn.core.networks.fourdvarnet.AbstractNetwork",
    "xdvn.core.fourdvarnet.FourDVarNet": "xdvn.core.networks.fourdvarnet.FourDVarNet",
    "xdvn.core.fourdvarnet.Solution": "xdvn.core.networks.fourdvarnet.Solution",
    "xdvn.core.frozen.Frozen": "xdvn.core.parameters.Frozen",
    "xdvn.core.gaussian_head.GaussianHead": "xdvn.core.networks.gaussian_head.GaussianHead",
    "xdvn.core.modulators.identity.IdentityModulator": "xdvn.core.modulators.abstract.IdentityModulator",
    "xdvn.core.priors.autoencoders.BilinearPrior": "xdvn.core.priors.learned.BilinearPrior",
    "xdvn.core.priors.convolutional.ConvPrior": "xdvn.core.priors.learned.ConvPrior",
    "xdvn.core.priors.covariances.AbstractCovariance": "xdvn.core.priors.gaussian.AbstractCovariance",
    "xdvn.core.priors.covariances.ExponentialCovariance": "xdvn.core.priors.gaussian.ExponentialCovariance",
    "xdvn.core.priors.covariances.Matern32Covariance": "xdvn.core.priors.gaussian.Matern32Covariance",
    "xdvn.core.priors.flattened.DenseBilinearPrior": "xdvn.core.priors.learned.DenseBilinearPrior",
    "xdvn.core.priors.flattened.MLPPrior": "xdvn.core.priors.learned.MLPPrior",
    "xdvn.core.priors.identity.IdentityPrior": "xdvn.core.priors.abstract.IdentityPrior",
    "xdvn.core.priors.truncated_svd.TruncatedSVDPrior": "xdvn.core.priors.eof.TruncatedSVDPrior",
    "xdvn.core.priors.two_scale.TwoScalePrior": "xdvn.core.priors.learned.TwoScalePrior",
    "xdvn.core.priors.unet.UNetPrior": "xdvn.core.priors.learned.UNetPrior",
    "xdvn.core.rims.Padding": "xdvn.core.layers._conv.padding.Padding",
    "xdvn.core.solvers.data_projection.AbstractDataProjection": "xdvn.core.solvers.projection.AbstractDataProjection",
    "xdvn.core.solvers.data_projection.HardProjection": "xdvn.core.solvers.projection.HardProjection",
    "xdvn.core.solvers.data_projection.SoftProjection": "xdvn.core.solvers.projection.SoftProjection",
    "xdvn.core.solvers.starts.AbstractStart": "xdvn.core.solvers.abstract.AbstractInitialState",
    "xdvn.core.solvers.starts.MeanStart": "xdvn.core.solvers.abstract.ZeroState",
    "xdvn.core.solvers.starts.ObservationStart": "xdvn.core.solvers.abstract.ObservedState",
    "xdvn.core.unet.UNet": "xdvn.core.layers.unet.UNet",
    "xdvn.core.unet._Block": "xdvn.core.layers.unet._Block",
    "xdvn.dynamics.lorenz63.Lorenz63": "xdvn.dynamics.lorenz.Lorenz63",
    "xdvn.dynamics.lorenz96.Lorenz96": "xdvn.dynamics.lorenz.Lorenz96",
    "xdvn.dynamics.system.AbstractSystem": "xdvn.dynamics.integrators.AbstractSystem",
    "xdvn.grid.familiar.Familiar": "xdvn.grid.domain_check.TrainingDomain",
    "xdvn.grid.normalise.Normaliser": "xdvn.grid.variable.Normaliser",
}
"""Class path in a file, and the path of the class today."""

FIELDS = {
    "xdvn.baselines.dineof.Dineof": {"most_modes": "max_modes", "withheld": "holdout", "most_steps": "max_iterations"},
    "xdvn.baselines.optimal_interpolation.OptimalInterpolation": {
        "noise": "noise_ratio",
        "signal": "signal_std",
        "stretch": "error_scale_factor",
        "error_noise": "error_noise_ratio",
    },
    "xdvn.core.networks.feed_forward.ConditionalFeedForwardNetwork": {"net": "network"},
    "xdvn.core.networks.fourdvarnet.FourDVarNet": {"last_prior": "apply_prior_last"},
    "xdvn.core.networks.gaussian_head.GaussianHead": {
        "net": "network",
        "corrects": "learn_mean",
        "start_std": "init_std",
        "least_std": "min_std",
    },
    "xdvn.core.priors.learned.BilinearPrior": {"down": "downsampling"},
    "xdvn.core.priors.learned.UNetPrior": {"net": "unet"},
    "xdvn.grid.domain_check.TrainingDomain": {
        "sparsest": "min_coverage",
        "densest": "max_coverage",
        "departure": "prior_residual",
    },
    "xdvn.grid.holdout_masks.RandomPoints": {"share": "fraction"},
    "xdvn.grid.holdout_masks.SpaceTimeBoxes": {"share": "fraction"},
    "xdvn.grid.holdout_masks.TransplantedCloudMasks": {"share": "fraction"},
    "xdvn.grid.holdout_masks.WholeTimeSteps": {"share": "fraction"},
    "xdvn.grid.holdout_masks.WholeTracks": {"share": "fraction"},
    "xdvn.model.Model": {"net": "network", "familiar": "training_domain"},
}
"""For each class of today, its fields under their earlier names."""
