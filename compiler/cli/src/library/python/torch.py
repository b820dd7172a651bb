"""The model as a function of torch tensors that can be differentiated with respect to its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from . import _ARGUMENTS, _OUTPUTS, Outputs, @CLASS@ as _Model, _inputs

__all__ = ["@CLASS@"]


class _Call(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, model: Any, names: Any, *tensors: Any) -> Any:
        ctx.model, ctx.names = model, names
        ctx.save_for_backward(*tensors)
        found = model._forward(_arrays(names, tensors))
        return tuple(torch.from_numpy(array) for array in found.values())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *cotangents: Any) -> Any:
        tensors = ctx.saved_tensors
        needed = [name for name, needs in zip(ctx.names, ctx.needs_input_grad[2:]) if needs]
        seeds = {name: _array(c) for name, c in zip(_OUTPUTS, cotangents) if c is not None}
        found = ctx.model._gradient(_arrays(ctx.names, tensors), seeds, needed, False)
        return (None, None, *(torch.from_numpy(found[name]) if name in found else None for name in ctx.names))


def _array(tensor: Any) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _arrays(names: Any, tensors: Any) -> Any:
    return _inputs({name: _array(t) for name, t in zip(names, tensors)})


class @CLASS@(torch.nn.Module):
    """Called like the model itself, with tensors; its weights are constants."""

    def __init__(self, weights: Any = None, threads: int = 1):
        super().__init__()
        self.model = _Model(weights, threads)

    def forward(self, **inputs: Any) -> Outputs:
        unknown = set(inputs) - set(_ARGUMENTS)
        if unknown:
            raise TypeError(f"there are no inputs {sorted(unknown)}")
        given = {name: torch.as_tensor(x) for name, x in inputs.items() if x is not None}
        return Outputs(*_Call.apply(self.model, tuple(given), *given.values()))
