"""Code that runs inside the sandbox, beside hostile bytes.

It knows the standard library, PyAV, mutagen and Pillow, and nothing of ``ml``: the process that forks
the decoding children then starts in a tenth of a second and holds no numpy, no model, no secret.
Modules here import each other relatively only, because that process finds them as a top-level package.
"""
