"""Standard deviation, scales and stationarity of the simulated sea, for several seeds.

    python benchmarks/twin_statistics.py [seed ...]

For the eddies of each year (without the mean front), on the model's periodic grid, prints the standard deviation of sea
surface height, its range over periods of 30 days, the distances (zonal and meridional) and the time over which the
correlation falls to 1/e, its first zero in time, and the geostrophic speed. The first row is the result of an
independent code with the same settings for one seed; the last column shows whether all values are within 20 % of it.
The exit status is 1 if any is not. A seed takes about half a minute on a free CPU core.
"""

import sys

import numpy as np

from xdvn.osse import Twin

REFERENCE = {
    "std [m]": 0.164,
    "30-day std, lowest": 0.151,
    "30-day std, highest": 0.177,
    "zonal 1/e [km]": 117.0,
    "meridional 1/e [km]": 110.0,
    "1/e time [d]": 15.9,
    "zero crossing [d]": 30.0,
    "speed rms [m/s]": 0.32,
}
TOLERANCE = 0.20


def first_crossing(correlation: np.ndarray, level: float) -> float:
    """Return the lag at which a correlation first falls below a level, interpolated linearly, or NaN."""
    below = np.flatnonzero(correlation < level)
    if below.size == 0:
        return float("nan")
    i = below[0]
    return float(i - 1 + (correlation[i - 1] - level) / (correlation[i - 1] - correlation[i]))


def statistics(seed: int) -> dict[str, float]:
    """Simulate a year with one seed and return its statistics."""
    twin = Twin(seed=seed)
    ssh = twin.simulate().values[1:-1]
    dx = twin.model.length / twin.model.n
    windows = [ssh[day : day + 30].std() for day in range(0, len(ssh) - 29, 30)]
    scales = []
    for axis in (2, 1):
        power = np.abs(np.fft.rfft(ssh, axis=axis)) ** 2
        covariance = np.fft.irfft(power.mean(axis=tuple(a for a in range(3) if a != axis)))
        scales.append(first_crossing(covariance / covariance[0], 1 / np.e) * dx / 1e3)
    anomaly = ssh - ssh.mean(axis=0)
    lags = [(anomaly[lag:] * anomaly[: len(anomaly) - lag]).mean() for lag in range(90)]
    time = np.array(lags) / lags[0]
    slope = [(np.roll(ssh, -1, axis) - np.roll(ssh, 1, axis)) / (2 * dx) for axis in (1, 2)]
    speed = twin.model.gravity / twin.model.coriolis * np.hypot(*slope)
    values = (
        ssh.std(), min(windows), max(windows), *scales, first_crossing(time, 1 / np.e), first_crossing(time, 0.0),
        np.sqrt((speed**2).mean()),
    )  # fmt: skip
    return dict(zip(REFERENCE, map(float, values), strict=True))


def main(seeds: list[int]) -> int:
    """Print a table; return 1 if a value differs from the reference by more than the tolerance."""
    print("| seed |", " | ".join(REFERENCE), f"| within {TOLERANCE:.0%} |")
    print("|---" * (len(REFERENCE) + 2) + "|")
    print("| reference |", " | ".join(f"{value:.3g}" for value in REFERENCE.values()), "| |")
    failed = False
    for seed in seeds:
        values = statistics(seed)
        within = all(abs(values[name] / value - 1) <= TOLERANCE for name, value in REFERENCE.items())
        failed |= not within
        print(
            f"| {seed} |",
            " | ".join(f"{v:.3g}" for v in values.values()),
            f"| {'yes' if within else 'NO'} |",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or [0, 1, 2]))
