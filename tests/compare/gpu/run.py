"""Five programs on a GPU beside the same in PyTorch on the same card, in one run: a matrix product, a p4m network, a Transformer block, graph
attention on 10^5 edges, and energy and forces of 32,768 atoms (fewer
where these need a larger array than the device has, which is said).

    python tests/compare/gpu/run.py [--cpu | --small] [--device NAME] [--gdl PATH] [SUBJECT ...]

Times of gdl are those of the device's own clock (`gdl bench --backend wgsl`), those of PyTorch of CUDA events; both leave out what the host does. Fractions are of what
shaders reach on registers alone and on long arrays, measured in the same run. PyTorch needs a card that CUDA or ROCm knows, and the potential e3nn; what is missing is
said and left out.

`--cpu` compares machine code with PyTorch on the processor, on all its cores, with smaller sizes: there a call is what is timed. On a software device nothing is measured
that says anything of a GPU: there `--small` shows that everything runs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not installed: pip install numpy; and torch, e3nn and scipy for the comparison")

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))


# Rows of the product; pictures and their sides; texts and their lengths; nodes and edges; atoms along an edge of the box, as many as the largest array of the
# device has room for.
SIZES = {
    "gpu": {"product": 4096, "p4m": (16, 64), "transformer": (16, 512), "gat": (10_000, 100_000), "potential": [32, 26, 20, 16, 12, 8]},
    "cpu": {"product": 512, "p4m": (2, 64), "transformer": (2, 512), "gat": (10_000, 100_000), "potential": [8]},
    "small": {"product": 64, "p4m": (1, 8), "transformer": (1, 16), "gat": (100, 1000), "potential": [3]},
}


class TooLarge(Exception):
    """The device has no array as large as the batch needs; the message says how large."""


def data(subject, size, side):
    """The arrays of a subject: random, the same in every run."""
    rng = np.random.default_rng(0)
    real = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    if subject == "product":
        return {"x": real(1, size, 4096)}
    if subject == "p4m":
        count, n = size
        return {"x": real(count, n, n, 128)}
    if subject == "transformer":
        return {"x": real(*size, 512)}
    if subject == "gat":
        nodes, edges = size
        return {"x": real(1, nodes, 64), "edges": rng.integers(0, nodes, (edges, 2))}
    # Atoms on a cubic lattice, moved a little: about 17 neighbours each.
    at = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(1, -1, 3)
    positions = 2.4 * at + 0.1 * rng.standard_normal(at.shape)
    return {"positions": positions.astype(np.float32), "numbers": np.array([1, 6, 8])[np.arange(side**3) % 3]}


def own(gdl, subject, arrays, backend, device):
    """What `gdl bench` says of the program on these arrays."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"{subject}.npz")
        np.savez(path, **arrays)
        command = [gdl, "bench", os.path.join(HERE, f"{subject}.gdl"), "--input", path, "--part", "forward", "--backend", backend, "--json"]
        command += ["--seconds", "0.5"] + (["--device", device] if device else [])
        done = subprocess.run(command, capture_output=True, text=True)
    said = done.stderr + done.stdout
    if "use smaller batches" in said:
        raise TooLarge(said[said.index("the batch needs") : said.index(": use smaller batches")])
    if done.returncode != 0:
        sys.exit(f"{subject}: gdl failed\n{done.stderr}{done.stdout}")
    report = json.loads(done.stdout)
    return report["machine"][-1], report["results"][0]


def peer(subject, arrays, torch, where):
    """The same in PyTorch on this device, as a call."""
    put = lambda name: torch.from_numpy(np.asarray(arrays[name])).to(where)
    if subject == "product":
        layer, x = torch.nn.Linear(4096, 4096).to(where), put("x")
        return lambda: layer(x)
    if subject == "p4m":
        # The kernels expanded over the group, as steerable networks are exported.
        conv = lambda: torch.nn.Conv2d(128, 128, 3, padding=1)
        net = torch.nn.Sequential(conv(), torch.nn.ReLU(), conv(), torch.nn.ReLU(), conv()).to(where).to(memory_format=torch.channels_last)
        x = put("x").permute(0, 3, 1, 2)
        return lambda: net(x)
    if subject == "transformer":
        block = torch.nn.TransformerEncoderLayer(512, 8, 2048, 0.0, "gelu", batch_first=True, norm_first=True).to(where).eval()
        x = put("x")
        return lambda: block(x)
    if subject == "gat":
        return gat(put("x")[0], put("edges"), torch, where)
    sys.path.insert(0, os.path.dirname(HERE))
    from latency import potential

    torch.set_default_device(where)
    model = potential()
    z = torch.from_numpy(np.searchsorted([1, 6, 8], arrays["numbers"])).to(where)
    pos, pairs = put("positions")[0], pairs_of(arrays["positions"][0])
    src, dst = (torch.from_numpy(k).to(where) for k in pairs)
    return lambda: model.on(z, pos, src, dst)


