#!/usr/bin/env python3
"""Derive the polynomials of src/engine/cpu/math_internal.h and say how good those that stand there are.

A weighted minimax fit (Remez exchange) in double; needs numpy. The C file keeps its coefficients as decimal fractions:
a new fit is pasted there by hand, and tests/engine/test_math.c then says how far float32 is from the truth.

usage: tools/fit_polynomials.py            print the coefficients, highest power first
       tools/fit_polynomials.py --check    fail unless the coefficients in the C file are as good as the fit
"""
import math
import pathlib
import re
import sys

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src/engine/cpu/math_internal.h"
LN2 = math.log(2)


def minimax(target, basis, weight, low, high):
    """Coefficients c with the smallest max |weight (sum c_i basis_i - target)| over [low, high], and that maximum."""
    n = len(basis)
    grid = low + (high - low) * (1 - np.cos(np.linspace(0, math.pi, 20001))) / 2
    rows, goal, w = np.stack([b(grid) for b in basis], 1), target(grid), weight(grid)
    at = np.round(np.linspace(0, len(grid) - 1, n + 1)).astype(int)
    for _ in range(100):
        signs = (-1.0) ** np.arange(n + 1)
        system = np.column_stack([rows[at], signs / w[at]])
        c = np.linalg.solve(system, goal[at])[:n]
        error = w * (rows @ c - goal)
        # one extreme from each stretch of equal sign, the neighbouring n + 1 of which hold the largest
        edges = np.flatnonzero(np.diff(np.sign(error))) + 1
        peaks = np.array([s[np.argmax(np.abs(error[s]))] for s in np.split(np.arange(len(grid)), edges)])
        while len(peaks) > n + 1:
            peaks = peaks[1:] if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else peaks[:-1]
        if len(peaks) < n + 1 or np.array_equal(peaks, at):
            break
        at = peaks
    return c, np.abs(error).max()


def exp_tail(r):
    """(e^r - 1 - r) / r^2 without cancellation."""
    return sum(r ** k / math.factorial(k + 2) for k in range(20))


def exp2_tail(r):
    """(2^r - 1) / r without cancellation."""
    return sum(LN2 ** (k + 1) * r ** k / math.factorial(k + 1) for k in range(20))


def mills(u):
    """Q(u) = Phi(-u) e^(u^2/2)."""
    return np.array([0.5 * math.erfc(x / math.sqrt(2)) * math.exp(x * x / 2) for x in u])


def power(k):
    return lambda x: x ** k


# name, function or table in the C file, target over the variable of the polynomial, powers, weight, range
FITS = [
    # e^r = 1 + r + r^2 p(r) on [-ln 2 / 2, ln 2 / 2], relative error: weight r^2 / e^r
    ("exp", "exp_tail", exp_tail, 5, lambda r: r * r * np.exp(-r) + 1e-9, -LN2 / 2, LN2 / 2),
    # 2^r = 1 + r p(r) on [-1/2, 1/2], relative error
    ("exp2", "exp2_tail", exp2_tail, 5, lambda r: np.abs(r) * np.exp2(-r) + 1e-9, -0.5, 0.5),
    # Q on [0, 6] in t = u / 3 - 1, absolute error of GELU and of Phi: weight e^(-u^2/2) (1 + u), and a little more to keep
    # the far end
    ("normal", "normal_tail", lambda t: mills(3 * (t + 1)), 13,
     lambda t: np.exp(-0.5 * (3 * (t + 1)) ** 2) * (1 + 3 * (t + 1)) + 1e-4, -1.0, 1.0),
]


def standing(name):
    """The coefficients in the C file, highest power first: a table, lowest first, or the numbers of a function's Horner
    lines."""
    text = SOURCE.read_text()
    if table := re.search(r"float %s\[\d+\] = {(.*?)}" % name, text, re.S):
        return np.array([float(v.strip().rstrip("f")) for v in table[1].split(",")])[::-1]
    body = re.search(r"INLINE vf %s\(.*?\n}" % name, text, re.S).group(0)
    numbers = []
    for line in body.splitlines():
        if found := re.match(r" +vf [pq] = (-?[\d.e-]+)f \* \w ([-+]) ([\d.e-]+)f;", line):
            numbers += [float(found[1]), float(found[2] + found[3])]
        elif found := re.match(r" +(?:[pq] =|return) [pq] \* \w ([-+]) ([\d.e-]+)f;", line):
            numbers.append(float(found[1] + found[2]))
    return np.array(numbers)


def main():
    worse = False
    for name, function, target, n, weight, low, high in FITS:
        basis = [power(k) for k in range(n)]
        c, best = minimax(target, basis, weight, low, high)
        ours = standing(function)
        x = np.linspace(low, high, 200001)
        error = np.abs(weight(x) * (np.polyval(ours, x) - target(x))).max() if len(ours) == n else math.inf
        print(f"{name}: the fit is within {best:.3e}, the coefficients of {function} within {error:.3e}")
        if "--check" not in sys.argv[1:]:
            print("".join(f"    {value!r}f\n" for value in (float(np.float32(v)) for v in c[::-1])), end="")
        worse |= error > best + np.abs(c).max() * 2.0 ** -25  # the coefficients are rounded to float32
    return 1 if worse and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
