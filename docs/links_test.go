package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchor is the name that a heading is linked by.
func anchor(heading string) string {
	return strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
}

// A page that was moved or a heading that was reworded must not leave a reader
// before a dead link.
func TestEveryLinkBetweenDocumentsLeadsSomewhere(t *testing.T) {
	pages := []string{"../README.md", "../CHANGELOG.md"}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], ":") {
				continue // another site
			}
			links++
			if fault := follow(t, page, m[1]); fault != "" {
				t.Errorf("%s: (%s) %s", page, m[1], fault)
			}
		}
	}
	if len(pages) < 20 || links < 100 {
		t.Errorf("%d links of %d pages were followed; the search for them is broken", links, len(pages))
	}
}

// follow says what is wrong with a link of page, if anything.
func follow(t *testing.T, page, to string) string {
	path, name, _ := strings.Cut(to, "#")
	if target := filepath.Join(filepath.Dir(page), path); path != "" {
		page = target
	}
	if _, err := os.Stat(page); err != nil {
		return "leads to no file"
	}
	if name == "" || filepath.Ext(page) != ".md" {
		return ""
	}
	for _, h := range heading.FindAllStringSubmatch(read(t, page), -1) {
		if anchor(h[1]) == name {
			return ""
		}
	}
	return "names no heading of it"
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
