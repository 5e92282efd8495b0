// The C side of the binding: libmujoco opened at run time, one simulation per
// struct, errors and warnings of MuJoCo turned into return codes.
#ifndef DEMORL_MUJOCO_SHIM_H_
#define DEMORL_MUJOCO_SHIM_H_

// DM_FIELDS(X) lists the arrays of a simulation that Go may see: X(name, source, rows, columns). The order is that
// of the Field constants in sim.go. All of them except the last block are part of a saved state.
#define DM_FIELDS(X)                                  \
  X(qpos, d, nq, 1)                                   \
  X(qvel, d, nv, 1)                                   \
  X(act, d, na, 1)                                    \
  X(ctrl, d, nu, 1)                                   \
  X(mocap_pos, d, nmocap, 3)                          \
  X(mocap_quat, d, nmocap, 4)                         \
  X(qacc_warmstart, d, nv, 1)                         \
  X(qacc, d, nv, 1)                                   \
  X(xpos, d, nbody, 3)                                \
  X(xquat, d, nbody, 4)                               \
  X(xmat, d, nbody, 9)                                \
  X(xipos, d, nbody, 3)                               \
  X(ximat, d, nbody, 9)                               \
  X(geom_xpos, d, ngeom, 3)                           \
  X(geom_xmat, d, ngeom, 9)                           \
  X(site_xpos, d, nsite, 3)                           \
  X(site_xmat, d, nsite, 9)                           \
  X(subtree_com, d, nbody, 3)                         \
  X(cinert, d, nbody, 10)                             \
  X(cvel, d, nbody, 6)                                \
  X(cacc, d, nbody, 6)                                \
  X(cfrc_int, d, nbody, 6)                            \
  X(cfrc_ext, d, nbody, 6)                            \
  X(qfrc_bias, d, nv, 1)                              \
  X(qfrc_passive, d, nv, 1)                           \
  X(qfrc_actuator, d, nv, 1)                          \
  X(qfrc_smooth, d, nv, 1)                            \
  X(qacc_smooth, d, nv, 1)                            \
  X(qfrc_constraint, d, nv, 1)                        \
  X(actuator_force, d, nout, 1)                       \
  X(actuator_length, d, nout, 1)                      \
  X(actuator_velocity, d, nout, 1)                    \
  X(ten_length, d, ntendon, 1)                        \
  X(ten_velocity, d, ntendon, 1)                      \
  X(sensordata, d, nsensordata, 1)                    \
  X(qpos0, m, nq, 1)                                  \
  X(body_mass, m, nbody, 1)                           \
  X(actuator_ctrlrange, m, nu, 2)

#define DM_ENUM(name, source, rows, columns) DM_##name,
enum { DM_FIELDS(DM_ENUM) DM_NUM_FIELDS };

typedef struct dm_sim dm_sim;

enum { DM_MESSAGE = 1024 };

// dm_open opens the library and checks its version. It returns 0, or 1 with the reason in message.
int dm_open(const char* path, char message[DM_MESSAGE]);

// dm_load compiles a model. It returns NULL with the reason in message.
dm_sim* dm_load(const char* path, char message[DM_MESSAGE]);
void dm_free(dm_sim* s);

const char* dm_field_name(int field);
double* dm_field(dm_sim* s, int field, int* length);
double* dm_sin(dm_sim* s);  // sine of qpos, filled by dm_trigonometry
double* dm_cos(dm_sim* s);  // cosine of qpos, filled by dm_trigonometry
double dm_timestep(const dm_sim* s);
double dm_time(const dm_sim* s);
void dm_set_time(dm_sim* s, double time);
const char* dm_message(const dm_sim* s);

// Each of these returns 0, or 1 with the reason in dm_message.
int dm_step(dm_sim* s, int substeps);
int dm_repeat(dm_sim* s, const double* controls, int steps, int substeps);
int dm_reset(dm_sim* s);
int dm_forward(dm_sim* s);

// dm_trigonometry makes dm_step, dm_forward and dm_set_state fill dm_sin and dm_cos.
void dm_trigonometry(dm_sim* s);

// The saved state as numbers, in a buffer that the simulation owns.
double* dm_state(dm_sim* s, int* length);
int dm_get_state(dm_sim* s);
int dm_set_state(dm_sim* s);

#endif  // DEMORL_MUJOCO_SHIM_H_
