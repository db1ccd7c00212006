"""How much other programs slow the processors that timings run on."""
