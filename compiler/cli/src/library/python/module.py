"""@DOC@"""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Mapping, NamedTuple, Optional

import numpy as np

__all__ = ["@CLASS@", "Outputs", "Error", "MANIFEST"]

_ABI = 1
_MAX_AXES = 8
_DTYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 4, "uint8": 5}
_NAMES = {number: name for name, number in _DTYPES.items()}


class _Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("shape", ctypes.c_int64 * _MAX_AXES),
        ("strides", ctypes.c_int64 * _MAX_AXES),
    ]


class Error(RuntimeError):
    """A call that failed: `status` is its code, the text says which argument is wrong and why."""

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib@NAME@.so"))
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures = {
        "new": (ctypes.c_int32, [ctypes.c_uint32, ctypes.c_uint32, pointer]),
        "free": (None, [pointer]),
        "error": (text, [pointer]),
        "manifest": (text, [pointer]),
        "load": (ctypes.c_int32, [pointer, text]),
        "save": (ctypes.c_int32, [pointer, text]),
        "get_parameter": (ctypes.c_int32, [pointer, text, pointer]),
        "set_parameter": (ctypes.c_int32, [pointer, text, pointer]),
        "describe": (ctypes.c_int32, [pointer, pointer, pointer]),
        "forward": (ctypes.c_int32, [pointer, pointer, pointer]),
        "gradient": (ctypes.c_int32, [pointer, pointer, pointer, pointer, pointer]),
        "train": (ctypes.c_int32, [pointer, pointer, pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, "@NAME@_" + name, None)
        if function is None:
            continue  # built without it
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


def _function(name: str) -> Any:
    return getattr(_library, "@NAME@_" + name)


def _numpy(value: Any) -> np.ndarray:
    """An array of a supported type, without a copy where that is possible."""
    if not isinstance(value, np.ndarray) and hasattr(value, "__dlpack__"):
        value = np.from_dlpack(value)
    array = np.asarray(value)
    if array.dtype.name in _DTYPES:
        return array
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64, casting="same_kind")


def _describe(raw: _Array, array: Optional[np.ndarray]) -> None:
    if array is None:
        return
    if array.ndim > _MAX_AXES:
        raise ValueError(f"an array has {array.ndim} axes, more than {_MAX_AXES}")
    if any(step % array.itemsize for step in array.strides):
        raise ValueError("the strides of an array are not whole elements: make a copy of it")
    raw.data = array.ctypes.data
    raw.dtype = _DTYPES[array.dtype.name]
    raw.ndim = array.ndim
    raw.shape[: array.ndim] = array.shape
    raw.strides[: array.ndim] = [step // array.itemsize for step in array.strides]


def _empty(raw: _Array) -> np.ndarray:
    """An array as a call described it."""
    return np.empty(tuple(raw.shape[: raw.ndim]), dtype=_NAMES[raw.dtype])


class Outputs(NamedTuple):
    """The results of a call."""

@OUTPUTS@


class @CLASS@:
    """@DOC@

    @USE@
    """

    def __init__(self, weights: Optional[str] = None, threads: int = 1):
        """Makes the model ready, with the weights of a .safetensors file where they are not built in."""
        self._handle: Any = ctypes.c_void_p()
        status = _function("new")(_ABI, threads, ctypes.byref(self._handle))
        self._check(status)
        if weights is not None:
            self.load(weights)

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle:
            _function("free")(handle)

    def _check(self, status: int) -> None:
        if status != 0:
            raise Error(status, _function("error")(self._handle).decode())

    @property
    def manifest(self) -> dict:
        """What the model is: inputs, outputs, representations, certificate, licences."""
        return json.loads(_function("manifest")(self._handle).decode())

    def load(self, path: str) -> None:
        """Takes the weights from a .safetensors file; those of another model are refused."""
        self._check(_function("load")(self._handle, os.fsencode(path)))

    def save(self, path: str) -> None:
        """Writes the weights to a .safetensors file, which `gdl run` and `gdl train` read too."""
        self._check(_function("save")(self._handle, os.fsencode(path)))

    def parameters(self) -> dict[str, np.ndarray]:
        """Copies of all learned arrays, by their paths."""
        return {p["name"]: self._parameter(p["name"]) for p in MANIFEST["library"]["parameters"]}

    def _parameter(self, path: str) -> np.ndarray:
        raw = _Array()
        self._check(_function("get_parameter")(self._handle, path.encode(), ctypes.byref(raw)))
        array = _empty(raw)
        _describe(raw, array)
        self._check(_function("get_parameter")(self._handle, path.encode(), ctypes.byref(raw)))
        return array

    def set_parameter(self, path: str, value: Any) -> None:
        """Replaces a learned array."""
        raw, array = _Array(), _numpy(value)
        _describe(raw, array)
        self._check(_function("set_parameter")(self._handle, path.encode(), ctypes.byref(raw)))

    def __call__(
        self,
        *,
@ARGUMENTS@
    ) -> Outputs:
        """The outputs.

@DESCRIBED@
        """
        return Outputs(*self._forward(_inputs(locals())).values())

    def _forward(self, arrays: Mapping[str, Optional[np.ndarray]]) -> dict[str, np.ndarray]:
        inputs = _raw(_ARGUMENTS, arrays)
        outputs = (_Array * len(_OUTPUTS))()
        self._check(_function("describe")(self._handle, inputs, outputs))
        results = {name: _empty(raw) for name, raw in zip(_OUTPUTS, outputs)}
        for raw, array in zip(outputs, results.values()):
            _describe(raw, array)
        self._check(_function("forward")(self._handle, inputs, outputs))
        return results

    def gradient(
        self, cotangents: Mapping[str, Any], wrt: Optional[list[str]] = None, parameters: bool = False, **inputs: Any
    ) -> dict[str, np.ndarray]:
        """The gradients of the sum of cotangents times outputs.

        `cotangents` by the names of outputs, `wrt` the inputs they are wanted for (default: all of real numbers that are given), `parameters`
        whether those of the learned arrays are wanted too, `inputs` as for a call. Gradients of parameters have their paths as names.
        """
        unknown = set(inputs) - set(_ARGUMENTS)
        if unknown:
            raise TypeError(f"there are no inputs {sorted(unknown)}")
        arrays = _inputs(inputs)
        return self._gradient(arrays, {name: _numpy(c) for name, c in cotangents.items()}, wrt, parameters)

    def _gradient(
        self,
        arrays: Mapping[str, Optional[np.ndarray]],
        cotangents: Mapping[str, np.ndarray],
        wrt: Optional[list[str]],
        parameters: bool,
    ) -> dict[str, np.ndarray]:
        given = _raw(_ARGUMENTS, arrays)
        if wrt is None:
            wrt = [name for name, array in arrays.items() if array is not None and array.dtype.kind == "f"]
        results: dict[str, np.ndarray] = {}
        wanted = (_Array * len(_ARGUMENTS))()
        for name in wrt:
            array = arrays.get(name)
            if array is None:
                raise ValueError(f"there is no gradient for `{name}`: it is not given")
            results[name] = np.empty(array.shape, dtype=array.dtype)
            _describe(wanted[list(_ARGUMENTS).index(name)], results[name])
        learned = None
        if parameters:
            names = MANIFEST["library"]["parameters"]
            learned = (_Array * len(names))()
            for raw, p in zip(learned, names):
                results[p["name"]] = np.empty(p["shape"], dtype=_REAL)
                _describe(raw, results[p["name"]])
        unknown = set(cotangents) - set(_OUTPUTS)
        if unknown:
            raise TypeError(f"there are no outputs {sorted(unknown)}")
        seeds = _raw(_OUTPUTS, cotangents)
        self._check(_function("gradient")(self._handle, given, seeds, wanted, learned))
        return results

    def train(self, *, step: int = 0, steps: int = 1, epoch: int = 1, **batch: Any) -> dict[str, float]:
        """One step of training on a batch, by the optimiser of the model's `train` block: the weights change.

        `step` counts from 0 among `steps`, of which `epoch` are one pass over the data: the learning rate is scheduled by them. `batch` holds
        the inputs of a call and the targets. Gives the loss and the metrics of the batch before the step.
        """
        training = MANIFEST["library"]["training"]
        if training is None:
            raise Error(5, "the library was built without a training step: see `gdl build --with`")
        names = [a["field"] for a in training["arguments"]]
        unknown = set(batch) - set(names)
        if unknown:
            raise TypeError(f"the training takes no {sorted(unknown)}, but {names}")
        raws = _raw(names, {name: _numpy(value) for name, value in batch.items() if value is not None})
        progress = (ctypes.c_uint64 * 3)(step, steps, epoch)
        scores = (ctypes.c_double * len(training["scores"]))()
        self._check(_function("train")(self._handle, raws, progress, scores))
        return dict(zip(training["scores"], scores))


def _inputs(given: Mapping[str, Any]) -> dict[str, Optional[np.ndarray]]:
    return {name: None if given.get(name) is None else _numpy(given[name]) for name in _ARGUMENTS}


def _raw(names: Any, arrays: Mapping[str, Optional[np.ndarray]]) -> Any:
    raws = (_Array * len(names))()
    for raw, name in zip(raws, names):
        _describe(raw, arrays.get(name))
    return raws


#: What the model is: inputs, outputs, representations, certificate, licences.
MANIFEST: dict = json.loads(@MANIFEST@)
_ARGUMENTS = tuple(a["field"] for a in MANIFEST["library"]["arguments"])
_OUTPUTS = tuple(o["field"] for o in MANIFEST["library"]["outputs"])
_REAL = np.dtype("float64" if MANIFEST["dtype"] == "f64" else "float32")
