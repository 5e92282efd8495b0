"""Draws one frame by MuJoCo's own Python renderer, for the tests of frames in env/mujoco/gymtasks.

Prints one JSON object: "rgb", the frame's bytes in base64, rows from the top; "body", one byte a pixel, 1 where a geom
that is no plane is seen. The camera is the model's one of that name, or a free one given by six numbers.

Usage: frame.py MODEL WIDTH HEIGHT CAMERA QPOS...
  CAMERA: a name, or x,y,z,distance,azimuth,elevation
"""

import base64
import json
import os
import sys

os.environ.setdefault("MUJOCO_GL", "egl")

import mujoco
import numpy as np

path, width, height, camera = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
model = mujoco.MjModel.from_xml_path(path)
data = mujoco.MjData(model)
data.qpos[:] = [float(x) for x in sys.argv[5:]]
mujoco.mj_forward(model, data)
if "," in camera:
    numbers = [float(x) for x in camera.split(",")]
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    camera.lookat[:] = numbers[:3]
    camera.distance, camera.azimuth, camera.elevation = numbers[3:]
with mujoco.Renderer(model, height, width) as renderer:
    renderer.update_scene(data, camera=camera)
    rgb = renderer.render().copy()
    renderer.enable_segmentation_rendering()
    renderer.update_scene(data, camera=camera)
    seen = renderer.render()
geom = seen[:, :, 0]
plane = np.append(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE, True)  # the last one stands for -1, the sky
body = (seen[:, :, 1] == int(mujoco.mjtObj.mjOBJ_GEOM)) & ~plane[geom]
print(json.dumps({name: base64.b64encode(np.ascontiguousarray(x, np.uint8).tobytes()).decode() for name, x in (("rgb", rgb), ("body", body))}))
