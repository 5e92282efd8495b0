//go:build mujoco && cgo && linux

#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mujoco/mujoco.h>

#define DM_VIEW_CALLS(X)     \
  X(mj_makeData)             \
  X(mj_deleteData)           \
  X(mj_copyData)             \
  X(mj_kinematics)           \
  X(mj_comPos)               \
  X(mj_camlight)             \
  X(mj_flex)                 \
  X(mj_tendon)               \
  X(mjv_defaultOption)       \
  X(mjv_defaultScene)        \
  X(mjv_makeScene)           \
  X(mjv_freeScene)           \
  X(mjv_defaultFreeCamera)   \
  X(mjv_updateScene)         \
  X(mjv_averageCamera)

#define DM_VIEW_POINTER(name) static __typeof__(&name) p_##name;
DM_VIEW_CALLS(DM_VIEW_POINTER)

enum { DM_MAX_SHAPES = 10000 };

struct dm_view {
  dm_sim* sim;
  mjData* d;  // a copy: drawing computes positions, and the simulation's own must stay as the last step left them
  mjvScene scene;
  mjvOption option;
  mjvCamera camera;
  int made;
};

static int dm_view_bind(char message[DM_MESSAGE]) {
#define DM_VIEW_BIND(name)                                               \
  *(void**)&p_##name = dm_symbol(#name);                                 \
  if (!p_##name) {                                                       \
    snprintf(message, DM_MESSAGE, "libmujoco has no function " #name);   \
    return 1;                                                            \
  }
  DM_VIEW_CALLS(DM_VIEW_BIND)
  return 0;
}

static void dm_view_make(void* argument) {
  dm_view* v = argument;
  const mjModel* m = dm_model(v->sim);
  v->d = p_mj_makeData(m);
  p_mjv_defaultScene(&v->scene);
  p_mjv_makeScene(m, &v->scene, DM_MAX_SHAPES);
  v->made = 1;
  p_mjv_defaultOption(&v->option);
  p_mjv_defaultFreeCamera(m, &v->camera);
}

dm_view* dm_view_new(dm_sim* s, char message[DM_MESSAGE]) {
  if (dm_view_bind(message)) return NULL;
  dm_view* v = calloc(1, sizeof *v);
  if (!v) {
    snprintf(message, DM_MESSAGE, "out of memory");
    return NULL;
  }
  v->sim = s;
  if (dm_guarded_call(dm_view_make, v, message) || !v->d) {
    dm_view_free(v);
    return NULL;
  }
  return v;
}

void dm_view_free(dm_view* v) {
  if (v->made) p_mjv_freeScene(&v->scene);
  if (v->d) p_mj_deleteData(v->d);
  free(v);
}

void dm_view_camera(dm_view* v, int kind, int id, const double* lookat, double distance, double azimuth, double elevation) {
  p_mjv_defaultFreeCamera(dm_model(v->sim), &v->camera);
  if (lookat) memcpy(v->camera.lookat, lookat, sizeof v->camera.lookat);
  if (distance > 0) {
    v->camera.distance = distance;
    v->camera.azimuth = azimuth;
    v->camera.elevation = elevation;
  }
  switch (kind) {
  case DM_FREE:
    v->camera.type = mjCAMERA_FREE;
    break;
  case DM_TRACKING:
    v->camera.type = mjCAMERA_TRACKING;
    v->camera.trackbodyid = id;
    break;
  case DM_FIXED:
    v->camera.type = mjCAMERA_FIXED;
    v->camera.fixedcamid = id;
    break;
  }
}

int dm_view_cameras(const dm_view* v) { return (int)((const mjModel*)dm_model(v->sim))->ncam; }

static void dm_view_refresh(void* argument) {
  dm_view* v = argument;
  const mjModel* m = dm_model(v->sim);
  p_mj_copyData(v->d, m, dm_data(v->sim));
  p_mj_kinematics(m, v->d);
  p_mj_comPos(m, v->d);
  p_mj_camlight(m, v->d);
  p_mj_flex(m, v->d);
  p_mj_tendon(m, v->d);
  p_mjv_updateScene(m, v->d, &v->option, NULL, &v->camera, mjCAT_ALL, &v->scene);
}

int dm_view_update(dm_view* v, char message[DM_MESSAGE]) { return dm_guarded_call(dm_view_refresh, v, message); }

void dm_view_eye(const dm_view* v, dm_eye* eye) {
  const mjvGLCamera c = p_mjv_averageCamera(&v->scene.camera[0], &v->scene.camera[1]);
  memcpy(eye->position, c.pos, sizeof c.pos);
  memcpy(eye->forward, c.forward, sizeof c.forward);
  memcpy(eye->up, c.up, sizeof c.up);
  eye->center = c.frustum_center;
  eye->bottom = c.frustum_bottom;
  eye->top = c.frustum_top;
  eye->near = c.frustum_near;
  eye->orthographic = c.orthographic;
}

int dm_view_shapes(const dm_view* v) { return v->scene.ngeom; }

void dm_view_shape(const dm_view* v, int i, dm_shape* shape) {
  const mjvGeom* g = v->scene.geoms + i;
  shape->type = g->type;
  shape->data = g->dataid;
  if (g->type == mjGEOM_MESH || g->type == mjGEOM_SDF) shape->data = g->dataid / 2;  // the scene counts hulls as well
  shape->solid = g->objtype == mjOBJ_GEOM && g->category != mjCAT_DECOR;
  memcpy(shape->size, g->size, sizeof g->size);
  memcpy(shape->position, g->pos, sizeof g->pos);
  memcpy(shape->rotation, g->mat, sizeof g->mat);
  memcpy(shape->rgba, g->rgba, sizeof g->rgba);
}

void dm_view_mesh(const dm_view* v, int mesh, const float** vertices, int* num_vertices, const int** faces, int* num_faces) {
  const mjModel* m = dm_model(v->sim);
  *num_vertices = *num_faces = 0;
  if (mesh < 0 || mesh >= m->nmesh) return;
  *vertices = m->mesh_vert + 3 * (size_t)m->mesh_vertadr[mesh];
  *num_vertices = m->mesh_vertnum[mesh];
  *faces = m->mesh_face + 3 * (size_t)m->mesh_faceadr[mesh];
  *num_faces = m->mesh_facenum[mesh];
}

void dm_view_field(const dm_view* v, int field, double size[4], int* rows, int* columns, const float** heights) {
  const mjModel* m = dm_model(v->sim);
  *rows = *columns = 0;
  if (field < 0 || field >= m->nhfield) return;
  memcpy(size, m->hfield_size + 4 * (size_t)field, 4 * sizeof *size);
  *rows = m->hfield_nrow[field];
  *columns = m->hfield_ncol[field];
  *heights = m->hfield_data + m->hfield_adr[field];
}

// ---------------------------------------------------------------- for gl.c

mjvScene* dm_view_scene(dm_view* v) { return &v->scene; }
const mjModel* dm_view_model(const dm_view* v) { return dm_model(v->sim); }
