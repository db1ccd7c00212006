"""Running what may crash, hang or eat memory: in processes that can be limited and killed.

- `run_forked` calls a function in a copy of this process.
- `WorkerPool` does jobs, each ``module:function`` with plain arguments, in processes forked from servers that
  have loaded what the jobs need.
- `Child` is a process that answers one JSON line with one; `serve` is its side of that.
- `run_supervised` runs a command that must not outlive its caller.

The standard library's fork server with pebble would give time limits and a process per job. But of one that
died it says only the exit code: the end of what it printed, which is how compilers and native code say what
is wrong, is lost, and memory limits and dying with the parent would still be set by hand in each process.
"""
