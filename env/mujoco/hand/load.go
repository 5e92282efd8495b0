package hand

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"demorl/env/mujoco"
)

var robotics = source{
	name: "Gymnasium-Robotics 1.4.2", files: mujoco.GymnasiumRobotics,
	needs: []string{"assets/hand/robot.xml", "assets/stls/hand/palm.stl"},
	load: func(model string) (*mujoco.Sim, error) {
		path, err := mujoco.FindAsset(mujoco.GymnasiumRobotics, model)
		if err != nil {
			return nil, err
		}
		return mujoco.Load(path)
	},
}

var dexterousGym = source{
	name: "Dexterous Gym 0.1.7", files: mujoco.DexterousGym,
	needs: []string{"hand/shared_two.xml", "stls/hand/palm.stl"},
	load:  loadMended,
}

// What MuJoCo 3 no longer reads in Dexterous Gym's files: an attribute of
// <option> that is gone, and user data that are no numbers.
var (
	apirate  = regexp.MustCompile(`\sapirate="[^"]*"`)
	userData = regexp.MustCompile(`(\suser="\d+)_2"`)
)

func mend(text []byte) []byte {
	return userData.ReplaceAll(apirate.ReplaceAll(text, nil), []byte(`$1"`))
}

// loadMended compiles a scene from files in memory, so that what the user
// fetched stays as it is. They are named as the scene refers to them: includes
// by their own names, meshes and textures by folders relative to the scene.
func loadMended(model string) (*mujoco.Sim, error) {
	path, err := mujoco.FindAsset(mujoco.DexterousGym, model)
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(path)
	files := map[string][]byte{}
	for _, name := range []string{filepath.Base(path), "shared_two.xml", "shared_asset.xml"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("hand: a part of %s: %w", path, err)
		}
		files[name] = mend(text)
	}
	for _, sub := range []string{"../stls/hand", "../textures"} {
		entries, err := os.ReadDir(filepath.Join(folder, sub))
		if err != nil {
			return nil, fmt.Errorf("hand: meshes and textures of %s: %w", path, err)
		}
		for _, entry := range entries {
			data, err := os.ReadFile(filepath.Join(folder, sub, entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("hand: meshes and textures of %s: %w", path, err)
			}
			files[sub+"/"+entry.Name()] = data
		}
	}
	return mujoco.LoadFiles(filepath.Base(path), files)
}
