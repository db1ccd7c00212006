from perfpred.documents.codec import *  # noqa: D100, F403
