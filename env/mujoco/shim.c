//go:build mujoco && cgo && linux

#include "shim.h"

#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mujoco/mujoco.h>

// The functions of libmujoco that are used, as pointers with the types of the headers.
#define DM_CALLS(X)       \
  X(mj_loadXML)           \
  X(mj_defaultVFS)        \
  X(mj_addBufferVFS)      \
  X(mj_deleteVFS)         \
  X(mj_name2id)           \
  X(mj_id2name)           \
  X(mj_contactForce)      \
  X(mj_step1)             \
  X(mj_step2)             \
  X(mj_deleteModel)       \
  X(mj_makeData)          \
  X(mj_deleteData)        \
  X(mj_resetData)         \
  X(mj_setConst)          \
  X(mj_forward)           \
  X(mj_step)              \
  X(mj_rnePostConstraint) \
  X(mj_stateSize)         \
  X(mj_getState)          \
  X(mj_setState)

#define DM_POINTER(name) static __typeof__(&name) p_##name;
DM_CALLS(DM_POINTER)

enum { DM_DATA_FIELDS = DM_qpos0 };  // the data's fields come first

struct dm_sim {
  mjModel* m;
  mjData* d;
  double *sin, *cos;  // of qpos
  int trigonometry;
  double* state;
  int num_state;
  char kept[DM_NUM_FIELDS];  // whether a field is part of the saved state
  int singular;              // whether a nearly singular inertia is taken as it comes
  char message[DM_MESSAGE];
};

// What one call in flight has to say; a call runs on one thread from its begin to its end.
static __thread jmp_buf dm_escape;
static __thread int dm_guarded;
static __thread int dm_warned;
static __thread char dm_text[DM_MESSAGE];

static void dm_remember(const char* kind, const char* text) {
  snprintf(dm_text, sizeof dm_text, "%s: %s", kind, text);
}

// MuJoCo ends the process when its error handler returns, so this one leaves the call instead.
static void dm_on_error(const char* text) {
  dm_remember("error", text);
  if (dm_guarded) longjmp(dm_escape, 1);
}

static void dm_on_warning(const char* text) {
  if (!dm_warned) dm_remember("warning", text);
  dm_warned = 1;
}

// DM_GUARD runs the statements after it until DM_DONE; an error of MuJoCo leaves them.
#define DM_GUARD            \
  dm_warned = 0;            \
  dm_text[0] = 0;           \
  dm_guarded = 1;           \
  int dm_failed = setjmp(dm_escape); \
  if (!dm_failed) {
#define DM_DONE   \
  }               \
  dm_guarded = 0;

static void* dm_library;  // what dm_open opened

int dm_open(const char* path, char message[DM_MESSAGE]) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(message, DM_MESSAGE, "%s", dlerror());
    return 1;
  }
  // The version comes first: of another version's functions even the types may differ.
  __typeof__(&mj_version) version = (__typeof__(&mj_version))dlsym(library, "mj_version");
  if (!version || version() != mjVERSION_HEADER) {
    snprintf(message, DM_MESSAGE, "%s reports version %d, but this program was compiled for version %d", path,
             version ? version() : 0, mjVERSION_HEADER);
    dlclose(library);
    return 1;
  }
#define DM_BIND(name)                                                            \
  *(void**)&p_##name = dlsym(library, #name);                                    \
  if (!p_##name) {                                                               \
    snprintf(message, DM_MESSAGE, "%s has no function " #name, path);            \
    dlclose(library);                                                            \
    return 1;                                                                    \
  }
  DM_CALLS(DM_BIND)
  void (**error)(const char*) = (void (**)(const char*))dlsym(library, "mju_user_error");
  void (**warning)(const char*) = (void (**)(const char*))dlsym(library, "mju_user_warning");
  if (!error || !warning) {
    snprintf(message, DM_MESSAGE, "%s has no error handlers", path);
    dlclose(library);
    return 1;
  }
  *error = dm_on_error;
  *warning = dm_on_warning;
  dm_library = library;
  return 0;
}

void* dm_symbol(const char* name) { return dm_library ? dlsym(dm_library, name) : NULL; }
void* dm_model(const dm_sim* s) { return s->m; }
void* dm_data(const dm_sim* s) { return s->d; }

int dm_guarded_call(void (*call)(void*), void* argument, char message[DM_MESSAGE]) {
  DM_GUARD
  call(argument);
  DM_DONE
  if (dm_failed) snprintf(message, DM_MESSAGE, "%s", dm_text);
  return dm_failed;
}

static int dm_saved_size(const dm_sim* s);

struct dm_files {
  mjVFS vfs;
};

dm_files* dm_files_new(void) {
  dm_files* f = calloc(1, sizeof *f);
  if (f) p_mj_defaultVFS(&f->vfs);
  return f;
}

int dm_files_add(dm_files* f, const char* name, const void* data, int size) {
  return p_mj_addBufferVFS(&f->vfs, name, data, size);
}

