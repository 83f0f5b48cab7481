package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"roomward/app/api"
)

// assets is where the build puts files whose name holds the hash of their content.
const assets = "/assets/"

const (
	worthCompressing = 1 << 10 // bytes; below, the headers cost more than is won
	// Of a script of 650 KB, level 6 makes 192 KB in 45 ms; 9 makes 189 KB in 125 ms, and 11 takes seconds.
	brotliLevel = 6
	gzipLevel   = gzip.BestCompression
)

// files is the built UI in memory.
type files struct {
	index page
	byURL map[string]*file
}

// file is one file with its compressed forms, which are made once: before anybody asks (compressAll), or for the first who does.
type file struct {
	kind      string // media type
	mark      string // of the content, for ETags
	lasting   bool   // never another content under this name
	plain     []byte
	compress  sync.Once
	br, gzipd []byte // nil where not smaller
}

// kinds are the media types of what a build holds; the system's own table differs from machine to machine.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon",
	".woff2": "font/woff2", ".wasm": "application/wasm",
}

// packed are kinds that are compressed in themselves.
var packed = map[string]bool{".png": true, ".jpg": true, ".webp": true, ".woff2": true}

func readFiles(dist fs.FS) (*files, error) {
	out := &files{byURL: map[string]*file{}}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			out.index = newPage(string(b))
			return nil
		}
		sum, ext := sha256.Sum256(b), path.Ext(name)
		f := &file{kind: kinds[ext], mark: hex.EncodeToString(sum[:12]), lasting: strings.HasPrefix("/"+name, assets), plain: b}
		if f.kind == "" {
			f.kind = "application/octet-stream"
		}
		if packed[ext] || len(b) < worthCompressing {
			f.compress.Do(func() {})
		}
		out.byURL["/"+name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the user interface: %w", err)
	}
	if out.index.parts == nil {
		return nil, errors.New("read the user interface: it has no index.html")
	}
	return out, nil
}

// compressAll makes the compressed forms before anybody asks.
func (f *files) compressAll(ctx context.Context) {
	for _, one := range f.byURL {
		if ctx.Err() != nil {
			return
		}
		one.squeeze()
	}
}

func (f *file) squeeze() {
	f.compress.Do(func() {
		f.br = f.smaller(func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotliLevel) })
		f.gzipd = f.smaller(func(w io.Writer) io.WriteCloser {
			z, err := gzip.NewWriterLevel(w, gzipLevel)
			if err != nil {
				return gzip.NewWriter(w)
			}
			return z
		})
	})
}

// smaller compresses the content; nil when that wins nothing.
func (f *file) smaller(method func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := method(&out)
	if _, err := w.Write(f.plain); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() >= len(f.plain) {
		return nil
	}
	return bytes.Clone(out.Bytes())
}

// notFound answers what no route does: a file of the UI, the UI itself for every other page, else 404. A path with an extension is a
// file: answering it with the page would let a browser keep HTML as a script.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	machine := name == "/api" || strings.HasPrefix(name, "/api/")
	if machine || r.Method != http.MethodGet && r.Method != http.MethodHead {
		api.Answer(w, r, api.NotFound())
		return
	}
	if f := s.ui.byURL[name]; f != nil {
		f.serve(w, r)
		return
	}
	if strings.HasPrefix(name, assets) || path.Ext(name) != "" {
		api.Answer(w, r, api.NotFound())
		return
	}
	s.show(w, r, s.ui.index)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	f.squeeze()
	body, encoding := f.plain, ""
	accepted := acceptedEncodings(r.Header.Values("Accept-Encoding"))
	switch {
	case accepted["br"] && f.br != nil:
		body, encoding = f.br, "br"
	case accepted["gzip"] && f.gzipd != nil:
		body, encoding = f.gzipd, "gzip"
	}
	h := w.Header()
	tag := `"` + f.mark + `"`
	if encoding != "" {
		tag = `"` + f.mark + "-" + encoding + `"`
		h.Set("Content-Encoding", encoding)
	}
	h.Set("ETag", tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache")
	if f.lasting {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	_, _ = w.Write(body)
}

func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

// acceptedEncodings reads Accept-Encoding; what has the quality 0 is not accepted.
func acceptedEncodings(headers []string) map[string]bool {
	out := map[string]bool{}
	for one := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, quality, _ := strings.Cut(one, ";")
		q, weighted := strings.CutPrefix(strings.TrimSpace(quality), "q=")
		value, err := strconv.ParseFloat(q, 64)
		out[strings.ToLower(strings.TrimSpace(name))] = !weighted || err == nil && value > 0
	}
	return out
}
