"""The model as a calculator of the Atomic Simulation Environment."""

from __future__ import annotations

from typing import Any

from ase.calculators.calculator import Calculator as _Calculator
from ase.calculators.calculator import all_changes

from . import @CLASS@ as _Model

__all__ = ["Calculator"]


class Calculator(_Calculator):
    """Energies and forces in the units that the model was trained in; ASE takes them as eV and eV/Å."""

    implemented_properties = ["energy", "forces"]

    def __init__(self, weights: Any = None, threads: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.model = _Model(weights, threads)

    def calculate(self, atoms: Any = None, properties: Any = ("energy",), system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        atoms = self.atoms
        periodic = {}
        if atoms.pbc.any():
            periodic = {"@CELL@": atoms.cell.array[None], "@PBC@": atoms.pbc.astype("int64")[None]}
        found = self.model(@SPECIES@=atoms.numbers, @POSITIONS@=atoms.positions, **periodic)
        self.results = {"energy": float(found.energy[0]), "forces": found.forces.astype("float64")}
