//go:build mujoco && cgo && linux

// MuJoCo's renderer on a context of EGL or OSMesa. Both libraries are opened at run time by the few names that are
// needed, so that neither building nor starting the program needs OpenGL.

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mujoco/mujoco.h>

#include "view.h"

#define DM_GL_CALLS(X)    \
  X(mjr_defaultContext)   \
  X(mjr_makeContext)      \
  X(mjr_freeContext)      \
  X(mjr_resizeOffscreen)  \
  X(mjr_setBuffer)        \
  X(mjr_render)           \
  X(mjr_readPixels)

#define DM_GL_POINTER(name) static __typeof__(&name) p_##name;
DM_GL_CALLS(DM_GL_POINTER)

mjvScene* dm_view_scene(dm_view* v);
const mjModel* dm_view_model(const dm_view* v);

struct dm_gl {
  int kind;
  void *library, *display, *context;
  unsigned char* buffer;  // OSMesa's own, unused: frames go to MuJoCo's off-screen buffer
  char name[128];
  // What the present MuJoCo context was made for.
  dm_view* view;
  mjrContext mjr;
  int made;
  // The frame in the making.
  int width, height;
  unsigned char* rgb;
};

// The constants of EGL, of its extensions, of OSMesa and of OpenGL, from the Khronos registry.
enum {
  EGL_NONE_ = 0x3038, EGL_RED_ = 0x3024, EGL_GREEN_ = 0x3023, EGL_BLUE_ = 0x3022, EGL_ALPHA_ = 0x3021,
  EGL_DEPTH_ = 0x3025, EGL_STENCIL_ = 0x3026, EGL_SURFACE_TYPE_ = 0x3033, EGL_PBUFFER_BIT_ = 1,
  EGL_RENDERABLE_ = 0x3040, EGL_OPENGL_BIT_ = 8, EGL_OPENGL_API_ = 0x30A2,
  EGL_PLATFORM_DEVICE_ = 0x313F, EGL_PLATFORM_SURFACELESS_ = 0x31DD,
  GL_RGBA_ = 0x1908, GL_UNSIGNED_BYTE_ = 0x1401, GL_RENDERER_ = 0x1F01,
  DM_MAX_DEVICES = 16,
};

typedef void* (*dm_get_proc)(const char*);
typedef unsigned (*dm_query_devices)(int32_t, void**, int32_t*);
typedef void* (*dm_platform_display)(unsigned, void*, const int32_t*);
typedef unsigned (*dm_initialize)(void*, int32_t*, int32_t*);
typedef unsigned (*dm_choose)(void*, const int32_t*, void**, int32_t, int32_t*);
typedef unsigned (*dm_bind_api)(unsigned);
typedef void* (*dm_create)(void*, void*, void*, const int32_t*);
typedef unsigned (*dm_current)(void*, void*, void*, void*);
typedef unsigned (*dm_destroy)(void*, void*);
typedef void* (*dm_osmesa_create)(unsigned, int, int, int, void*);
typedef unsigned char (*dm_osmesa_current)(void*, void*, unsigned, int, int);
typedef void (*dm_osmesa_destroy)(void*);
typedef const unsigned char* (*dm_get_string)(unsigned);

static void dm_gl_remember(dm_gl* g, dm_get_string get_string) {
  const unsigned char* name = get_string ? get_string(GL_RENDERER_) : NULL;
  snprintf(g->name, sizeof g->name, "%s, %s", g->kind == DM_EGL ? "EGL" : "OSMesa", name ? (const char*)name : "unnamed");
}

// dm_egl_context makes a context on one display current.
static int dm_egl_context(dm_gl* g, void* display) {
  const dm_initialize initialize = (dm_initialize)dlsym(g->library, "eglInitialize");
  const dm_choose choose = (dm_choose)dlsym(g->library, "eglChooseConfig");
  const dm_bind_api bind = (dm_bind_api)dlsym(g->library, "eglBindAPI");
  const dm_create create = (dm_create)dlsym(g->library, "eglCreateContext");
  const dm_current current = (dm_current)dlsym(g->library, "eglMakeCurrent");
  const dm_destroy destroy = (dm_destroy)dlsym(g->library, "eglDestroyContext");
  static const int32_t wanted[] = {EGL_RED_, 8, EGL_GREEN_, 8, EGL_BLUE_, 8, EGL_ALPHA_, 8, EGL_DEPTH_, 24, EGL_STENCIL_, 8,
                                   EGL_SURFACE_TYPE_, EGL_PBUFFER_BIT_, EGL_RENDERABLE_, EGL_OPENGL_BIT_, EGL_NONE_};
  void* config;
  int32_t found = 0;
  if (!initialize || !choose || !bind || !create || !current || !destroy) return 1;
  if (!display || !initialize(display, NULL, NULL)) return 1;
  if (!choose(display, wanted, &config, 1, &found) || found < 1 || !bind(EGL_OPENGL_API_)) return 1;
  void* context = create(display, config, NULL, NULL);
  if (!context) return 1;
  if (!current(display, NULL, NULL, context)) {
    destroy(display, context);
    return 1;
  }
  g->display = display;
  g->context = context;
  return 0;
}

