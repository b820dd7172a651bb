"""The dynamics of md.c, driven by ASE.

    pip install ./potential-py ase && python md.py 1000
"""

import sys

from ase import Atoms, units
from ase.md.verlet import VelocityVerlet
from potential.ase import Calculator

POSITIONS = [
    (0.879097, -0.067032, 0.054151),
    (-0.488574, 0.359509, 0.254822),
    (-1.46276, -0.008172, -0.780351),
    (-1.65589, -0.928449, -0.540374),
    (-0.687139, -0.222694, 1.191832),
    (-0.536228, 1.359368, 0.005784),
    (1.657112, 0.401199, 0.672047),
    (1.008207, -1.147899, 0.083561),
    (1.286175, 0.25417, -0.941472),
]
MASSES = {6: 12.011, 8: 15.999, 1: 1.008}

atoms = Atoms(numbers=[6, 6, 8, 1, 1, 1, 1, 1, 1], positions=POSITIONS)
atoms.set_masses([MASSES[n] for n in atoms.numbers])
atoms.calc = Calculator()
before = atoms.get_total_energy()
dynamics = VelocityVerlet(atoms, timestep=0.5 * units.fs)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
dynamics.run(steps)
change = atoms.get_total_energy() - before
print(f"{steps} steps of 0.5 fs: the total energy changed by {change:.2e} eV", file=sys.stderr)
for row in atoms.positions:
    print(*(f"{x:.12f}" for x in row))
