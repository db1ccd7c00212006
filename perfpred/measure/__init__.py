"""Measuring: interleaved rounds in processes that can be killed, journalled so that nothing is lost.

Nothing is imported here: the measuring process loads `perfpred.measure.worker` alone, and should hold
little besides the library under measurement.
"""
