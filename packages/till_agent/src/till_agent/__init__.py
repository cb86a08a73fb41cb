"""The program on the till PC: it turns blocks into paper and opens the drawer.

Tour: `server` takes jobs from the till's page over loopback HTTP; `jobs` keeps them on disk until
they are on paper, once; `layout` breaks blocks into printer lines; `printers` knows the bytes and
the wire; `text` fits Spanish into a printer's code page. `virtual_printer` is a printer made of
software, for the demo shop and the tests. Scales and card terminals will be rooms of their own.
"""

__version__ = "0.1.0"
