from perfpred.documents.reading import *  # noqa: D100, F403