void dm_files_free(dm_files* f) {
  p_mj_deleteVFS(&f->vfs);
  free(f);
}

dm_sim* dm_load(const char* path, char message[DM_MESSAGE]) { return dm_load_files(NULL, path, message); }

dm_sim* dm_load_files(dm_files* files, const char* path, char message[DM_MESSAGE]) {
  dm_sim* volatile s = calloc(1, sizeof *s);
  if (!s) {
    snprintf(message, DM_MESSAGE, "out of memory");
    return NULL;
  }
  message[0] = 0;
  DM_GUARD
  s->m = p_mj_loadXML(path, files ? &files->vfs : NULL, message, DM_MESSAGE);
  if (s->m) s->d = p_mj_makeData(s->m);
  DM_DONE
  if (!s->d) {
    if (dm_text[0]) snprintf(message, DM_MESSAGE, "%s", dm_text);
    dm_free(s);
    return NULL;
  }
  memset(s->kept, 1, DM_DATA_FIELDS);
  s->num_state = dm_saved_size(s);
  s->state = calloc(s->num_state, sizeof(double));
  s->sin = calloc(s->m->nq + 1, sizeof(double));
  s->cos = calloc(s->m->nq + 1, sizeof(double));
  if (!s->state || !s->sin || !s->cos) {
    snprintf(message, DM_MESSAGE, "out of memory");
    dm_free(s);
    return NULL;
  }
  return s;
}

void dm_free(dm_sim* s) {
  if (s->d) p_mj_deleteData(s->d);
  if (s->m) p_mj_deleteModel(s->m);
  free(s->sin);
  free(s->cos);
  free(s->state);
  free(s);
}

static const char* const dm_names[] = {
#define DM_NAME(name, source, rows, columns) #name,
    DM_FIELDS(DM_NAME)};

const char* dm_field_name(int field) { return dm_names[field]; }

double* dm_field(dm_sim* s, int field, int* length) {
  switch (field) {
#define DM_CASE(name, source, rows, columns) \
  case DM_##name:                            \
    *length = (int)s->m->rows * columns;     \
    return s->source->name;
    DM_FIELDS(DM_CASE)
  }
  *length = 0;
  return NULL;
}

static const char* const dm_index_names[] = {
#define DM_INDEX_NAME(name, rows, columns) #name,
    DM_INDICES(DM_INDEX_NAME)};

const char* dm_index_name(int index) { return dm_index_names[index]; }

int* dm_index(dm_sim* s, int index, int* length) {
  switch (index) {
#define DM_INDEX_CASE(name, rows, columns) \
  case DM_INDEX_##name:                    \
    *length = (int)s->m->rows * columns;   \
    return s->m->name;
    DM_INDICES(DM_INDEX_CASE)
  }
  *length = 0;
  return NULL;
}

int dm_find(const dm_sim* s, int kind, const char* name) { return p_mj_name2id(s->m, kind, name); }
const char* dm_name(const dm_sim* s, int kind, int id) { return p_mj_id2name(s->m, kind, id); }

int dm_contacts(const dm_sim* s) { return (int)s->d->ncon; }

void dm_contact(const dm_sim* s, int i, int geom[2], double* distance) {
  const mjContact* c = s->d->contact + i;
  geom[0] = c->geom[0];
  geom[1] = c->geom[1];
  *distance = c->dist;
}

void dm_contact_force(const dm_sim* s, int i, double force[6]) { p_mj_contactForce(s->m, s->d, i, force); }

void dm_keep(dm_sim* s, int field) {
  s->kept[field] = 1;
  s->num_state = dm_saved_size(s);
  s->state = realloc(s->state, s->num_state * sizeof(double));
  if (!s->state) abort();
}

int dm_integrator_is_rk4(const dm_sim* s) { return s->m->opt.integrator == mjINT_RK4; }
int dm_joint_limited(const dm_sim* s, int joint) { return s->m->jnt_limited[joint]; }

void dm_take_singular(dm_sim* s) { s->singular = 1; }

double* dm_sin(dm_sim* s) { return s->sin; }
double* dm_cos(dm_sim* s) { return s->cos; }
double dm_timestep(const dm_sim* s) { return s->m->opt.timestep; }
double dm_time(const dm_sim* s) { return s->d->time; }
void dm_set_time(dm_sim* s, double time) { s->d->time = time; }
const char* dm_message(const dm_sim* s) { return s->message; }

// Gymnasium takes sine and cosine from the C library (NumPy calls it), and its last bit is not that of Go's math package.
static void dm_fill_trigonometry(dm_sim* s) {
  if (!s->trigonometry) return;
  for (int i = 0; i < s->m->nq; i++) {
    s->sin[i] = sin(s->d->qpos[i]);
    s->cos[i] = cos(s->d->qpos[i]);
  }
}

