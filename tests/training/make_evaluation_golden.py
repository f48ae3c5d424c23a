#!/usr/bin/env python3
"""Golden values of test_evaluation.c: metrics by numpy, Savitzky-Golay by scipy. Prints C."""
import numpy as np
from scipy.signal import savgol_filter

i = np.arange(57)
reference = 5 + 0.25 * i
predicted = reference + 0.0213 * ((i * 37) % 23 - 9)
e = predicted - reference
a = np.abs(e)
print(f"mae {a.mean():.9f} median {np.median(a):.9f} rmse {np.sqrt((e**2).mean()):.9f} bias {e.mean():.9f} sd {e.std():.9f}")
print(f"p95 {np.percentile(a, 95):.9f} max {a.max():.9f} r2 {1 - (e**2).sum() / ((reference - reference.mean())**2).sum():.9f}")
print(f"within {(a <= 0.1).mean():.9f} {(a <= 0.2).mean():.9f}")
k = np.arange(400)
torque = 0.2 * ((k * 7) % 5 - 2) + np.where(k > 250, (k - 250) * 0.4, 0).clip(0, 8)
g = np.gradient(savgol_filter(torque[100:400], 11, 2))
first = np.argmax(g > g.mean() + 2 * g.std())
print(f"transition row {100 + first}")
