"""Where schedules are tried: processes that may abort, hang or eat memory."""
