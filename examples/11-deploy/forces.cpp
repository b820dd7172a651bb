// Forces as the gradient entry point gives them, on several threads at once: a context may be shared.
//
//   c++ -std=c++11 forces.cpp -Idist -Ldist -lpotential -pthread -o forces && LD_LIBRARY_PATH=dist ./forces
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

#include "potential.h"

namespace {

// The largest difference between forces and minus the gradient of the energy, for a water molecule of this opening.
double difference(const potential *model, double opening) {
  const std::int64_t numbers[] = {8, 1, 1};
  const double positions[][3] = {
      {0, 0, 0}, {0.96 * std::cos(opening), 0.96 * std::sin(opening), 0}, {0.96 * std::cos(opening), -0.96 * std::sin(opening), 0}};
  potential_inputs in = {}, gradients = {};
  in.z = gdl_array_of(const_cast<std::int64_t *>(numbers), GDL_I64, 1, 3, 0, 0, 0);
  in.m_pos = gdl_array_of(const_cast<double(*)[3]>(positions), GDL_F64, 2, 3, 3, 0, 0);
  double forces[3][3], slope[3][3], one = 1;
  potential_outputs out = {}, cotangents = {};
  out.forces = gdl_array_of(forces, GDL_F64, 2, 3, 3, 0, 0);
  cotangents.energy = gdl_array_of(&one, GDL_F64, 1, 1, 0, 0, 0);
  gradients.m_pos = gdl_array_of(slope, GDL_F64, 2, 3, 3, 0, 0);
  if (potential_forward(model, &in, &out) != GDL_OK) return INFINITY;
  if (potential_gradient(model, &in, &cotangents, &gradients, nullptr) != GDL_OK) return INFINITY;
  double most = 0;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) most = std::fmax(most, std::fabs(forces[i][k] + slope[i][k]));
  return most;
}

}  // namespace

int main() {
  potential *model;
  if (potential_new(GDL_ABI, 1, &model) != GDL_OK) {
    std::fprintf(stderr, "%s\n", potential_error(model));
    return 1;
  }
  std::vector<double> found(8);
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < found.size(); k++)
    threads.emplace_back([&found, model, k] { found[k] = difference(model, 0.7 + 0.05 * static_cast<double>(k)); });
  for (std::thread &thread : threads) thread.join();
  double most = 0;
  for (double x : found) most = std::fmax(most, x);
  if (!(most < INFINITY)) std::fprintf(stderr, "%s\n", potential_error(model));
  std::printf("forces and energies agree to %.1e eV/A\n", most);
  potential_free(model);
  return most < 1e-9 ? 0 : 1;
}
