#!/usr/bin/env python3
"""Golden values of test_paired.c: p of the signed-rank test by scipy. Prints C."""
import numpy as np
from scipy.stats import wilcoxon

def values(n, scale, shift, step):
    k = np.arange(n)
    return np.round(scale * ((k * 37 + 11) % 101) + shift, 6), np.round(scale * ((k * step + 5) % 101), 6)

cases = [("exact", 12, 0.0013, 0.02, 53), ("large", 200, 0.0013, 0.0, 53), ("ties", 30, 0.01, 0.0, 37), ("shifted", 101, 0.001, 0.01, 53)]
for name, n, scale, shift, step in cases:
    a, b = values(n, scale, shift, step)
    print(f'    {{{n}, {scale}, {shift}, {step}, {wilcoxon(b - a).pvalue:.12g}}}, /* {name} */')
a, b = values(101, 0.001, 0.01, 53)
rng = np.random.default_rng(1)
means = [(b - a)[rng.integers(0, 101, 101)].mean() for _ in range(200000)]
print("interval", np.percentile(means, [2.5, 97.5]))
