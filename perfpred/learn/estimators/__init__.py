"""The models as scikit-learn estimators, one per file; `perfpred.learn.registry` names them."""