// dm_egl_open takes the first device that gives a context, a graphics card or Mesa's own software.
static int dm_egl_open(dm_gl* g, char message[DM_MESSAGE]) {
  g->library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (!g->library) {
    snprintf(message, DM_MESSAGE, "%s", dlerror());
    return 1;
  }
  const dm_get_proc get = (dm_get_proc)dlsym(g->library, "eglGetProcAddress");
  if (!get) {
    snprintf(message, DM_MESSAGE, "libEGL.so.1 has no eglGetProcAddress");
    return 1;
  }
  const dm_query_devices query = (dm_query_devices)get("eglQueryDevicesEXT");
  const dm_platform_display open = (dm_platform_display)get("eglGetPlatformDisplayEXT");
  void* devices[DM_MAX_DEVICES];
  int32_t count = 0;
  int failed = 1;
  if (open && query && query(DM_MAX_DEVICES, devices, &count)) {
    for (int i = 0; i < count && failed; i++) failed = dm_egl_context(g, open(EGL_PLATFORM_DEVICE_, devices[i], NULL));
  }
  if (failed && open) failed = dm_egl_context(g, open(EGL_PLATFORM_SURFACELESS_, NULL, NULL));
  if (failed) {
    snprintf(message, DM_MESSAGE, "EGL gives no OpenGL context without a window");
    return 1;
  }
  dm_gl_remember(g, (dm_get_string)get("glGetString"));
  return 0;
}

static int dm_osmesa_open(dm_gl* g, char message[DM_MESSAGE]) {
  g->library = dlopen("libOSMesa.so.8", RTLD_NOW | RTLD_GLOBAL);
  if (!g->library) g->library = dlopen("libOSMesa.so", RTLD_NOW | RTLD_GLOBAL);
  if (!g->library) {
    snprintf(message, DM_MESSAGE, "%s", dlerror());
    return 1;
  }
  enum { side = 16 };
  const dm_osmesa_create create = (dm_osmesa_create)dlsym(g->library, "OSMesaCreateContextExt");
  const dm_osmesa_current current = (dm_osmesa_current)dlsym(g->library, "OSMesaMakeCurrent");
  g->buffer = calloc(4 * side, side);
  if (create && current && g->buffer) g->context = create(GL_RGBA_, 24, 8, 0, NULL);
  if (!g->context || !current(g->context, g->buffer, GL_UNSIGNED_BYTE_, side, side)) {
    snprintf(message, DM_MESSAGE, "OSMesa gives no OpenGL context");
    return 1;
  }
  dm_gl_remember(g, (dm_get_string)dlsym(g->library, "glGetString"));
  return 0;
}

dm_gl* dm_gl_open(int kind, char message[DM_MESSAGE]) {
#define DM_GL_BIND(name)                                                \
  *(void**)&p_##name = dm_symbol(#name);                                \
  if (!p_##name) {                                                      \
    snprintf(message, DM_MESSAGE, "libmujoco has no function " #name);  \
    return NULL;                                                        \
  }
  DM_GL_CALLS(DM_GL_BIND)
  dm_gl* g = calloc(1, sizeof *g);
  if (!g) {
    snprintf(message, DM_MESSAGE, "out of memory");
    return NULL;
  }
  g->kind = kind;
  if (kind == DM_EGL ? dm_egl_open(g, message) : dm_osmesa_open(g, message)) {
    dm_gl_close(g);
    return NULL;
  }
  return g;
}

static void dm_gl_forget(void* argument) {
  dm_gl* g = argument;
  p_mjr_freeContext(&g->mjr);
}

// The libraries stay open: their drivers have threads and exit handlers of their own.
void dm_gl_close(dm_gl* g) {
  char ignored[DM_MESSAGE];
  if (g->made) dm_guarded_call(dm_gl_forget, g, ignored);
  if (g->context && g->kind == DM_EGL) {
    ((dm_current)dlsym(g->library, "eglMakeCurrent"))(g->display, NULL, NULL, NULL);
    ((dm_destroy)dlsym(g->library, "eglDestroyContext"))(g->display, g->context);
  }
  if (g->context && g->kind == DM_OSMESA) ((dm_osmesa_destroy)dlsym(g->library, "OSMesaDestroyContext"))(g->context);
  free(g->buffer);
  free(g);
}

const char* dm_gl_name(const dm_gl* g) { return g->name; }

static void dm_gl_draw(void* argument) {
  dm_gl* g = argument;
  if (!g->made) {
    p_mjr_defaultContext(&g->mjr);
    p_mjr_makeContext(dm_view_model(g->view), &g->mjr, mjFONTSCALE_100);
    g->made = 1;
    p_mjr_setBuffer(mjFB_OFFSCREEN, &g->mjr);
  }
  if (g->mjr.offWidth != g->width || g->mjr.offHeight != g->height) p_mjr_resizeOffscreen(g->width, g->height, &g->mjr);
  const mjrRect whole = {0, 0, g->width, g->height};
  p_mjr_render(whole, dm_view_scene(g->view), &g->mjr);
  p_mjr_readPixels(g->rgb, NULL, whole, &g->mjr);
}

int dm_gl_frame(dm_gl* g, dm_view* v, int width, int height, unsigned char* rgb, char message[DM_MESSAGE]) {
  g->view = v;
  g->width = width;
  g->height = height;
  g->rgb = rgb;
  return dm_guarded_call(dm_gl_draw, g, message);
}
