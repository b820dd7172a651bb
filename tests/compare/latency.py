"""One call through C beside the same network in PyTorch, in one run on one thread: what a program that calls a model often waits for.

    python tests/compare/latency.py [gdl]        needs torch and e3nn; onnxruntime and onnx if they are there

The models are those of examples/01-digits (one digit) and examples/06-potential (energy and forces of ethanol), trained for one epoch: only time is
compared here, the numbers are compared in the tests. Times are the best of several rounds; ratios are what counts.
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GDL = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "target", "release", "gdl")

MAIN = r"""
#define _POSIX_C_SOURCE 199309L
#include "@NAME@.h"
#include <stdio.h>
#include <time.h>
@DATA@
int main(void) {
  @NAME@_inputs in = {0};
  @NAME@_outputs out = {0};
  @NAME@ *model;
  double best = 1e9;
  int round, call, calls = @CALLS@;
  if (@NAME@_new(GDL_ABI, 1, &model)) return 1;
  @SET@
  for (round = 0; round < 20; round++) {
    struct timespec a, b;
    double t;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (call = 0; call < calls; call++)
      if (@NAME@_forward(model, &in, &out)) { puts(@NAME@_error(model)); return 1; }
    clock_gettime(CLOCK_MONOTONIC, &b);
    t = ((b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec)) / calls;
    if (t < best) best = t;
  }
  printf("%.9f\n", best);
  return 0;
}
"""


def through_c(example, name, data, setup, calls):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(ROOT, "examples", example)
        quiet = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        subprocess.run([GDL, "train", source, "--epochs", "1", "--out", "run"], **quiet)
        subprocess.run([GDL, "build", source, "--weights", "run/best.safetensors", "--emit", "lib", "-o", "dist"], **quiet)
        text = MAIN.replace("@NAME@", name).replace("@DATA@", data).replace("@SET@", setup).replace("@CALLS@", str(calls))
        with open(os.path.join(folder, "main.c"), "w") as file:
            file.write(text)
        subprocess.run(["cc", "-O2", "main.c", "-Idist", "-Ldist", f"-l{name}", "-Wl,-rpath,dist", "-o", "main"], **quiet)
        return float(subprocess.run(["./main"], check=True, capture_output=True, cwd=folder).stdout)


def best(call, calls):
    for _ in range(calls):
        call()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


class Digits(torch.nn.Module):
    """The digits network with its kernels expanded over the group, as steerable networks are exported: 8 components a field."""

    def __init__(self):
        super().__init__()
        conv = lambda a, b: torch.nn.Conv2d(a, b, 3, padding=1)
        self.front = torch.nn.Sequential(
            conv(1, 128), torch.nn.BatchNorm2d(128), torch.nn.ReLU(),
            conv(128, 192), torch.nn.BatchNorm2d(192), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            conv(192, 256), torch.nn.BatchNorm2d(256), torch.nn.ReLU(),
        )
        self.back = torch.nn.Sequential(torch.nn.Linear(32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))

    def forward(self, x):
        x = self.front(x).mean(dim=(2, 3)).reshape(-1, 32, 8)
        return self.back(x.amax(dim=2))


def potential():
    """The potential with the layers of e3nn: depthwise tensor products with weights from a network of the distance, linear maps and gates."""
    from e3nn import nn, o3

    harmonics = o3.Irreps("0e + 1o + 2e")
    wide = o3.Irreps("16x0e + 16x1o + 16x2e")
    silu = torch.nn.functional.silu

    class Interaction(torch.nn.Module):
        def __init__(self, irreps):
            super().__init__()
            out, instructions = [], []
            for i, (mul, a) in enumerate(irreps):
                for j, (_, b) in enumerate(harmonics):
                    for c in a * b:
                        if c in wide:
                            instructions.append((i, j, len(out), "uvu", True))
                            out.append((mul, c))
            out = o3.Irreps(out)
            sort, order, _ = out.sort()
            instructions = [(i, j, order[k], mode, train) for i, j, k, mode, train in instructions]
            self.product = o3.TensorProduct(irreps, harmonics, sort, instructions, shared_weights=False, internal_weights=False)
            self.radial = nn.FullyConnectedNet([8, 64, 64, self.product.weight_numel], silu)
            self.gate = nn.Gate("16x0e", [silu], "32x0e", [torch.sigmoid], "16x1o + 16x2e")
            self.linear = o3.Linear((sort + irreps).simplify(), self.gate.irreps_in)

        def forward(self, h, r, y, src, dst):
            messages = self.product(h[src], y, self.radial(r))
            summed = torch.zeros(h.shape[0], messages.shape[1]).index_add_(0, dst, messages)
            return self.gate(self.linear(torch.cat([summed / 2.8, h], dim=1)))

    class Potential(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(3, 16)
            self.first = Interaction(o3.Irreps("16x0e"))
            self.second = Interaction(wide)
            self.head = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.SiLU(), torch.nn.Linear(16, 1))

        def forward(self, z, pos):
            apart = torch.cdist(pos.detach(), pos.detach()) + 10 * torch.eye(len(pos))
            src, dst = torch.nonzero(apart < 4.0, as_tuple=True)
            return self.on(z, pos, src, dst)

        def on(self, z, pos, src, dst):
            """With these neighbours."""
            pos = pos.detach().requires_grad_(True)
            vec = pos[src] - pos[dst]
            d = vec.norm(dim=1, keepdim=True)
            n = torch.arange(1, 9)
            u = d / 4.0
            r = (0.5**0.5) * torch.sin(n * torch.pi * u) / d * (1 - 28 * u**6 + 48 * u**7 - 21 * u**8)
            y = o3.spherical_harmonics(harmonics, vec, True, "component")
            h = self.second(self.first(self.embed(z), r, y, src, dst), r, y, src, dst)
            energy = self.head(h[:, :16]).sum()
            return energy, -torch.autograd.grad(energy, pos)[0]

    return Potential()


def onnx_runtime(model, x):
    import io

    import onnxruntime

    buffer = io.BytesIO()
    torch.onnx.export(model, (x,), buffer, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(buffer.getvalue(), options)
    name, array = session.get_inputs()[0].name, x.numpy()
    return lambda: session.run(None, {name: array})


def show(what, own, others):
    print(f"{what}: one call through C {1e6 * own:.0f} us")
    for name, seconds in others:
        print(f"  {name}: {1e6 * seconds:.0f} us, {seconds / own:.1f} times that")


def main():
    torch.set_num_threads(1)
    own = through_c(
        "01-digits/digits.gdl", "digits", "static float x[64], y[10];",
        "in.x = gdl_array_of(x, GDL_F32, 3, 1, 8, 8, 0); out.output = gdl_array_of(y, GDL_F32, 2, 1, 10, 0, 0);", 50,
    )
    digits, x = Digits().eval(), torch.zeros(1, 1, 8, 8)
    with torch.no_grad():
        others = [("PyTorch", best(lambda: digits(x), 50))]
        traced = torch.jit.freeze(torch.jit.trace(digits, x))
        others.append(("PyTorch, traced and frozen", best(lambda: traced(x), 50)))
        try:
            others.append(("ONNX Runtime", best(onnx_runtime(digits, x), 50)))
        except ImportError:
            print("ONNX Runtime is not there")
    show("a digit", own, others)

    data = np.load(os.path.join(ROOT, "examples", "06-potential", "ethanol.npz"))
    pos, numbers = data["positions"][0], data["numbers"].astype(int)
    listed = lambda values: ", ".join(str(v) for v in values)
    own = through_c(
        "06-potential/potential.gdl", "potential",
        f"static float pos[] = {{{listed(pos.ravel())}}}, e[1], f[27];\nstatic int64_t z[] = {{{listed(numbers)}}};",
        "in.z = gdl_array_of(z, GDL_I64, 1, 9, 0, 0, 0); in.m_pos = gdl_array_of(pos, GDL_F32, 2, 9, 3, 0, 0);"
        " out.energy = gdl_array_of(e, GDL_F32, 1, 1, 0, 0, 0); out.forces = gdl_array_of(f, GDL_F32, 2, 9, 3, 0, 0);", 20,
    )
    model = potential()
    z = torch.tensor([{1: 0, 6: 1, 8: 2}[n] for n in numbers])
    where = torch.tensor(pos)
    show("energy and forces of ethanol", own, [("PyTorch and e3nn", best(lambda: model(z, where), 20))])


if __name__ == "__main__":
    main()
