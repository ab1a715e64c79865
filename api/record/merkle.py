"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs of inclusion and of consistency. Pure functions.

A tree is given by the hashes of its perfect subtrees: `node(level, place)` is the hash of the 2**level leaves from
place * 2**level on. Its peaks are the fewest of them that it is made of, the largest first: one for each 1 among the
binary digits of its size. They are all that it takes to append.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what stands above two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def peaks(size: int) -> list[tuple[int, int]]:
    """Level and place of each peak."""
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def grown(before: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The peaks of a tree of `size` leaves, and these before it, with one leaf more."""
    after = [*before, leaf]
    while size & 1:
        right, left = after.pop(), after.pop()
        after.append(node_hash(left, right))
        size >>= 1
    return after


def root(peaks: Sequence[bytes]) -> bytes:
    """The root of the tree that has these peaks (2.1.1)."""
    if not peaks:
        return EMPTY
    *larger, found = peaks
    for each in reversed(larger):
        found = node_hash(each, found)
    return found


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf `index` is among the first `size` (2.1.3.1); 0 <= index < size."""
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash(middle, end, node))
            end = middle
        else:
            path.append(_hash(start, middle, node))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `new` leaves is that of `old` and more behind it (2.1.4.1); 0 <= old <= new."""
    start, end = 0, new
    path: list[bytes] = []
    while 0 < old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_hash(middle, end, node))
            end = middle
        else:
            path.append(_hash(start, middle, node))
            start = middle
    if start:  # else it is the old tree itself, whose root whoever checks has
        path.append(_hash(start, end, node))
    return path[::-1]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf of this hash is number `index` of `size` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, found = index, size - 1, leaf
    for each in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = node_hash(each, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of `new` leaves goes on where that of `old` ended (2.1.4.2)."""
    if old == 0 <= new:
        return not path and old_root == EMPTY
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new or not path:
        return False
    if old & (old - 1) == 0:
        path = [old_root, *path]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    found_old = found_new = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found_old, found_new = node_hash(each, found_old), node_hash(each, found_new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found_new = node_hash(found_new, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found_old == old_root and found_new == new_root


def _hash(start: int, end: int, node: Node) -> bytes:
    """The hash of the leaves from start to end, of a subtree that the RFC's splitting comes upon."""
    size = end - start
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, start // size)
    middle = start + _split(size)
    return node_hash(_hash(start, middle, node), _hash(middle, end, node))


def _split(size: int) -> int:
    """The largest power of two below size."""
    return 1 << (size - 1).bit_length() - 1