def gat(x, edges, torch, where):
    """GATConv of PyTorch Geometric, written out: 8 heads of 8 numbers."""
    src, dst = edges[:, 0], edges[:, 1]
    weight = torch.nn.Linear(64, 64, bias=False).to(where)
    from_, to = (torch.randn(8, 8, device=where) for _ in range(2))

    def call():
        h = weight(x).view(-1, 8, 8)
        score = torch.nn.functional.leaky_relu((h * from_).sum(-1)[src] + (h * to).sum(-1)[dst], 0.2)
        most = torch.full((len(x), 8), -torch.inf, device=where).scatter_reduce_(0, dst[:, None].expand(-1, 8), score, "amax")
        share = torch.exp(score - most[dst])
        total = torch.zeros(len(x), 8, device=where).index_add_(0, dst, share)
        return torch.zeros_like(h).index_add_(0, dst, (share / total[dst])[..., None] * h[src])

    return call


def pairs_of(positions):
    """Pairs of atoms that are nearer than the cutoff."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(positions).query_pairs(4.0, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 1], kind="stable")]
    return both[:, 0].copy(), both[:, 1].copy()


def milliseconds(call, torch, where):
    for _ in range(5):
        call()
    best = float("inf")
    if where == "cpu":
        for _ in range(20):
            start = time.perf_counter()
            call()
            best = min(best, 1e3 * (time.perf_counter() - start))
        return best
    for _ in range(20):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        torch.cuda.synchronize()
        best = min(best, start.elapsed_time(end))
    return best


def pytorch(on_cpu):
    """PyTorch and its device. None if there is none."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: gdl is measured alone")
        return None, None
    if on_cpu:
        torch.set_num_threads(os.cpu_count())
        return torch, "cpu"
    if not torch.cuda.is_available():
        print("PyTorch finds no card: gdl is measured alone")
        return None, None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return torch, "cuda"


def measured(subject, options):
    """What is measured of a subject, with its arrays; of the potential, in the largest box that fits."""
    size = SIZES["cpu" if options.cpu else "small" if options.small else "gpu"][subject]
    backend = "cranelift" if options.cpu else "wgsl"
    for side in size if subject == "potential" else [None]:
        arrays = data(subject, size, side)
        try:
            return arrays, *own(options.gdl, subject, arrays, backend, options.device)
        except TooLarge as refused:
            print(f"{subject:12} {side**3} atoms: {refused}" if side else f"{subject:12} {refused}", flush=True)
    return None, None, None


def main():
    known = ["product", "p4m", "transformer", "gat", "potential"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"some of {', '.join(known)} [default: all]")
    parser.add_argument("--cpu", action="store_true", help="machine code on the processor")
    parser.add_argument("--small", action="store_true", help="sizes for a software device")
    parser.add_argument("--device", help="the GPU, as `gdl devices` lists it")
    parser.add_argument("--gdl", default=os.path.join(ROOT, "target", "release", "gdl"))
    options = parser.parse_args()
    unknown = [s for s in options.subjects if s not in known]
    if unknown:
        parser.error(f"there is no subject {unknown[0]}; there are: {', '.join(known)}")
    if not os.path.isfile(options.gdl):
        sys.exit(f"there is no gdl at {options.gdl}: build it, `cargo build --release`, or say where it is, `--gdl PATH`")
    listed = subprocess.run([options.gdl, "devices"], capture_output=True, text=True).stdout
    if not (options.cpu or options.small) and all("(software" in line for line in listed.splitlines()):
        sys.exit(f"There is no GPU here, only\n{listed}Nothing is measured; --cpu compares on the processor, --small tries the programs on a software device.")
    torch, where = pytorch(options.cpu or options.small)
    print(f"{'':12} {'gdl ms':>9} {'GFLOP/s':>9} {'of peak':>8} {'GB/s':>8} {'of peak':>8} {'PyTorch ms':>11} {'times':>7}")
    machine = None
    for subject in options.subjects or known:
        arrays, found, t = measured(subject, options)
        if t is None:
            continue
        machine = found
        line = f"{subject:12} {t['ms']:9.3f} {t['gflops_per_s']:9.1f} {t['of_peak']:8.1%} {t['gb_per_s']:8.1f} {t['of_bandwidth']:8.1%}"
        if torch:
            try:
                with torch.set_grad_enabled(subject == "potential"):
                    ms = milliseconds(peer(subject, arrays, torch, where), torch, where)
                line += f" {ms:11.3f} {ms / t['ms']:7.2f}"
            except ImportError as missing:
                line += f"  {missing.name} is not installed"
        print(line, flush=True)
    if machine:
        print(f"on {machine['name']}: {machine['f32_gflops_per_s']:.0f} GFLOP/s on registers, {machine['gb_per_s']:.0f} GB/s on long arrays")


if __name__ == "__main__":
    main()