void dm_trigonometry(dm_sim* s) {
  s->trigonometry = 1;
  dm_fill_trigonometry(s);
}

// dm_verdict keeps what went wrong in the call that ended. MuJoCo hands a warning of each kind to its handler only once,
// so the counters are cleared before each call and read after it.
static int dm_verdict(dm_sim* s, int failed) {
  dm_fill_trigonometry(s);
  int raised = 0, taken = 0;
  for (int i = 0; i < mjNWARNING; i++) {
    if (i == mjWARN_INERTIA && s->singular)
      taken += s->d->warning[i].number;
    else
      raised += s->d->warning[i].number;
  }
  if (!failed && !raised && (!dm_warned || taken)) return 0;
  if (!dm_text[0]) dm_remember("warning", "MuJoCo counted a warning without a text");
  snprintf(s->message, sizeof s->message, "%s", dm_text);
  return 1;
}

static void dm_clear_warnings(dm_sim* s) { memset(s->d->warning, 0, sizeof s->d->warning); }

static void dm_advance(dm_sim* s, int style, int substeps) {
  int i = 0;
  if (style == DM_CONTROL && s->m->opt.integrator != mjINT_RK4) {
    p_mj_step2(s->m, s->d);  // the state's own first half was computed at the end of the call before
    i = 1;
  }
  for (; i < substeps; i++) p_mj_step(s->m, s->d);
  if (style == DM_CONTROL) p_mj_step1(s->m, s->d);
  if (style == DM_GYMNASIUM) p_mj_rnePostConstraint(s->m, s->d);
}

int dm_step(dm_sim* s, int style, int substeps) {
  dm_clear_warnings(s);
  DM_GUARD
  dm_advance(s, style, substeps);
  DM_DONE
  return dm_verdict(s, dm_failed);
}

int dm_repeat(dm_sim* s, int style, const double* controls, int steps, int substeps) {
  for (int i = 0; i < steps; i++) {
    memcpy(s->d->ctrl, controls + (size_t)i * s->m->nu, s->m->nu * sizeof(double));
    if (dm_step(s, style, substeps)) return 1;
  }
  return 0;
}

int dm_reset(dm_sim* s) {
  DM_GUARD
  p_mj_resetData(s->m, s->d);
  DM_DONE
  return dm_verdict(s, dm_failed);
}

int dm_set_const(dm_sim* s) {
  DM_GUARD
  p_mj_setConst(s->m, s->d);
  DM_DONE
  return dm_verdict(s, dm_failed);
}

int dm_forward(dm_sim* s, int actuated) {
  const int flags = s->m->opt.disableflags;
  dm_clear_warnings(s);
  if (!actuated) s->m->opt.disableflags |= mjDSBL_ACTUATION;
  DM_GUARD
  p_mj_forward(s->m, s->d);
  DM_DONE
  s->m->opt.disableflags = flags;
  return dm_verdict(s, dm_failed);
}

int dm_step1(dm_sim* s) {
  dm_clear_warnings(s);
  DM_GUARD
  p_mj_step1(s->m, s->d);
  DM_DONE
  return dm_verdict(s, dm_failed);
}

static int dm_saved_size(const dm_sim* s) {
  int total = (int)p_mj_stateSize(s->m, mjSTATE_INTEGRATION), length;
  for (int field = 0; field < DM_NUM_FIELDS; field++) {
    if (!s->kept[field]) continue;
    dm_field((dm_sim*)s, field, &length);
    total += length;
  }
  return total;
}

double* dm_state(dm_sim* s, int* length) {
  *length = s->num_state;
  return s->state;
}

// dm_move copies the saved fields between the simulation and the state's tail. What MuJoCo itself calls its state does
// not hold the quantities that lag one sub-step behind, and computing them anew would give other numbers.
static void dm_move(dm_sim* s, int save) {
  double* at = s->state + p_mj_stateSize(s->m, mjSTATE_INTEGRATION);
  for (int field = 0; field < DM_NUM_FIELDS; field++) {
    if (!s->kept[field]) continue;
    int length;
    double* data = dm_field(s, field, &length);
    if (length == 0) continue;
    memcpy(save ? at : data, save ? data : at, length * sizeof(double));
    at += length;
  }
}

int dm_get_state(dm_sim* s) {
  DM_GUARD
  p_mj_getState(s->m, s->d, s->state, mjSTATE_INTEGRATION);
  dm_move(s, 1);
  DM_DONE
  if (dm_failed) snprintf(s->message, sizeof s->message, "%s", dm_text);
  return dm_failed;
}

int dm_set_state(dm_sim* s) {
  DM_GUARD
  p_mj_resetData(s->m, s->d);
  p_mj_setState(s->m, s->d, s->state, mjSTATE_INTEGRATION);
  dm_move(s, 0);
  DM_DONE
  return dm_verdict(s, dm_failed);
}
