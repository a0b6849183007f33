"""The ground floor: errors, states, frozen values, commands and questions. Imports nothing of ours, does no I/O."""
