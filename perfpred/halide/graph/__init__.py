"""A pipeline as plain data: its Funcs, what each reads, and how much of each a size needs.

Halide writes a pipeline in its own binary form; it is read here without Halide, so that schedules can be
drawn, checked and described where Halide is not, and in microseconds.
"""
