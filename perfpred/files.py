from perfpred.documents.atomic import *  # noqa: D100, F403
