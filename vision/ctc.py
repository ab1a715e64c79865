"""Decoding a line by connectionist temporal classification (Graves et al. 2006), exactly and for each length.

`p` is always float64 (T, C): for each column the probability of each class, class 0 the blank. A sequence is a tuple of
classes above 0.
"""

from __future__ import annotations

import numpy as np

_FLOOR = 1e-12


def best(p: np.ndarray, allowed: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """Of all lengths the sequence on the best single path, and that path's log probability; allowed as in `likeliest`.

    Where no length is asked for, each column may choose by itself, which takes a hundredth of the time.
    """
    free = np.where(allowed, p, 0)
    free[:, 0] = p[:, 0]
    path = free.argmax(1)
    begins = (path > 0) & (path != np.concatenate([[0], path[:-1]]))
    log = np.log(np.maximum(free[np.arange(len(p)), path], _FLOOR)).sum()
    return float(log), tuple(int(c) for c in path[begins])


def likeliest(p: np.ndarray, allowed: np.ndarray, longest: int) -> list[tuple[float, tuple[int, ...]]]:
    """For each length from 0 to `longest` the sequence on the best single path, and that path's log probability.

    allowed: bool (C,), the classes that may stand in it. Lengths that the columns cannot hold get -inf and ().
    """
    steps = len(p)
    classes = np.flatnonzero(allowed[1:]) + 1
    log = np.log(np.maximum(p, _FLOOR))
    blank, name = log[:, 0], log[:, classes]
    n = longest + 1
    count = len(classes)
    if not count:
        return [(float(blank.sum()), ()), *[(-np.inf, ())] * longest]
    rest = np.full(n, -np.inf)  # best path that holds so many characters and ends in a blank
    rest[0] = 0.0
    on = np.full((n, count), -np.inf)  # ... and ends on this character
    came = np.empty(
        (steps, n, count), np.int16
    )  # what was there before a character began: -1 itself, -2 blank, or class
    left = np.empty((steps, n), np.int16)  # what was there before a blank: -1 a blank, or class
    index = np.arange(n)
    start = np.full_like(on, -np.inf)
    origin = np.full(on.shape, -2, np.int16)
    for t in range(steps):
        first = on.argmax(1)
        top = on[index, first]
        on[index, first] = -np.inf
        second = on.argmax(1)
        runner_up = on[index, second]
        on[index, first] = top
        # From the character before, which must differ or have a blank between.
        start[1:] = np.maximum(top, rest)[:-1, None]
        origin[1:] = np.where(top > rest, first, -2)[:-1, None]
        start[index[1:], first[:-1]] = np.maximum(runner_up, rest)[:-1]
        origin[index[1:], first[:-1]] = np.where(runner_up > rest, second, -2)[:-1]
        stay = on >= start
        came[t] = np.where(stay, -1, origin)
        left[t] = np.where(rest >= top, -1, first)
        rest = np.maximum(rest, top) + blank[t]
        on = np.where(stay, on, start) + name[t]
    out: list[tuple[float, tuple[int, ...]]] = []
    for length in range(n):
        last = int(on[length].argmax()) if length else -1
        score = float(on[length, last]) if length else -np.inf
        state = last
        if rest[length] >= score:
            score, state = float(rest[length]), -1
        if score == -np.inf:
            out.append((score, ()))
            continue
        found: list[int] = []
        k = length
        for t in range(steps - 1, -1, -1):
            if state == -1:
                state = int(left[t, k])
                continue
            move = int(came[t, k, state])
            if move == -1:
                continue
            found.append(int(classes[state]))
            k -= 1
            state = -1 if move == -2 else move
        out.append((score, tuple(reversed(found))))
    return out


def sides(p: np.ndarray, sequence: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Forward and backward sums over all paths, float64 (T, 2 n + 1) each, blanks at even places."""
    labels = np.zeros(2 * len(sequence) + 1, int)
    labels[1::2] = sequence
    skip = np.zeros(len(labels), bool)
    skip[3::2] = labels[3::2] != labels[1:-2:2]
    y = p[:, labels]
    steps, n = y.shape
    forward, backward = np.zeros((steps, n)), np.zeros((steps, n))
    forward[0, : min(2, n)] = y[0, : min(2, n)]
    backward[-1, max(0, n - 2) :] = 1.0
    for t in range(1, steps):
        a = forward[t - 1]
        forward[t] = a
        forward[t, 1:] += a[:-1]
        forward[t, 2:] += a[:-2] * skip[2:]
        forward[t] *= y[t]
    for t in range(steps - 2, -1, -1):
        b = backward[t + 1] * y[t + 1]
        backward[t] = b
        backward[t, :-1] += b[1:]
        backward[t, :-2] += b[2:] * skip[2:]
    return forward, backward


def alternatives(p: np.ndarray, sequence: tuple[int, ...]) -> tuple[float, np.ndarray, np.ndarray]:
    """What else each character could be, the others as they are.

    Returns the sequence's log probability; float64 (n, C), for each place the probability of each class there, rows
    summing to one (blank: none); and float64 (T, n), how much of each column belongs to each character.
    """
    n = len(sequence)
    if not n:
        return float(np.log(np.maximum(p[:, 0], _FLOOR)).sum()), np.zeros((0, p.shape[1])), np.zeros((len(p), 0))
    p = np.maximum(p, _FLOOR)
    forward, backward = sides(p, sequence)
    total = float(forward[-1, -2:].sum())
    held = forward * backward
    labels = np.array(sequence)
    steps = len(p)
    # Paths that come to place i: from the blank before it, or straight from the character before unless it is the same.
    from_blank, from_before = np.zeros((steps, n)), np.zeros((steps, n))
    from_blank[1:] = forward[:-1, 0:-1:2]
    from_before[1:, 1:] = forward[:-1, 1:-2:2]
    start = np.zeros(n)
    start[0] = 1.0
    # Paths that leave it: into the blank after it, or straight into the next character; or the strip ends.
    ahead = backward * p[:, np.concatenate([[0], np.column_stack([labels, np.zeros(n, int)]).ravel()])]
    to_blank, to_next = np.zeros((steps, n)), np.zeros((steps, n))
    to_blank[:-1] = ahead[1:, 2::2]
    to_next[:-1, :-1] = ahead[1:, 3::2]
    to_blank[-1, -1] = 1.0
    differs_before, differs_after = np.ones((n, p.shape[1])), np.ones((n, p.shape[1]))
    differs_before[np.arange(1, n), labels[:-1]] = 0
    differs_after[np.arange(n - 1), labels[1:]] = 0
    going, sums = np.zeros((n, p.shape[1])), np.zeros((n, p.shape[1]))
    for t in range(steps):
        enter = from_blank[t, :, None] + from_before[t, :, None] * differs_before
        if t == 0:
            enter = enter + start[:, None]
        going = (going + enter) * p[t]
        sums += going * (to_blank[t, :, None] + to_next[t, :, None] * differs_after)
    sums[:, 0] = 0.0
    whole = sums.sum(1, keepdims=True)
    shares = np.divide(sums, whole, out=np.zeros_like(sums), where=whole > 0)
    occupancy = held[:, 1::2] / max(total, 1e-300)
    return float(np.log(max(total, 1e-300))), shares, occupancy
