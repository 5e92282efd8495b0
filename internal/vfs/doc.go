// Package vfs is the one seam between the program and the disk: everything that
// a run writes goes through FS, so that a test can make the n-th write fail,
// fill the disk, tear a write or pull the plug and then look at what is left.
//
// OS is the real file system; Faulty wraps any other with faults;
// WriteFileAtomic replaces a file so that a reader sees the old or the new one,
// never a part.
package vfs
