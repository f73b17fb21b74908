"""Spectrograms: ``accumulate`` measures one in a pass, ``render`` draws it, ``colormap`` knows the colours.

Nothing is imported here, because the web process uses ``colormap`` and needs no numpy for it.
"""
