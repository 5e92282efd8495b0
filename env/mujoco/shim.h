// The C side of the binding: libmujoco opened at run time, one simulation per
// struct, errors and warnings of MuJoCo turned into return codes.
#ifndef DEMORL_MUJOCO_SHIM_H_
#define DEMORL_MUJOCO_SHIM_H_

// DM_FIELDS(X) lists the arrays of a simulation that Go may see: X(name, source, rows, columns). The order is that
// of the Field constants in sim.go. The data's (d) are part of a saved state; the model's (m) come last, and only those
// named to dm_keep are.
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
  X(qfrc_applied, d, nv, 1)                           \
  X(xfrc_applied, d, nbody, 6)                        \
  X(qpos0, m, nq, 1)                                  \
  X(body_mass, m, nbody, 1)                           \
  X(actuator_ctrlrange, m, nu, 2)                     \
  X(body_pos, m, nbody, 3)                            \
  X(body_quat, m, nbody, 4)                           \
  X(body_ipos, m, nbody, 3)                           \
  X(body_inertia, m, nbody, 3)                        \
  X(jnt_pos, m, njnt, 3)                              \
  X(jnt_axis, m, njnt, 3)                             \
  X(jnt_range, m, njnt, 2)                            \
  X(dof_damping, m, nv, 1)                            \
  X(dof_armature, m, nv, 1)                           \
  X(dof_frictionloss, m, nv, 1)                       \
  X(geom_size, m, ngeom, 3)                           \
  X(geom_pos, m, ngeom, 3)                            \
  X(geom_quat, m, ngeom, 4)                           \
  X(geom_friction, m, ngeom, 3)                       \
  X(site_size, m, nsite, 3)                           \
  X(site_pos, m, nsite, 3)                            \
  X(site_quat, m, nsite, 4)                           \
  X(pair_friction, m, npair, 5)                       \
  X(actuator_gear, m, nu, 6)                          \
  X(actuator_forcerange, m, nu, 2)                    \
  X(actuator_gainprm, m, nu, mjNGAIN)                 \
  X(actuator_biasprm, m, nu, mjNBIAS)                 \
  X(key_qpos, m, nkey, s->m->nq)                      \
  X(key_qvel, m, nkey, s->m->nv)

// DM_INDICES(X) lists the model's arrays of integers that Go may read, as DM_FIELDS does.
#define DM_INDICES(X)              \
  X(jnt_type, njnt, 1)             \
  X(jnt_qposadr, njnt, 1)          \
  X(jnt_dofadr, njnt, 1)           \
  X(jnt_bodyid, njnt, 1)           \
  X(body_parentid, nbody, 1)       \
  X(geom_type, ngeom, 1)           \
  X(geom_bodyid, ngeom, 1)         \
  X(geom_group, ngeom, 1)          \
  X(site_bodyid, nsite, 1)         \
  X(actuator_trnid, nu, 2)         \
  X(sensor_adr, nsensor, 1)        \
  X(sensor_dim, nsensor, 1)

#define DM_ENUM(name, source, rows, columns) DM_##name,
enum { DM_FIELDS(DM_ENUM) DM_NUM_FIELDS };

#define DM_ENUM_INDEX(name, rows, columns) DM_INDEX_##name,
enum { DM_INDICES(DM_ENUM_INDEX) DM_NUM_INDICES };

// How one step calls MuJoCo (environments.md 0.3).
enum { DM_GYMNASIUM, DM_PLAIN, DM_CONTROL };

typedef struct dm_sim dm_sim;

enum { DM_MESSAGE = 1024 };

// dm_open opens the library and checks its version. It returns 0, or 1 with the reason in message.
int dm_open(const char* path, char message[DM_MESSAGE]);

// dm_load compiles a model. It returns NULL with the reason in message.
dm_sim* dm_load(const char* path, char message[DM_MESSAGE]);

// Files in memory, for a model that is not loaded as it lies on the disk. dm_load_files compiles the file called name.
typedef struct dm_files dm_files;
dm_files* dm_files_new(void);
int dm_files_add(dm_files* f, const char* name, const void* data, int size);
void dm_files_free(dm_files* f);
dm_sim* dm_load_files(dm_files* f, const char* name, char message[DM_MESSAGE]);

void dm_free(dm_sim* s);

const char* dm_field_name(int field);
double* dm_field(dm_sim* s, int field, int* length);
const char* dm_index_name(int index);
int* dm_index(dm_sim* s, int index, int* length);
int dm_find(const dm_sim* s, int kind, const char* name);         // the number of a named object, or -1
const char* dm_name(const dm_sim* s, int kind, int id);           // NULL without a name
int dm_contacts(const dm_sim* s);                                 // number of contacts
void dm_contact(const dm_sim* s, int i, int geom[2], double* distance);
void dm_contact_force(const dm_sim* s, int i, double force[6]);   // in the contact's frame, normal first
void dm_keep(dm_sim* s, int field);                               // makes a field of the model part of the saved state
void dm_take_singular(dm_sim* s);  // a nearly singular inertia is no failure from now on
int dm_integrator_is_rk4(const dm_sim* s);
int dm_joint_limited(const dm_sim* s, int joint);
double* dm_sin(dm_sim* s);  // sine of qpos, filled by dm_trigonometry
double* dm_cos(dm_sim* s);  // cosine of qpos, filled by dm_trigonometry
double dm_timestep(const dm_sim* s);
double dm_time(const dm_sim* s);
void dm_set_time(dm_sim* s, double time);
const char* dm_message(const dm_sim* s);

// Each of these returns 0, or 1 with the reason in dm_message.
int dm_step(dm_sim* s, int style, int substeps);
int dm_repeat(dm_sim* s, int style, const double* controls, int steps, int substeps);
int dm_reset(dm_sim* s);
int dm_forward(dm_sim* s, int actuated);
int dm_set_const(dm_sim* s);  // all of the model that follows from masses (mj_setConst); uses the data as scratch
int dm_step1(dm_sim* s);  // all that follows from position and velocity (mj_step1)

// dm_trigonometry makes dm_step, dm_forward and dm_set_state fill dm_sin and dm_cos.
void dm_trigonometry(dm_sim* s);

// The saved state as numbers, in a buffer that the simulation owns.
double* dm_state(dm_sim* s, int* length);
int dm_get_state(dm_sim* s);
int dm_set_state(dm_sim* s);

// What another file of C that calls the opened library needs: its functions by name (NULL where there is none), the
// model (mjModel) and data (mjData) of a simulation, and a call that an error of MuJoCo leaves. dm_guarded_call returns
// 0, or 1 with the error in message; warnings are no failure.
void* dm_symbol(const char* name);
void* dm_model(const dm_sim* s);
void* dm_data(const dm_sim* s);
int dm_guarded_call(void (*call)(void*), void* argument, char message[DM_MESSAGE]);

#endif  // DEMORL_MUJOCO_SHIM_H_
