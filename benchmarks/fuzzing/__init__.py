"""Damaged and hostile files, made at random: each must be refused with a sentence or answered rightly."""
