/* Molecular dynamics of ethanol with a compiled potential: velocity Verlet, no other dependency than the library.
 *
 *   cc -std=c99 -O2 md.c -Idist -Ldist -lpotential -lm -o md && LD_LIBRARY_PATH=dist ./md 1000
 */
#include <stdio.h>
#include <stdlib.h>

#include "potential.h"

#define ATOMS 9

/* One femtosecond, in the unit of time that goes with eV, Angstrom and atomic mass units. */
static const double FEMTOSECOND = 0.09822694788464063;

static const int64_t numbers[ATOMS] = {6, 6, 8, 1, 1, 1, 1, 1, 1};

static double positions[ATOMS][3] = {
    {0.879097, -0.067032, 0.054151},  {-0.488574, 0.359509, 0.254822}, {-1.46276, -0.008172, -0.780351},
    {-1.65589, -0.928449, -0.540374}, {-0.687139, -0.222694, 1.191832}, {-0.536228, 1.359368, 0.005784},
    {1.657112, 0.401199, 0.672047},   {1.008207, -1.147899, 0.083561}, {1.286175, 0.25417, -0.941472}};

static double mass(int64_t number) { return number == 1 ? 1.008 : number == 6 ? 12.011 : 15.999; }

int main(int argc, char **argv) {
  const int steps = argc > 1 ? atoi(argv[1]) : 1000;
  const double dt = 0.5 * FEMTOSECOND;
  double energy = 0, first = 0, velocities[ATOMS][3] = {{0}}, forces[ATOMS][3];
  potential_inputs in = {0};
  potential_outputs out = {0};
  potential *model;
  int step, i, k;

  if (potential_new(GDL_ABI, 1, &model) != GDL_OK) {
    fprintf(stderr, "%s\n", potential_error(model));
    return 1;
  }
  /* The arrays are described once: the library reads and writes where they are. */
  in.z = gdl_array_of((void *)numbers, GDL_I64, 1, ATOMS, 0, 0, 0);
  in.m_pos = gdl_array_of(positions, GDL_F64, 2, ATOMS, 3, 0, 0);
  out.energy = gdl_array_of(&energy, GDL_F64, 1, 1, 0, 0, 0);
  out.forces = gdl_array_of(forces, GDL_F64, 2, ATOMS, 3, 0, 0);

  for (step = 0; step <= steps; step++) {
    if (step > 0) {
      for (i = 0; i < ATOMS; i++)
        for (k = 0; k < 3; k++) {
          velocities[i][k] += 0.5 * dt * forces[i][k] / mass(numbers[i]);
          positions[i][k] += dt * velocities[i][k];
        }
    }
    if (potential_forward(model, &in, &out) != GDL_OK) {
      fprintf(stderr, "step %d: %s\n", step, potential_error(model));
      potential_free(model);
      return 1;
    }
    if (step > 0)
      for (i = 0; i < ATOMS; i++)
        for (k = 0; k < 3; k++) velocities[i][k] += 0.5 * dt * forces[i][k] / mass(numbers[i]);
    else
      first = energy;
  }
  {
    double kinetic = 0;
    for (i = 0; i < ATOMS; i++)
      for (k = 0; k < 3; k++) kinetic += 0.5 * mass(numbers[i]) * velocities[i][k] * velocities[i][k];
    fprintf(stderr, "%d steps of 0.5 fs: the total energy changed by %.2e eV\n", steps, energy + kinetic - first);
  }
  for (i = 0; i < ATOMS; i++) printf("%.12f %.12f %.12f\n", positions[i][0], positions[i][1], positions[i][2]);
  potential_free(model);
  return 0;
}
