# Sourced by ./run and ./test: sets $python to a Python that can make the environment, or says what is missing.
# A candidate is started, not just looked up: version managers leave names behind that start nothing.

unset PYTHONPATH PYTHONHOME  # somebody else's packages must not leak in
python=
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3.14 python3; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Lineage needs Python 3.11 to 3.14 and found none. On Debian or Ubuntu: apt install python3 python3-pip" >&2
    exit 1
fi
