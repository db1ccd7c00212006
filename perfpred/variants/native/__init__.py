"""C++ sources of the compiled variants, and what builds them."""
