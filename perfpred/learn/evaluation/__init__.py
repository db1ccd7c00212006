"""How good models are on what they have not seen: their errors, and what choices by them cost."""
