"""Calls the package of an example on a fold of its data: cases.py EXAMPLE DATA FOLD RESULTS."""

import importlib
import sys

import numpy as np

name, path, fold, results = sys.argv[1:]
data = np.load(path)


def offsets(count, size):
    return np.arange(count + 1) * size


def dense(matrices):
    """Edges of all samples, by destination, then source, and their weights."""
    sample, source, target = np.nonzero(matrices)
    order = np.lexsort((source, target, sample))
    sample, source, target = sample[order], source[order], target[order]
    first = sample * matrices.shape[1]
    return np.stack([first + source, first + target], axis=1), matrices[sample, source, target]


def group(array):
    return data[f"{fold}.{array}"]


def digits():
    return "digits", "Digits", dict(x=data["images"][data[fold]][..., None] / 16)


def sets():
    return "sum", "Sum", dict(card=group("digits"), pile_ptr=group("ptr"))


def karate():
    edges, _ = dense(data["A"])
    return "karate", "Karate", dict(member=data["member"].reshape(-1, 34), g_edges=edges)


def transformer():
    return "reverse", "Reverse", dict(word=group("word"), s_ptr=group("ptr"))


def bodies():
    ids = data[fold]
    count = len(ids)
    pos, vel, charge = (data[k][ids] for k in ("pos", "vel", "charge"))
    edges, _ = dense(np.broadcast_to(1 - np.eye(5), (count, 5, 5)))
    return (
        "particles",
        "Particles",
        dict(
            v=vel.reshape(-1, 3),
            charge=charge.reshape(-1, 1).astype("f4"),
            m_pos=pos.reshape(-1, 3),
            m_edges=edges,
            m_ptr=offsets(count, 5),
        ),
    )


def potential():
    ids = data[fold]
    pos = data["positions"][ids].reshape(-1, 3)
    return "potential", "Potential", dict(z=np.tile(data["numbers"], len(ids)), m_pos=pos, m_ptr=offsets(len(ids), 9))


def mesh():
    ids = data[fold]

    def rows(array, ptr):
        parts = [data[array][data[ptr][k] : data[ptr][k + 1]] for k in ids]
        return np.concatenate(parts), np.cumsum([0] + [len(p) for p in parts])

    verts, verts_ptr = rows("verts", "verts_ptr")
    faces, faces_ptr = rows("faces", "faces_ptr")
    height, _ = rows("height", "verts_ptr")
    return (
        "slope",
        "Slope",
        dict(height=height[:, None], m_pos=verts, m_faces=faces, m_ptr=verts_ptr, m_faces_ptr=faces_ptr),
    )


def paths():
    matrices, source = group("A"), group("source")
    count, size = matrices.shape[:2]
    edges, w = dense(matrices)
    start = np.zeros((count, size))
    start[np.arange(count), source] = 1
    return (
        "distances",
        "Distances",
        dict(w=w[:, None], source=start.reshape(-1, 1), g_edges=edges, g_ptr=offsets(count, size)),
    )


CASES = {
    "01-digits": digits,
    "02-sets": sets,
    "03-karate": karate,
    "04-transformer": transformer,
    "05-egnn": bodies,
    "06-potential": potential,
    "07-mesh": mesh,
    "08-bellman-ford": paths,
}

module, model, arrays = CASES[name]()
outputs = getattr(importlib.import_module(module), model)()(**arrays)
np.savez(results, **outputs._asdict())
