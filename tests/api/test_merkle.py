import hashlib
from base64 import b64decode
from collections.abc import Sequence

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.api.record import merkle

# The inputs and roots that implementations of RFC 6962 and 9162 are tested with, from certificate-transparency.
INPUTS = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaves = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def node_of(entries: Sequence[bytes]) -> merkle.Node:
    """By the definition (RFC 9162, 2.1.1), on the leaves themselves."""

    def node(level: int, place: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(entries[place])
        return merkle.node_hash(node(level - 1, 2 * place), node(level - 1, 2 * place + 1))

    return node


def root_of(entries: Sequence[bytes]) -> bytes:
    peaks: list[bytes] = []
    for index, entry in enumerate(entries):
        peaks = merkle.grown(peaks, index, merkle.leaf_hash(entry))
    return merkle.root(peaks)


def peer_of(entries: Sequence[bytes]) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    return tree


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert root_of(INPUTS[:size]).hex() == ROOTS[size - 1]


def test_proofs_are_those_of_the_example_in_the_rfc() -> None:
    # RFC 9162, 2.1.5: the tree of seven leaves a..., and the names that it gives to nodes
    d = [bytes([n]) for n in range(7)]
    node = node_of(d)
    a, b, c, e, f, j = (node(0, n) for n in (0, 1, 2, 4, 5, 6))
    dd, g, h, i = node(0, 3), node(1, 0), node(1, 1), node(1, 2)
    k, leaf = node(2, 0), merkle.node_hash(i, j)
    assert merkle.inclusion(0, 7, node) == [b, h, leaf]
    assert merkle.inclusion(3, 7, node) == [c, g, leaf]
    assert merkle.inclusion(4, 7, node) == [f, j, k]
    assert merkle.inclusion(6, 7, node) == [i, k]
    assert merkle.consistency(3, 7, node) == [c, dd, g, leaf]
    assert merkle.consistency(4, 7, node) == [leaf]
    assert merkle.consistency(6, 7, node) == [i, j, k]
    assert len({a, b, c, dd, e, f, j, g, h, i, k, leaf}) == 12


@given(leaves)
def test_every_root_is_that_of_another_implementation(entries: list[bytes]) -> None:
    peer = peer_of(entries)
    for size in range(1, len(entries) + 1):
        assert root_of(entries[:size]) == peer.get_root(size)


@given(leaves, st.data())
def test_inclusion_is_proven_as_another_implementation_proves_it(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, node_of(entries))
    peer = peer_of(entries).prove_inclusion(index + 1, size)
    assert path == peer.path[1:]  # whose first is the leaf itself
    root, leaf = root_of(entries[:size]), merkle.leaf_hash(entries[index])
    assert merkle.included(leaf, index, size, path, root)
    pymerkle.verify_inclusion(leaf, root, peer)


@given(leaves, st.data())
def test_consistency_is_proven_and_holds_for_another_implementation(entries: list[bytes], data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(entries)))
    old = data.draw(st.integers(0, new))
    path = merkle.consistency(old, new, node_of(entries))
    roots = root_of(entries[:old]), root_of(entries[:new])
    assert merkle.consistent(old, new, *roots, path)
    if 0 < old < new:
        peer = peer_of(entries).prove_consistency(old, new)
        pymerkle.verify_consistency(*roots, peer)


@given(leaves, st.data())
def test_a_proof_that_was_changed_anywhere_does_not_hold(entries: list[bytes], data: st.DataObject) -> None:
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    node, root, leaf = node_of(entries), root_of(entries), merkle.leaf_hash(entries[index])
    path = merkle.inclusion(index, size, node)
    assert not merkle.included(merkle.leaf_hash(entries[index] + b"x"), index, size, path, root)
    assert not merkle.included(leaf, size, size, path, root)
    assert not merkle.included(leaf, -1, size, path, root)
    for broken in damaged(path, data):
        assert not merkle.included(leaf, index, size, broken, root)
    path = merkle.consistency(old, size, node)
    old_root = root_of(entries[:old])
    assert not merkle.consistent(old, size, old_root, b"\0" * 32, path)
    assert not merkle.consistent(old, size, b"\0" * 32, root, path)
    for broken in damaged(path, data):
        assert not merkle.consistent(old, size, old_root, root, broken)


def damaged(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    longer = [*path, b"\1" * 32]
    if not path:
        return [longer]
    place = data.draw(st.integers(0, len(path) - 1))
    other = bytes([path[place][0] ^ 1]) + path[place][1:]
    return [longer, path[:-1], [*path[:place], other, *path[place + 1 :]]]


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2), (1, -1)])
def test_sizes_that_cannot_be_prove_nothing(old: int, new: int) -> None:
    root = b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert not merkle.consistent(old, new, root, root, [root])
