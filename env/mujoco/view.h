// What a frame shows of a simulation, and MuJoCo's own drawing of it on an OpenGL context without a window.
#ifndef DEMORL_MUJOCO_VIEW_H_
#define DEMORL_MUJOCO_VIEW_H_

#include "shim.h"

typedef struct dm_view dm_view;

// dm_view_new returns NULL with the reason in message.
dm_view* dm_view_new(dm_sim* s, char message[DM_MESSAGE]);
void dm_view_free(dm_view* v);

// What dm_view_camera may aim at.
enum { DM_FREE, DM_TRACKING, DM_FIXED };

// dm_view_camera aims the camera: at lookat (DM_FREE), after body id (DM_TRACKING), or as the model's camera id (DM_FIXED).
// A NULL lookat and a distance of 0 keep what the model's statistics say.
void dm_view_camera(dm_view* v, int kind, int id, const double* lookat, double distance, double azimuth, double elevation);

int dm_view_cameras(const dm_view* v);  // number of the model's cameras

// dm_view_update makes the scene of the present state, on a copy of the data. It returns 0, or 1 with the reason.
int dm_view_update(dm_view* v, char message[DM_MESSAGE]);

// dm_eye is the camera of a scene; top and bottom are those of the frustum at the distance near, or lengths where the
// camera is orthographic.
typedef struct {
  float position[3], forward[3], up[3];
  float center, bottom, top, near;
  int orthographic;
} dm_eye;
void dm_view_eye(const dm_view* v, dm_eye* eye);

// dm_shape is one geom of a scene, site and tendon among them.
typedef struct {
  int type;  // mjtGeom
  int data;  // number of the mesh or height field, -1 without
  int solid; // whether it is a geom of the model, not a mark on it
  float size[3], position[3], rotation[9], rgba[4];
} dm_shape;
int dm_view_shapes(const dm_view* v);
void dm_view_shape(const dm_view* v, int i, dm_shape* shape);

// The triangles of a mesh, and the grid of a height field: size is x and y half, top, bottom (m).
void dm_view_mesh(const dm_view* v, int mesh, const float** vertices, int* num_vertices, const int** faces, int* num_faces);
void dm_view_field(const dm_view* v, int field, double size[4], int* rows, int* columns, const float** heights);

// A GL context without a window. All calls with one dm_gl are made on the thread that opened it.
typedef struct dm_gl dm_gl;
enum { DM_EGL, DM_OSMESA };

// dm_gl_open opens a context of the given kind; it returns NULL with the reason in message.
dm_gl* dm_gl_open(int kind, char message[DM_MESSAGE]);
void dm_gl_close(dm_gl* g);
const char* dm_gl_name(const dm_gl* g);  // what the driver calls itself

// dm_gl_frame draws the scene of v as rows of rgb bytes, the lowest row first. It returns 0, or 1 with the reason.
int dm_gl_frame(dm_gl* g, dm_view* v, int width, int height, unsigned char* rgb, char message[DM_MESSAGE]);

#endif  // DEMORL_MUJOCO_VIEW_H_
