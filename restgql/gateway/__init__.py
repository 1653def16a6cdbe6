"""A request through the gateway, stage by stage: intake, plan, dispatch, respond; a file for each endpoint."""
