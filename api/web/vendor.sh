#!/usr/bin/env bash
# Brings the third-party files of the web page from the npm registry: exact versions, checked against the hashes below, and
# nothing else. Building and running need neither this script nor npm: what it brings is in the repository.
# Run it after a version here was changed; it then rewrites vendor/ and vendor/VENDOR.md.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# package version sha512-of-the-tarball(base64)
packages='
d3-array 3.2.4 tdQAmyA18i4J7wprpYq8ClcxZy3SC31QMeByyCFyRt7BVHdREQZ5lpzoe5mFEYZUWe+oq8HBvk9JjpibyEV4Jg==
d3-geo 3.1.2 5R8ZgDQorIxmauv7R6gpE/ndz+Z0qAZssigq0aXFdvPHdY41RqtW02jrRUQAL724NdPABYXo1+gQEGBBr7uKNg==
topojson-client 3.1.0 605uxS6bcYxGXw9qi62XyrV6Q3xwbndjachmNxu8HWTtVPxZfEJN9fd/SZS1Q54Sn2y0TMyMxFj/cJINqGHrKw==
uplot 1.6.32 KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==
world-atlas 2.0.2 IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==
axe-core 4.14.1 FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
'
# package file-in-package file-here
files='
d3-array dist/d3-array.min.js vendor/d3-array.min.js
d3-array LICENSE vendor/d3-array.LICENSE
d3-geo dist/d3-geo.min.js vendor/d3-geo.min.js
d3-geo LICENSE vendor/d3-geo.LICENSE
topojson-client dist/topojson-client.min.js vendor/topojson-client.min.js
topojson-client LICENSE vendor/topojson-client.LICENSE
uplot dist/uPlot.iife.min.js vendor/uplot.iife.min.js
uplot dist/uPlot.min.css vendor/uplot.min.css
uplot LICENSE vendor/uplot.LICENSE
world-atlas land-110m.json vendor/land-110m.json
world-atlas land-50m.json vendor/land-50m.json
world-atlas LICENSE vendor/world-atlas.LICENSE
axe-core axe.min.js ../../cmd/truce/browser/testdata/axe.min.js
axe-core LICENSE ../../cmd/truce/browser/testdata/axe.LICENSE
'

mkdir -p vendor ../../cmd/truce/browser/testdata
echo "$packages" | while read -r name version hash; do
  [ -n "$name" ] || continue
  (cd "$work" && npm pack --silent "$name@$version" >/dev/null 2>&1)
  got=$(openssl dgst -sha512 -binary "$work/$name-$version.tgz" | base64 -w0)
  [ "$got" = "$hash" ] || { echo "$name $version is not what it was: got sha512-$got" >&2; exit 1; }
  mkdir -p "$work/$name"
  tar xzf "$work/$name-$version.tgz" -C "$work/$name" --strip-components=1
done
echo "$files" | while read -r name from to; do
  [ -n "$name" ] || continue
  cp "$work/$name/$from" "$to"
  chmod 644 "$to"
done

{
  echo "# What is in this folder"
  echo
  echo "Unchanged files of packages of the npm registry, brought by \`../vendor.sh\`, which checks the tarballs' SHA-512."
  echo "axe-core is for tests only and lies in \`cmd/truce/browser/testdata\`."
  echo
  echo "| package | version | licence | file | SHA-256 |"
  echo "| --- | --- | --- | --- | --- |"
  echo "$files" | while read -r name from to; do
    case "$to" in ''|*LICENSE) continue ;; esac
    version=$(sed -nE 's/^  "version": *"([^"]+)".*/\1/p' "$work/$name/package.json" | head -1)
    licence=$(sed -nE 's/^  "license": *"([^"]+)".*/\1/p' "$work/$name/package.json" | head -1)
    echo "| $name | $version | $licence | ${to#vendor/} | $(sha256sum "$to" | cut -d' ' -f1) |"
  done
  echo
  echo "world-atlas is made from Natural Earth, which is in the public domain; only its coastlines are here, no borders."
} > vendor/VENDOR.md
