"""One data form a file; `formats/catalogue.py` lists them."""
