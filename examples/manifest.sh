#!/bin/sh
# Writes the manifest of a release: what the agent checks every file against that it pulls.
#
#     manifest.sh 1.4.2 shop.war > release.json
#
# The files lie beside release.json in the bucket, under their names.
set -eu

[ $# -ge 2 ] || {
	echo "usage: manifest.sh <release> <file>..." >&2
	exit 64
}
release=$1
shift

printf '{\n  "release": "%s",\n  "files": {' "$release"
separator=
for file; do
	sha256=$(sha256sum <"$file")
	size=$(wc -c <"$file")
	printf '%s\n    "%s": { "sha256": "%s", "size": %d }' "$separator" "${file##*/}" "${sha256%% *}" "$size"
	separator=,
done
printf '\n  }\n}\n'
