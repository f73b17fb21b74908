.PHONY: run test quick lock

run:
	./run

test:
	./test

quick:
	./test --quick

# Both lock files, for every platform and Python from 3.11; the second agrees with the first.
lock:
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt
