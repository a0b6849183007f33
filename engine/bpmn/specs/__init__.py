"""SpiffWorkflow specs as we extend them: tokens, nodes, events, gateways, tasks, scopes, loops."""
