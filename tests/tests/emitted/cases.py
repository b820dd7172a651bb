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

#: Real inputs by which can be differentiated.
REALS = {"x", "member", "v", "charge", "m_pos", "height", "w", "source"}


def slope(model, arrays, outputs):
    """The derivative of random multiples of all outputs along a random direction, by the gradients and by a central difference."""
    rng = np.random.default_rng(1)
    cotangents = {k: rng.normal(size=o.shape) for k, o in outputs._asdict().items()}
    inputs = {k: np.asarray(a, dtype="f8") for k, a in arrays.items() if k in REALS}
    if "m_faces" in arrays:
        del inputs["m_pos"]
    weights = model.parameters()
    there = {k: rng.normal(size=a.shape) for k, a in {**inputs, **weights}.items()}
    found = model.gradient(cotangents, wrt=list(inputs), parameters=True, **{**arrays, **inputs})
    assert found.keys() == there.keys(), (found.keys(), there.keys())

    def value(t):
        for path, w in weights.items():
            model.set_parameter(path, w + t * there[path])
        moved = {k: a + t * there[k] for k, a in inputs.items()}
        return sum(np.sum(c * o) for c, o in zip(cotangents.values(), model(**{**arrays, **moved})))

    step = 1e-7
    return sum(np.sum(found[k] * there[k]) for k in found), (value(step) - value(-step)) / (2 * step)


module, kind, arrays = CASES[name]()
model = getattr(importlib.import_module(module), kind)()
outputs = model(**arrays)
np.savez(results, **outputs._asdict())
exact, difference = slope(model, arrays, outputs)
assert abs(exact - difference) < 1e-5 * abs(difference), (exact, difference)
