"""The models as scikit-learn estimators, one a file; `perfpred.learn.registry` names them."""
