#!/usr/bin/env bash
# Installs a pinned set of Python packages into a folder of its own and leaves a launcher at FOLDER/bin/python that sees
# them. A second call with the same requirements and the same Python does nothing.
#
#   oracle/install.sh FOLDER REQUIREMENTS.txt
#
# pip's --target is used and not a virtual environment, because some distributions ship Python without the parts that
# `python3 -m venv` needs. PYTHON names another interpreter than python3.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: $0 FOLDER REQUIREMENTS.txt" >&2
  exit 2
fi
folder=$1
requirements=$2
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
  echo "$0: no $python on this machine; install Python 3.11 with pip, or name one: PYTHON=... $0 $*" >&2
  exit 3
fi
if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "$0: $python has no pip; install it (on Debian: apt-get install python3-pip)" >&2
  exit 3
fi
executable=$("$python" -c 'import sys; print(sys.executable)')
stamp="$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version.split()[0])' \
  "$requirements") $executable"
if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi

# Hashes are demanded of every package where the file has them; a set without hashes is pinned by version only.
hashes=()
if grep -q -- '--hash=' "$requirements"; then
  hashes=(--require-hashes)
fi
echo "installing $requirements into $folder" >&2
rm -rf "$folder.new"
mkdir -p "$folder.new/bin"
"$python" -m pip install --quiet --disable-pip-version-check --no-input --no-compile --only-binary=:all: --root-user-action ignore \
  "${hashes[@]}" --target "$folder.new/site" -r "$requirements" >&2

cat >"$folder.new/bin/python" <<LAUNCHER
#!/bin/sh
here=\$(CDPATH= cd -- "\$(dirname -- "\$0")/.." && pwd)
PYTHONPATH="\$here/site" PYTHONNOUSERSITE=1 exec "$executable" "\$@"
LAUNCHER
chmod 755 "$folder.new/bin/python"
printf '%s\n' "$stamp" >"$folder.new/stamp"
rm -rf "$folder"
mv "$folder.new" "$folder"
