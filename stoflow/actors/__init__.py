"""Who decides: tenant supervisors, marketplace actors, ownership, timers."""
