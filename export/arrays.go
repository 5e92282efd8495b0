package export

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// listed writes numbers so that reading them back gives the same float32.
func listed(x []float32) string {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err) // only a number that is not finite, and check refuses those
	}
	return string(text)
}

// WriteSafetensors writes the policy's arrays in the format safetensors, named
// obs_mean, obs_std, layers.0.weight, layers.0.bias, ..., mean.*, log_std.*,
// low, high, check_observation and check_action; About is the entry "about" of
// the file's metadata.
func (p *Policy) WriteSafetensors(w io.Writer) error {
	type entry struct {
		Dtype   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	all := p.tensors()
	metadata, err := json.Marshal(map[string]string{"about": p.about(), "format": "pt"})
	if err != nil {
		return err
	}
	var header, data bytes.Buffer
	fmt.Fprintf(&header, `{"__metadata__":%s`, metadata)
	for _, t := range all {
		at := data.Len()
		data.Write(littleEndian(t.data))
		value, err := json.Marshal(entry{"F32", t.shape, [2]int{at, data.Len()}})
		if err != nil {
			return err
		}
		fmt.Fprintf(&header, ",%q:%s", t.name, value)
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 { // the data begins at a multiple of 8
		header.WriteByte(' ')
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(header.Len()))
	out = append(append(out, header.Bytes()...), data.Bytes()...)
	_, err = w.Write(out)
	return err
}

// WriteNPZ writes the arrays of WriteSafetensors as NumPy's npz, stored without
// compression; About is the array "about", a string.
func (p *Policy) WriteNPZ(w io.Writer) error {
	archive := zip.NewWriter(w)
	put := func(name string, data []byte) error {
		// No time is set: equal policies give equal bytes.
		f, err := archive.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	for _, t := range p.tensors() {
		if err := put(t.name, npy("<f4", t.shape, littleEndian(t.data))); err != nil {
			return err
		}
	}
	about := p.about()
	var letters []byte // NumPy's strings are UTF-32
	for _, r := range about {
		letters = binary.LittleEndian.AppendUint32(letters, uint32(r))
	}
	if err := put("about", npy(fmt.Sprintf("<U%d", utf8.RuneCountInString(about)), nil, letters)); err != nil {
		return err
	}
	return archive.Close()
}

// npyAlign is what the header of an npy file is padded to.
const npyAlign = 64

// npy is one array in NumPy's format 1.0.
func npy(kind string, shape []int, data []byte) []byte {
	var dims strings.Builder
	for _, d := range shape {
		fmt.Fprintf(&dims, "%d,", d)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, dims.String())
	const before = 10 // magic, version and length
	pad := npyAlign - (before+len(header)+1)%npyAlign
	header += strings.Repeat(" ", pad%npyAlign) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(out, header...), data...)
}
