// Package video writes frames as a moving picture: GIF by itself, MP4 through
// the program ffmpeg where that is installed.
//
// What walks in: frames of one size, and how long each is shown. What walks
// out: a file, whole or not at all. It knows no task.
package video
